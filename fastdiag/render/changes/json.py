"""A comparison for scripts (`schema: 1`): keys may be added, never renamed; every key is always there."""

from __future__ import annotations

import math
from typing import Final

from fastdiag.model.changes import CauseChange, Changes, Driver, SignalChange, SourceChange, Standing
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.render.json import SCHEMA, Json, dump

_DIGITS: Final = 4


def render(changes: Changes) -> str:
    """Return what changed as JSON."""
    return dump(document(changes))


def document(changes: Changes) -> dict[str, Json]:
    """Return the object that ``render`` writes, for documents that hold it as a part."""
    return {
        "schema": SCHEMA,
        "fastdiag": changes.after.snapshot.fastdiag,
        "service": changes.after.snapshot.service,
        "trend": changes.trend.value,
        "before": _side(changes.before),
        "after": _side(changes.after),
        "causes": [_cause(change) for change in changes.causes],
        "symptoms": [
            {"id": change.id, "title": change.title, "move": change.move.value} for change in changes.symptoms
        ],
        "signals": [_signal(change) for change in changes.signals],
        "only_before": list(changes.only_before),
        "only_after": list(changes.only_after),
        "sources": [_source(change) for change in changes.sources],
        "notes": list(changes.notes),
    }


def _side(diagnosis: Diagnosis) -> Json:
    return {
        "taken_at": diagnosis.snapshot.taken_at,
        "window_s": diagnosis.snapshot.window_s,
        "status": diagnosis.status.value,
        "conclusive": diagnosis.conclusive,
    }


def _cause(change: CauseChange) -> Json:
    return {
        "id": change.id,
        "kind": change.kind.value,
        "title": change.title,
        "before": _standing(change.before),
        "after": _standing(change.after),
        "drivers": [_driver(driver) for driver in change.drivers],
    }


def _standing(standing: Standing) -> Json:
    return {
        "probability": round(standing.probability, _DIGITS),
        "root": round(standing.root, _DIGITS),
        "verdict": standing.verdict.words,
        "driven_by": standing.driven_by,
    }


def _driver(driver: Driver) -> Json:
    before, after = driver.log_odds
    return {
        "because": driver.because,
        "when": driver.when,
        "held": {"before": driver.was, "after": driver.is_},
        "log_odds": {"before": _finite(before), "after": _finite(after)},
        "signals": {
            name: {"before": was, "after": is_} for name, (was, is_) in sorted(driver.signals.items())
        },
    }


def _finite(log_odds: float) -> float | None:
    """Return log odds; None where a finding rules the cause out."""
    return round(log_odds, _DIGITS) if math.isfinite(log_odds) else None


def _signal(change: SignalChange) -> Json:
    return {
        "id": change.id,
        "unit": change.unit.value,
        "before": change.before,
        "after": change.after,
        "came_true": list(change.came_true),
        "ceased": list(change.ceased),
        "bias": change.doubt,
    }


def _source(change: SourceChange) -> Json:
    return {
        "name": change.name,
        "before": change.before.value if change.before else None,
        "after": change.after.value if change.after else None,
    }
