"""An audit for a ticket, a pull request or a wiki: reads well rendered and as it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fastdiag.model.audit import Finding
from fastdiag.render.audit.sheet import MANY, Sheet, extent, groups, headline
from fastdiag.render.markup import code, link, plain

Lines = Iterator[str]


def render(sheet: Sheet) -> str:
    """Return an audit as Markdown (CommonMark)."""
    sections = (_head, _findings, _unread, _dismissed)
    return "\n".join(chain.from_iterable(section(sheet) for section in sections)) + "\n"


def _head(sheet: Sheet) -> Lines:
    yield f"# Audit of {code(sheet.audit.folder)}: {headline(sheet.audit)}"
    yield ""
    yield plain(extent(sheet.audit))
    yield from _overview(sheet)


def _overview(sheet: Sheet) -> Lines:
    if len(sheet.audit.findings) < MANY:
        return
    yield ""
    yield "| severity | number | check | what |"
    yield "| --- | ---: | --- | --- |"
    for group in groups(sheet):
        first = group[0]
        yield f"| {first.severity} | {len(group)} | {code(first.check)} | {plain(sheet.heading(first))} |"


def _findings(sheet: Sheet) -> Lines:
    for group in groups(sheet):
        first, check = group[0], sheet.checks.get(group[0].check)
        yield from _heading(f"{plain(sheet.heading(first))} ({first.severity}, {len(group)})")
        if check:
            yield plain(sheet.mechanism(first))
            yield ""
            yield f"**Fix** ({code(check.id)}): {plain(sheet.fix(first))}"
            yield ""
            for reference in check.references:
                yield f"- {link(reference)}"
            if check.references:
                yield ""
        for finding in group:
            yield from _finding(sheet, finding)


def _finding(sheet: Sheet, finding: Finding) -> Lines:
    yield f"- {code(sheet.at(finding.place))}: {plain(finding.message)} ({finding.confidence})"
    if excerpt := sheet.excerpts.get(finding.place):
        yield f"  - {code(excerpt[0])}"
    if finding.chain:
        steps = (
            f"{code(step.text)} ({code(f'{sheet.path(step.place.file)}:{step.place.line}')})"
            for step in finding.chain
        )
        yield f"  - {' → '.join(steps)}"
    if finding.fix and finding.fix != sheet.fix(finding):
        yield f"  - fix: {plain(finding.fix)}"


def _unread(sheet: Sheet) -> Lines:
    if sheet.audit.unread:
        yield from _heading(f"Not analysed ({len(sheet.audit.unread)})")
    for one in sheet.audit.unread:
        yield f"- {code(sheet.at(one.place))}: {plain(one.reason)}"


def _dismissed(sheet: Sheet) -> Lines:
    if sheet.audit.dismissed:
        yield from _heading(f"Set aside ({len(sheet.audit.dismissed)})")
    for one in sheet.audit.dismissed:
        said = f": {plain(one.reason)}" if one.reason else ""
        yield f"- {code(sheet.at(one.finding.place))}: {plain(one.finding.message)} (by {one.by}{said})"


def _heading(title: str) -> Lines:
    yield ""
    yield f"## {title}"
    yield ""
