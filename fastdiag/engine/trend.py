"""Whether a service is better or worse than before, as far as both looks at it tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastdiag.model.changes import Trend
from fastdiag.model.diagnosis import Diagnosis, Status, Verdict
from fastdiag.model.rule import Kind, Severity

_BADNESS: Final[Mapping[Status, int]] = {Status.OK: 0, Status.WARNING: 1, Status.CRITICAL: 2}


def trend(before: Diagnosis, after: Diagnosis) -> Trend:
    """Return which way it went: by its status, then by the symptoms that came and went, then by its cause.

    Where one of them is inconclusive, only symptoms tell of which it saw whether they hold.
    """
    was, is_ = _BADNESS.get(before.status), _BADNESS.get(after.status)
    by_symptoms = _by_symptoms(before, after)
    if was is None or is_ is None:
        return Trend.UNKNOWN if by_symptoms is Trend.SAME else by_symptoms
    if was != is_:
        return Trend.WORSE if is_ > was else Trend.BETTER
    if by_symptoms is not Trend.SAME:
        return by_symptoms
    return Trend.SAME if _blamed(before) == _blamed(after) else Trend.CHANGED


def _by_symptoms(before: Diagnosis, after: Diagnosis) -> Trend:
    """Return WORSE where symptoms only came or got critical, BETTER where they only went or got milder."""
    was, is_ = _severities(before), _severities(after)
    names = (was.keys() | is_.keys()) - {*before.unknown_symptoms, *after.unknown_symptoms}
    worse = any(is_.get(name, 0) > was.get(name, 0) for name in names)
    better = any(is_.get(name, 0) < was.get(name, 0) for name in names)
    if worse and better:
        return Trend.CHANGED
    if worse or better:
        return Trend.WORSE if worse else Trend.BETTER
    return Trend.SAME


def _severities(diagnosis: Diagnosis) -> Mapping[str, int]:
    levels = {Severity.WARNING: 1, Severity.CRITICAL: 2}
    return {symptom.id: levels[symptom.severity] for symptom in diagnosis.symptoms}


def _blamed(diagnosis: Diagnosis) -> str | None:
    """Return the cause that a diagnosis names first, where it is more than possible."""
    named = (
        cause.id
        for cause in diagnosis.causes
        if cause.kind is Kind.FAILURE and cause.verdict >= Verdict.LIKELY
    )
    return next(named, None)
