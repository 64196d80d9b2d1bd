"""One drawing: a signal over time with its threshold, marks and the stages that show in it.

pygal computes scale, axes and lines. What it adds for a page of its own is taken out of the drawing: its
script, its style (that of the page knows light, dark and print), its comments with today's date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

import pygal
from markupsafe import Markup
from pygal.style import Style

from fastdiag.model.quantity import Unit, format_value
from fastdiag.redact import disarm
from fastdiag.render.html import scale

# On import pygal puts a finder for its maps before every later import, of a kind that Python warns of.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != pygal.__name__]

WIDTH: Final = 360
HEIGHT: Final = 168
"""Units of the drawing; the page shows it about as large, so that its letters have the size of the page's."""
_LETTER: Final = 11
_STAGE_RADIUS: Final = 8
_DOT_RADIUS: Final = 2
_FEW: Final = 24
"""So many values are shown one by one: a history of few reports is no continuous course."""
_FARTHEST: Final = 4.0
"""A threshold further above the values than this is told in words: drawn, it would flatten them."""
_FRACTIONS: Final = re.compile(r"(\.\d)\d+")
_KEPT: Final = frozenset(("g", "path", "text", "circle"))
_UNWANTED_GROUPS: Final = frozenset(("plot tooltip-overlay", "titles"))

Point = tuple[float, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time that all charts of a page show, and what happened in it, by letter."""

    start: float
    end: float
    marks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What is drawn. ``stages`` are numbers that stand on the line, each at its moment."""

    said: str
    unit: Unit
    points: Sequence[Point]
    threshold: float | None = None
    stages: tuple[tuple[float, str], ...] = ()


def draw(plot: Plot, window: Window) -> Markup:
    """Return the drawing for the middle of a page. It holds no text from outside but ``said``, as a label."""
    seen = [value for _, value in plot.points if value is not None]
    height = max(seen, default=0.0)
    limit = plot.threshold if shows_threshold(plot.threshold, height) else None
    ticks = scale.values(max(height, limit or 0.0), plot.unit)
    chart = _blank(plot.unit, window, ticks)
    series = list(_series(plot, window, limit, ticks[-1]))
    for one in series:
        chart.add(None, one.points, stroke=one.is_line, show_dots=one.radius > 0, dots_size=one.radius)
    chart.add_xml_filter(lambda root: _bare(root, [one.kind for one in series], plot.said))
    return Markup(chart.render(is_unicode=True, disable_xml_declaration=True))  # noqa: S704 - made of numbers; ``said`` is escaped by the writer of XML


def shows_threshold(threshold: float | None, height: float) -> bool:
    """Whether a threshold lies where the values do."""
    return threshold is not None and 0 <= threshold <= max(height, 0.0) * _FARTHEST


@dataclass(frozen=True, slots=True)
class _Series:
    kind: str
    points: list[object]
    is_line: bool = True
    radius: int = 0


def _series(plot: Plot, window: Window, limit: float | None, top: float) -> Iterator[_Series]:
    """Yield from the back to the front: marks, threshold, the values, the stages."""
    for at, letter in window.marks:
        yield _Series("mark", [(at, 0.0), (at, top)])
        yield _Series("flag", [{"value": (at, top), "label": letter}], is_line=False, radius=1)
    if limit is not None:
        yield _Series("threshold", [(window.start, limit), (window.end, limit)])
    yield _Series("course", list(plot.points))
    dots: list[object] = list(_dots(plot.points))
    if dots:
        yield _Series("dot", dots, is_line=False, radius=_DOT_RADIUS)
    stages: list[object] = list(_placed(plot))
    if stages:
        yield _Series("stage", stages, is_line=False, radius=_STAGE_RADIUS)


def _dots(points: Sequence[Point]) -> Iterator[Point]:
    """Yield what a line alone does not show: each of few values, and a value between two gaps."""
    values = [None, *(value for _, value in points), None]
    for index, point in enumerate(points, start=1):
        is_lone = values[index - 1] is None and values[index + 1] is None
        if values[index] is not None and (is_lone or len(points) <= _FEW):
            yield point


def _placed(plot: Plot) -> Iterator[dict[str, object]]:
    """Yield the numbers of the stages where the line was at their moment."""
    seen = [(at, value) for at, value in plot.points if value is not None]
    for at, number in plot.stages:
        if seen:
            nearest = min(seen, key=lambda point: abs(point[0] - at))
            yield {"value": nearest, "label": number}


def _blank(unit: Unit, window: Window, ticks: tuple[float, ...]) -> pygal.XY:
    return pygal.XY(
        width=WIDTH,
        height=HEIGHT,
        margin=4,
        margin_top=_LETTER + 3,
        margin_right=18,
        spacing=4,
        style=Style(label_font_size=_LETTER, major_label_font_size=_LETTER, value_font_size=0),
        js=[],
        show_legend=False,
        print_labels=True,
        allow_interruptions=True,
        truncate_label=-1,
        xrange=(window.start, window.end),
        range=(0.0, ticks[-1]),
        x_labels=[{"value": at, "label": text} for at, text in scale.moments(window.start, window.end)],
        y_labels_major_every=1,  # pygal's own choice does not survive very large values
        y_labels=[{"value": value, "label": format_value(value, unit)} for value in ticks],
    )


def _bare(root: Element, kinds: Sequence[str], said: str) -> Element:
    """Return the drawing without what a page must not load or run, its parts named by what they show."""
    _prune(root)
    for group in root.iter("g"):
        words = group.get("class", "").split()
        number = next((word.removeprefix("serie-") for word in words if word.startswith("serie-")), None)
        if number is not None:
            group.set("class", f"series {kinds[int(number)]}")
    for node in root.iter():
        for name in ("d", "x", "y", "cx", "cy", "transform"):
            if name in node.attrib:
                node.set(name, _FRACTIONS.sub(r"\1", node.attrib[name]))
    for name in [name for name in root.attrib if name not in ("viewBox", "xmlns")]:
        del root.attrib[name]
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-label", disarm(said))
    return root


def _prune(node: Element) -> None:
    """Keep what shows the values; a comment, whose name is no text, goes like everything else."""
    for child in list(node):
        if child.tag in _KEPT and child.get("class") not in _UNWANTED_GROUPS:
            _prune(child)
        else:
            node.remove(child)
