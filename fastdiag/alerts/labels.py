"""Labels of made-up series: such that a source counts them, and finds them to be the service's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fastdiag.alerts.look import Origin
from fastdiag.metrics.matching import matches
from fastdiag.model.signal import Matcher, MetricSource

_STATUSES: Final = ("200", "500", "408", "504", "503", "404", "5xx")
_WORDS: Final = (*_STATUSES, "used", "idle", "queued", "/orders", "x", "1")
"""Values that conditions of the table ask for; beside them what a condition spells out is tried."""
_MATCHER: Final = re.compile(r'([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')


class NoSeriesError(Exception):
    """No series can be made up that give a signal its value."""


def labels_of(
    origin: Origin,
    source: MetricSource,
    where: Sequence[Matcher],
    unlike: Sequence[tuple[Matcher, ...]] = (),
) -> dict[str, str]:
    """Return the labels of a series of the service that meets the source's conditions."""
    labels = _of_selector(origin.choice.place.scope.selector)
    if source.per_instance:
        labels.setdefault("instance", "made-up:8000")
    ignored = [Matcher(source.by, source.ignore)] if source.by and source.ignore else []
    blind = list(source.blind.where) if source.blind else []
    if source.by:
        labels[source.by] = word_of(source.by, [one for one in where if one.label == source.by], [*ignored])
    for name in dict.fromkeys(one.label for one in where):
        wanted = [one for one in (*where, *source.requires) if one.label == name]
        avoided = [one for group in unlike for one in group if one.label == name]
        labels[name] = word_of(name, wanted, avoided)
    if blind and matches(labels, blind):
        raise NoSeriesError
    return {name: value for name, value in labels.items() if value}


def word_of(label: str, wanted: Sequence[Matcher], avoided: Sequence[Matcher]) -> str:
    """Return a label's value that meets all that is wanted, and nothing that is not."""
    literal = [text for one in wanted for text in one.pattern.split("|")]
    for text in (*_WORDS, *literal, ""):
        one = {label: text}
        if matches(one, wanted) and not any(matches(one, (other,)) for other in avoided):
            return text
    raise NoSeriesError


def _of_selector(selector: str) -> dict[str, str]:
    """Return labels that match a selector."""
    labels: dict[str, str] = {}
    rest = selector.strip()
    while rest:
        found = _MATCHER.match(rest)
        if found is None:
            raise NoSeriesError
        rest = rest[found.end() :].strip()
        labels[found[1]] = _value(found[1], found[2], re.sub(r"\\(.)", r"\1", found[3]))
    return {name: value for name, value in labels.items() if value}


def _value(name: str, operator: str, text: str) -> str:
    """Return a value that meets a matcher; to one that excludes a value, none at all."""
    if operator == "=":
        return text
    pattern = text if operator.endswith("~") else re.escape(text)
    matcher = Matcher(name, pattern, negate=operator.startswith("!"))
    first = re.sub(r"\\(.)", r"\1", pattern.split("|")[0])
    for word in ("", first, *_WORDS):
        if matches({name: word}, (matcher,)):
            return word
    raise NoSeriesError
