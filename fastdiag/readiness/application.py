"""Items on the application itself: blocking calls, the ORM, CPU, timeouts, large responses."""

from __future__ import annotations

from typing import Final

from fastdiag.model.audit import Finding
from fastdiag.model.checklist import Evidence, Item
from fastdiag.readiness import code, live, stacks
from fastdiag.readiness.facts import Facts
from fastdiag.readiness.judging import Judged

BLOCKING: Final = "blocking-call"
DATABASE_KINDS: Final = frozenset(("sync-database", "embedded-database"))
CPU_KINDS: Final = frozenset(
    (
        "password-hashing",
        "key-generation",
        "image",
        "data-frame",
        "document",
        "model-inference",
        "archive",
        "cpu",
    )
)
"""Kinds of blocking calls, as rules/audit/sinks.yaml has them."""
ORMS: Final = ("sqlalchemy", "sqlmodel", "tortoise", "peewee", "pony", "django", "ormar", "piccolo")
LARGE_BYTES: Final = 1_000_000
"""A JSON answer of a megabyte takes the event loop tens of milliseconds to validate and to encode."""


def async_no_blocking(facts: Facts, item: Item) -> Judged:
    """Judge whether something on the event loop blocks it: by the code, and by the loop itself."""
    findings = _blocking(facts)
    evidence = (
        *code.of_findings(facts, item, findings),
        *stacks.of_frames(facts, stacks.BLOCKED),
        *live.of_causes(facts, item),
    )
    return Judged(evidence=evidence, enough=code.is_clean(facts, findings))


def sync_orm_reviewed(facts: Facts, item: Item) -> Judged:
    """Judge whether each synchronous use of the database on the event loop has been decided about."""
    if facts.does_without(*ORMS):
        evidence = Evidence(source=code.CODE, text="the code imports no ORM", speaks=True)
        return Judged(evidence=(evidence,), enough=True)
    findings = tuple(one for one in _blocking(facts) if one.kind in DATABASE_KINDS)
    return Judged(evidence=code.of_findings(facts, item, findings), enough=code.is_clean(facts, findings))


def cpu_outside_requests(facts: Facts, item: Item) -> Judged:
    """Judge whether requests compute for long: by the code, and by the stacks of the loop."""
    findings = tuple(
        one
        for one in (*_blocking(facts), *facts.findings_of(item))
        if one.check != BLOCKING or one.kind in CPU_KINDS
    )
    evidence = (
        *code.of_findings(facts, item, findings),
        *stacks.of_frames(facts, stacks.COMPUTING),
        *live.of_causes(facts, item),
    )
    return Judged(evidence=evidence, enough=code.is_clean(facts, findings))


def dependency_timeouts(facts: Facts, item: Item) -> Judged:
    """Judge whether calls to others end by themselves."""
    evidence = (*code.of_findings(facts, item), *live.of_causes(facts, item))
    return Judged(evidence=evidence, enough=code.is_clean(facts, facts.findings_of(item)))


def large_responses_checked(facts: Facts, item: Item) -> Judged:
    """Judge what can be seen of large answers; that they were tried under load, only a person knows."""
    size = live.of_signal(
        facts, "http.response.bytes", "mean size of an answer now", lambda value: value < LARGE_BYTES
    )
    evidence = (*code.of_findings(facts, item), size, *live.of_causes(facts, item))
    return Judged(evidence=evidence, enough=False)


def _blocking(facts: Facts) -> tuple[Finding, ...]:
    return tuple(one for one in (facts.code.findings if facts.code else ()) if one.check == BLOCKING)
