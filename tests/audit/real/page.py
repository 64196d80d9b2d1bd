"""MEASURED.md, from the record and the sheets alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.audit.real.applications import APPLICATIONS
from tests.audit.real.record import Compared, Record, Summary
from tests.audit.real.sheets import Other, Reading, ReadRoute, Reason
from tests.audit.real.verdicts import precision, recall

PATH: Final = Path(__file__).parent / "MEASURED.md"
SEVERITIES: Final = ("critical", "warning", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """All that was read by hand."""

    readings: Sequence[Reading]
    others: Sequence[Other]
    routes: Sequence[ReadRoute]


def page(record: Record, sheets: Sheets) -> str:
    """Return the whole page."""
    parts = (
        _head(record),
        _applications(record.applications),
        _checks(record.applications),
        precision(record, sheets.readings),
        _beside(record, sheets.others),
        recall(sheets.routes),
    )
    return "\n".join(line for part in parts for line in part)


def _head(record: Record) -> Iterator[str]:
    yield "# `fastdiag audit` on five real applications"
    yield ""
    yield "Written by `python -m tests.audit.real FOLDER --fetch`; the verdicts are read by hand and stand in"
    yield "read.yaml, others.yaml and routes.yaml beside it. None of the applications' code is kept here."
    yield ""
    yield from (
        f"- [{one.repository}](https://github.com/{one.repository}) at {one.commit}" for one in APPLICATIONS
    )
    yield ""
    yield "Run with " + ", ".join(f"{name} {version}" for name, version in record.versions.items()) + "."
    yield "All read the same files; tests are left out for all alike, and comments that silence ruff and"
    yield "flake8-async are not heeded. ty-async runs with its list of calls of the standard library."
    yield ""


def _applications(summaries: Sequence[Summary]) -> Iterator[str]:
    yield "## Size, time and findings"
    yield ""
    yield "Seconds are the least of three runs of the command on two cores, on which others were at work:"
    yield "anew, and with nothing changed."
    yield ""
    heads = ("files", "lines", "routes and other roots", "seconds", "from the cache", *SEVERITIES)
    yield f"| application | {' | '.join(heads)} |"
    yield "|---" + "|--:" * len(heads) + "|"
    for one in summaries:
        by: Counter[str] = Counter()
        for count in one.counts:
            by[count.severity] += count.number
        numbers = " | ".join(str(by[severity]) for severity in SEVERITIES)
        yield (
            f"| {one.application} | {one.files} | {one.lines:,} | {one.roots} | {one.cold_s:.1f} |"
            f" {one.cached_s:.2f} | {numbers} |"
        )
    unread = sum(one.unread for one in summaries)
    yield ""
    yield f"Files or checks that could not be done: {unread}."
    yield ""


def _checks(summaries: Sequence[Summary]) -> Iterator[str]:
    yield "## Findings by check"
    yield ""
    yield "| check | kind | severity | " + " | ".join(one.application for one in summaries) + " |"
    yield "|---|---|---" + "|--:" * len(summaries) + "|"
    table: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for one in summaries:
        for count in one.counts:
            table[count.check, count.kind, count.severity][one.application] += count.number
    for row, numbers in sorted(table.items()):
        yield (
            f"| {' | '.join(row)} | "
            + " | ".join(str(numbers[one.application] or "") for one in summaries)
            + " |"
        )
    yield ""


def _beside(record: Record, others: Sequence[Other]) -> Iterator[str]:
    yield "## Beside other tools"
    yield ""
    yield "| application | tool | alerts by rule | of blocking calls | also ours | not ours |"
    yield "|---|---|---|--:|--:|--:|"
    for one in record.applications:
        for tool in dict.fromkeys(alert.tool for alert in one.theirs):
            told = [alert for alert in one.theirs if alert.tool == tool]
            rules = ", ".join(
                f"{rule} {number}" for rule, number in sorted(Counter(a.rule for a in told).items())
            )
            blocking = [alert for alert in told if alert.is_blocking]
            ours = sum(alert.is_ours for alert in blocking)
            rest = f"{len(blocking)} | {ours} | {len(blocking) - ours}"
            yield f"| {one.application} | {tool} | {rules} | {rest} |"
    yield ""
    silent = ", ".join(one.application for one in record.applications if not one.theirs)
    yield f"None of them has an alert in: {silent}."
    yield ""
    only = ", ".join(f"{one.application} {one.only_ours}" for one in record.applications)
    yield f"Blocking calls that only we report: {only}."
    yield "ASYNC109 and ASYNC110 are about how code is cancelled and woken, which no check of ours judges."
    yield ""
    yield "What they report and we do not, each read:"
    yield ""
    reasons = {(one.application, one.path, line): one for one in others for line in one.lines}
    places = _places_not_ours(record)
    why = Counter(reasons[key].reason if key in reasons else None for key in places)
    yield "| reason | lines |"
    yield "|---|--:|"
    yield from (f"| {reason} | {why[reason]} |" for reason in Reason)
    yield f"| not read | {why[None]} |"
    yield ""
    for other in others:
        lines = ", ".join(map(str, other.lines))
        yield f"- {other.application} {other.path}:{lines}: {other.reason}. {other.why}"
    yield ""


def _not_ours(summary: Summary) -> list[Compared]:
    return [alert for alert in summary.theirs if alert.is_blocking and not alert.is_ours]


def _places_not_ours(record: Record) -> set[tuple[str, str, int]]:
    alerts = ((one.application, alert) for one in record.applications for alert in _not_ours(one))
    return {(application, alert.path, alert.line) for application, alert in alerts}


def unexplained(record: Record, others: Sequence[Other]) -> list[str]:
    """Return the alerts of others that nobody has read."""
    known = {(one.application, one.path, line) for one in others for line in one.lines}
    places = {
        (one.application, alert.path, alert.line) for one in record.applications for alert in _not_ours(one)
    }
    return [f"{application} {path}:{line}" for application, path, line in sorted(places - known)]
