"""Structured logs with request ids: judged by the newest records of the service's logs."""

from __future__ import annotations

from typing import Final

from fastdiag.collectors.logs.facts import MIN_RECORDS, MIN_SHARE_WITH_ID
from fastdiag.coverage.evidence import could_not_look
from fastdiag.coverage.facts import LOGS, Facts, LogSight
from fastdiag.coverage.quality import Flaw, Remark
from fastdiag.coverage.verdict import Verdict
from fastdiag.model.checklist import Evidence, Sight

STRUCTURED: Final = "observability.logs.structured"
IDS: Final = "observability.logs.request_ids"
DURATIONS: Final = "observability.logs.durations"
BREAKDOWN: Final = "observability.logs.breakdown"
MIN_STRUCTURED: Final = 0.5
"""What a server or a library prints by itself is rarely structured; from half of the records on, most is."""


def judge_logging(facts: Facts) -> Verdict:
    """Visible when most records have fields and those of requests an id."""
    logs = facts.logs
    if logs is None:
        return Verdict(sight=Sight.CANNOT_TELL, evidence=could_not_look(facts, LOGS))
    if logs.records < MIN_RECORDS:
        text = f"{logs.records} of the {MIN_RECORDS} records that it takes to tell how a service logs"
        return Verdict(sight=Sight.CANNOT_TELL, evidence=(Evidence(source=LOGS, text=text, speaks=None),))
    is_structured = logs.shares[STRUCTURED] >= MIN_STRUCTURED
    has_ids = logs.shares[IDS] >= MIN_SHARE_WITH_ID
    evidence = (
        _share(logs, STRUCTURED, "are structured", speaks=is_structured),
        _share(logs, IDS, "carry a request or trace id", speaks=has_ids),
    )
    if not (is_structured and has_ids):
        return Verdict(sight=Sight.NOT_VISIBLE, by=logs.fields[IDS] if has_ids else (), evidence=evidence)
    return Verdict(
        sight=Sight.VISIBLE,
        by=logs.fields[IDS],
        age_s=logs.age_s,
        evidence=evidence,
        remarks=tuple(_remarks(logs)),
    )


def _share(logs: LogSight, signal: str, what: str, *, speaks: bool) -> Evidence:
    text = f"{logs.shares[signal]:.0%} of {logs.records} records {what}"
    return Evidence(source=LOGS, text=text, speaks=speaks, signal=signal)


def _remarks(logs: LogSight) -> list[Remark]:
    if logs.shares[BREAKDOWN]:
        named = ", ".join(logs.fields[BREAKDOWN])
        return [Remark(text=f"records tell where the time went ({named})")]
    if logs.shares[DURATIONS]:
        text = "records tell how long a request took, and not where the time went (database, cache, calls)"
        return [Remark(text=text, flaw=Flaw.LACKING)]
    return []
