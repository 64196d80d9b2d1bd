"""Headroom for a ticket or a wiki: reads well rendered and as it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fastdiag.model.headroom import Headroom, Standing
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.snapshot import SourceStatus
from fastdiag.render.headroom import words
from fastdiag.render.markup import code, plain
from fastdiag.render.sight import cost
from fastdiag.render.words import moment, percent

Lines = Iterator[str]


def render(headroom: Headroom) -> str:
    """Return headroom as Markdown (CommonMark with the tables of GitHub and GitLab)."""
    sections = (_head, _limits, _near, _sums, _unknown, _dormant, _sources)
    return "\n".join(chain.from_iterable(section(headroom) for section in sections)) + "\n"


def _head(headroom: Headroom) -> Lines:
    yield f"# Headroom: {plain(words.headline(headroom))}"
    yield ""
    over = f"over the last {format_value(headroom.snapshot.window_s, Unit.SECONDS)}"
    taken = f"{plain(moment(headroom.snapshot.taken_at))}, {over}, " if headroom.snapshot.taken_at else ""
    yield f"{taken}{plain(words.traffic(headroom))}"


def _limits(headroom: Headroom) -> Lines:
    if not headroom.limits:
        return
    yield from _heading("Limits, the tightest first")
    yield "| reached at | used | limit | of what | assumption | seen by |"
    yield "| ---: | ---: | --- | --- | --- | --- |"
    for one in headroom.limits:
        full, share = percent(one.utilization), plain(words.share(one)) or "-"
        title = f"{plain(one.limit.title)}, per {one.limit.per}"
        said = "; ".join(text for text in (words.basis(one), words.time(one)) if text)
        cells = (plain(words.multiple(one)), full, title, share, plain(said), plain(words.origin(one)))
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield plain(words.METHOD)


def _near(headroom: Headroom) -> Lines:
    if headroom.tightest is None:
        return
    yield from _heading("When the first is reached")
    yield from _advice(headroom.tightest)


def _advice(standing: Standing) -> Lines:
    limit = standing.limit
    yield f"- **{plain(limit.title)}**: {plain(limit.means)}"
    yield f"- set by: {plain(limit.configured)}"
    yield f"- raise: {plain(limit.raise_it)}"
    if limit.becomes:
        yield f"- cause: {code(limit.becomes)}"


def _sums(headroom: Headroom) -> Lines:
    yield from _heading("Settings that must go together")
    for one in words.sums(headroom):
        yield f"- **{one.fit}**: {plain(one.title)}: {plain(words.calculation(one))}. {plain(one.why)}"


def _unknown(headroom: Headroom) -> Lines:
    groups = words.by_command(one for one in headroom.unknown if not words.is_none_here(one))
    if groups:
        yield from _heading("Not known, and how to see it")
    for command, unknown in groups.items():
        titles = ", ".join(one.limit.title for one in unknown)
        yield f"- **{plain(titles)}**: {code(command)}"
        for reason in words.reasons(unknown):
            yield f"  - {plain(reason)}"


def _dormant(headroom: Headroom) -> Lines:
    none_here = [one for one in headroom.unknown if words.is_none_here(one)]
    if headroom.dormant or none_here:
        yield from _heading("No limits in the present state")
    for one in headroom.dormant:
        yield f"- {plain(one.limit.title)}: {plain(one.because)}"
    for absent in none_here:
        yield f"- {plain(absent.limit.title)}: {plain('; '.join(words.reasons((absent,))))}"


def _sources(headroom: Headroom) -> Lines:
    yield from _heading("Sources")
    for state in headroom.snapshot.sources:
        trouble = "; ".join(code(text) for text in (state.error, state.hint) if text)
        is_told = state.status is not SourceStatus.OK and trouble
        yield f"- **{state.status}**: {plain(state.name)}{f': {trouble}' if is_told else ''}"
    if not headroom.snapshot.sources:
        yield "- none: the values were given by hand"
        return
    own = f"fastdiag {headroom.snapshot.fastdiag}".strip()
    yield ""
    yield f"{plain(own)} took {cost(headroom.snapshot)}, and changed nothing."


def _heading(title: str) -> Lines:
    yield ""
    yield f"## {title}"
    yield ""
