"""A history for a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from fastdiag.model.timeline import Timeline
from fastdiag.render.history import words
from fastdiag.render.markup import code, plain
from fastdiag.render.words import moment


def render(timeline: Timeline) -> str:
    """Return a history as Markdown."""
    return "\n".join(_lines(timeline)) + "\n"


def _lines(timeline: Timeline) -> Iterator[str]:
    if not timeline.runs and not timeline.marks:
        yield plain(words.EMPTY)
        return
    yield f"# History: {plain(words.summary(timeline))}"
    for service, recurrences in timeline.recurrences:
        yield from ("", f"## What recurs in {plain(service)}", "")
        for one in recurrences:
            yield f"- **{plain(one.title)}** ({code(one.id)}): {plain(words.frequency(one))};"
            yield f"  {plain(words.span(one))}"
    if timeline.runs:
        yield from ("", "## Runs", "", *_table(timeline))
    if timeline.marks:
        yield from ("", "## Marks", "")
        yield from (f"- {plain(moment(mark.at))}: {plain(mark.text)}" for mark in timeline.marks)


def _table(timeline: Timeline) -> Iterator[str]:
    yield "| run | when | service | host | occasion | status | first cause |"
    yield "| ---: | --- | --- | --- | --- | --- | --- |"
    for run in timeline.runs:
        names = f"{plain(run.service)} | {plain(run.host)} | {run.occasion} | {run.status}"
        yield f"| {run.id} | {plain(moment(run.taken_at))} | {names} | {plain(words.found(run))} |"
