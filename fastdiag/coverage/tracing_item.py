"""Trace or correlation ids across services: judged by answers, logs and what is installed."""

from __future__ import annotations

from typing import Final

from fastdiag.collectors.logs.facts import MIN_RECORDS, MIN_SHARE_WITH_ID
from fastdiag.coverage.evidence import could_not_look
from fastdiag.coverage.facts import LOGS, PROBE, WORKERS, Facts
from fastdiag.coverage.logging_item import IDS
from fastdiag.coverage.quality import Flaw, Remark
from fastdiag.coverage.verdict import Verdict
from fastdiag.model.checklist import Evidence, Sight

HEADER_IDS: Final = "observability.request_ids"
TRACING: Final = "observability.tracing"
NOT_FOLLOWED: Final = "whether calls to other services pass the id on cannot be seen from outside"
PASSING_ON: Final = tuple(
    f"opentelemetry-instrumentation-{name}" for name in ("httpx", "requests", "aiohttp-client", "urllib3")
)


def judge_tracing(facts: Facts) -> Verdict:
    """Visible when answers or records carry an id; a tracer that is only installed proves nothing."""
    evidence = (*_of_answers(facts), *_of_logs(facts), *_of_packages(facts))
    blank = could_not_look(facts, PROBE, LOGS, WORKERS)
    if any(one.speaks for one in evidence):
        return Verdict(sight=Sight.VISIBLE, by=_by(facts), evidence=evidence, remarks=tuple(_remarks(facts)))
    # A tracer needs neither a header nor a field: without the packages nobody can deny it.
    told = {one.source: one.speaks for one in evidence}
    is_denied = told.get(PROBE) is False and told.get(WORKERS) is False
    sight = Sight.NOT_VISIBLE if is_denied else Sight.CANNOT_TELL
    return Verdict(sight=sight, evidence=evidence if is_denied else (*evidence, *blank))


def _of_answers(facts: Facts) -> tuple[Evidence, ...]:
    reading = facts.readings.get((PROBE, HEADER_IDS))
    if reading is None:
        return ()
    headers = _headers(facts)
    if not headers:
        return (Evidence(source=PROBE, text="answers carry no id", speaks=False, signal=HEADER_IDS),)
    text = f"answers carry {', '.join(headers)}{f' ({reading.bias})' if reading.bias else ''}"
    return (Evidence(source=PROBE, text=text, speaks=None if reading.bias else True, signal=HEADER_IDS),)


def _of_logs(facts: Facts) -> tuple[Evidence, ...]:
    logs = facts.logs
    if logs is None or logs.records < MIN_RECORDS:
        return ()
    share = logs.shares[IDS]
    text = f"{share:.0%} of {logs.records} records carry a request or trace id"
    return (Evidence(source=LOGS, text=text, speaks=share >= MIN_SHARE_WITH_ID, signal=IDS),)


def _of_packages(facts: Facts) -> tuple[Evidence, ...]:
    reading = facts.readings.get((WORKERS, TRACING))
    if reading is None:
        return ()
    names = [dict(part.labels).get("library", "") for part in reading.by if part.value]
    if not reading.value:
        text = "no library that sends traces is installed and loaded"
        return (Evidence(source=WORKERS, text=text, speaks=False, signal=TRACING),)
    text = f"{', '.join(names)}: {reading.bias or 'installed'}"
    return (Evidence(source=WORKERS, text=text, speaks=None, signal=TRACING),)


def _by(facts: Facts) -> tuple[str, ...]:
    fields = facts.logs.fields[IDS] if facts.logs else ()
    return (*_headers(facts), *fields)


def _headers(facts: Facts) -> tuple[str, ...]:
    reading = facts.readings.get((PROBE, HEADER_IDS))
    parts = reading.by if reading and reading.value else ()
    return tuple(dict(part.labels).get("header", "") for part in parts)


def _remarks(facts: Facts) -> list[Remark]:
    tracer = facts.readings.get((WORKERS, TRACING))
    passing = [name for name in PASSING_ON if name in (facts.packages or {})]
    if tracer and tracer.value and passing:
        return [Remark(text=f"{passing[0]} is installed, which passes the trace on to what is called")]
    return [Remark(text=NOT_FOLLOWED, flaw=Flaw.LACKING)]
