"""Invented facts: a service of which everything is known, or nothing, changed by one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from fastdiag.engine.headroom import headroom
from fastdiag.model.audit import (
    Check,
    CodeAudit,
    CodePlace,
    Confidence,
    Finding,
    Root,
    Setting,
    Severity,
    Step,
)
from fastdiag.model.checklist import Answer, Coverage, Item, Seen, Sight
from fastdiag.model.diagnosis import Diagnosis, Status
from fastdiag.model.signal import Missing, Part, Reading, Reason
from fastdiag.model.snapshot import Snapshot
from fastdiag.readiness.answer import answer
from fastdiag.readiness.facts import Facts
from fastdiag.rulebook.audit.checks import load_checks
from fastdiag.rulebook.checklists import Checklist, load_checklist
from fastdiag.rulebook.folders import builtin_rules
from tests.alerts.bench import shipped

TODAY: Final = "2026-11-23"
ROUTE: Final = Root(
    text="GET /orders", kind="route", place=CodePlace("app.py", 3, 1), function="app.orders", is_async=True
)
PARAMETERS: Final = {"very_slow": "3s", "long_transaction": "30s", "slow": "1s"}


@cache
def checks() -> Mapping[str, Check]:
    return load_checks(builtin_rules())


@cache
def items(name: Checklist = Checklist.READINESS) -> tuple[Item, ...]:
    return load_checklist(builtin_rules(), name)


def item(name: str) -> Item:
    return next(one for one in items() if one.id == name)


def finding(
    check: str,
    *,
    kind: str = "",
    line: int = 7,
    severity: Severity = Severity.WARNING,
    confidence: Confidence = Confidence.CERTAIN,
) -> Finding:
    return Finding(
        check=check,
        place=CodePlace("app.py", line, 5),
        message=f"{check} is here",
        confidence=confidence,
        severity=severity,
        kind=kind,
        chain=(Step(text=ROUTE.text, place=ROUTE.place, function=ROUTE.function),),
        fingerprint=f"{check}-{line}",
    )


def setting(name: str, value: float | str | None, *, is_default: bool = False, line: int = 5) -> Setting:
    return Setting(
        name=name, place=CodePlace("db.py", line, 10), text=str(value), value=value, is_default=is_default
    )


def code(*findings: Finding, packages: tuple[str, ...] = (), settings: tuple[Setting, ...] = ()) -> CodeAudit:
    return CodeAudit(
        folder="shop",
        files=12,
        lines=900,
        findings=findings,
        roots=(ROUTE,),
        settings=settings,
        packages=packages,
        digests={},
    )


def seen(**readings: float) -> Snapshot:
    """Return a snapshot of signals, their dots written as `__`."""
    catalogue = shipped().catalogue
    found = {
        name: Reading(signal=name, unit=catalogue.unit(name), source="processes", value=value)
        for name, value in ((key.replace("__", "."), value) for key, value in readings.items())
    }
    return Snapshot(
        service="shop",
        taken_at="2026-11-23T06:00:00Z",
        window_s=300,
        readings=found,
        missing={"db.connections.usable": Missing(Reason.DENIED, "no such role")}
        if "db.connections.usable" not in found
        else {},
        parameters=PARAMETERS,
    )


def caught(taken: Snapshot, frame: str, share: float, **labels: str) -> Snapshot:
    """Add a line in which the event loop was caught."""
    part = Part(
        labels=tuple(sorted({"frame": frame, "worker": "7", **labels}.items())), value=share, count=20
    )
    unit = shipped().catalogue.unit("loop.blocking_frame")
    reading = Reading(signal="loop.blocking_frame", unit=unit, source="stacks", value=share, by=(part,))
    return replace(taken, readings={**taken.readings, "loop.blocking_frame": reading})


def coverage(**sights: Sight) -> Coverage:
    """Return coverage in which these items, `-` written as `_`, are as said and all others visible."""
    told = {name.replace("_", "-"): sight for name, sight in sights.items()}
    return Coverage(
        service="shop",
        taken_at="2026-11-23T06:00:00Z",
        items=tuple(
            Seen(
                item=one,
                sight=told.get(one.id, Sight.VISIBLE),
                by=("a_metric",),
                add="pip install it" if one.id in told else "",
                add_to="main.py",
            )
            for one in items(Checklist.OBSERVABILITY)
        ),
        sources={},
    )


def undiagnosed(taken: Snapshot) -> Diagnosis:
    """Return a diagnosis that names no cause: what costs time, and most items do not ask for."""
    return Diagnosis(
        snapshot=taken,
        status=Status.OK,
        conclusive=False,
        symptoms=(),
        unknown_symptoms=(),
        causes=(),
        others=(),
        next_checks=(),
        unseen=(),
    )


def facts(audit: CodeAudit | None = None, taken: Snapshot | None = None, **more: object) -> Facts:
    """Return facts of a service of which so much was looked at."""
    known = Facts(today=TODAY, checks=checks(), code=audit)
    if taken is not None:
        book = shipped()
        known = replace(known, diagnosis=undiagnosed(taken), headroom=headroom(taken, book))
    return replace(known, **more)  # type: ignore[arg-type]


def ask(name: str, known: Facts) -> Answer:
    (one,) = answer((item(name),), known)
    return one
