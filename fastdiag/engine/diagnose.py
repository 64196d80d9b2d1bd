"""The whole judgement on one page: snapshot and rulebook in, diagnosis out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from fastdiag.engine import symptoms as symptoms_
from fastdiag.engine.infer import Inference
from fastdiag.engine.look import Look
from fastdiag.engine.next_check import next_checks
from fastdiag.engine.prior import nothing_odds, prior_odds
from fastdiag.engine.rank import Standings, others, rank
from fastdiag.model.diagnosis import Diagnosis, RankedCause, Status, SymptomFound, Verdict
from fastdiag.model.rule import Kind, Rulebook, Severity
from fastdiag.model.signal import Missing
from fastdiag.model.snapshot import Snapshot

CORE: Final[Mapping[str, tuple[str, ...]]] = {
    "latency": ("http.latency.p95", "probe.latency", "http.stuck"),
    "errors": ("http.errors.ratio",),
    "saturation": ("service.cpu", "db.pool.utilization", "db.service.utilization", "loop.polling.ratio"),
}
"""What must be seen, one of each, before a service is called healthy (design section 6)."""

CONCLUSIVE_ROOT: Final = 0.5
CONCLUSIVE_LEAD: Final = 0.15


def diagnose(snapshot: Snapshot, rulebook: Rulebook) -> Diagnosis:
    """Judge a snapshot. Pure and deterministic: a saved snapshot gives the same diagnosis for ever."""
    holding, inference = weigh(snapshot, rulebook)
    look = inference.look
    found = symptoms_.found(look, holding)
    outlooks = inference.outlooks()
    standings = Standings.of(inference, outlooks)
    ranked = rank(standings, holding)
    missing = unseen(look)
    failing = any(cause.kind is Kind.FAILURE and cause.verdict >= Verdict.LIKELY for cause in ranked)
    status = status_of(found, missing, failing=failing)
    shown = () if status is Status.OK else ranked
    return Diagnosis(
        snapshot=snapshot,
        status=status,
        conclusive=_conclusive(shown),
        symptoms=found,
        unknown_symptoms=tuple(name for name, holds in holding.items() if holds is None),
        causes=shown,
        others=others(standings, {cause.id for cause in shown}),
        next_checks=next_checks(outlooks, inference, only_unasked=status is Status.OK),
        unseen=missing,
    )


def weigh(snapshot: Snapshot, rulebook: Rulebook) -> tuple[Mapping[str, bool | None], Inference]:
    """Return which symptoms hold, and what is believed of the causes."""
    look = Look(snapshot, rulebook)
    holding = symptoms_.examine(look)
    prior = prior_odds(rulebook, holding, snapshot.observed)
    return holding, Inference(rulebook.causes, prior, look, nothing_odds(rulebook, holding))


def unseen(look: Look) -> tuple[str, ...]:
    """Return the core signals that were not seen."""
    return tuple(name for name, signals in CORE.items() if not _seen(signals, look))


def _seen(signals: tuple[str, ...], look: Look) -> bool:
    known = [name for name in signals if name in look.rulebook.catalogue.signals]
    return any(not isinstance(look.reading(name), Missing) for name in known)


def status_of(found: Sequence[SymptomFound], missing: Sequence[str], *, failing: bool) -> Status:
    """Return the state of the service: by its symptoms, and by whether a failure is likely at work."""
    if any(symptom.severity is Severity.CRITICAL for symptom in found):
        return Status.CRITICAL
    if found or failing:
        return Status.WARNING
    return Status.INCONCLUSIVE if missing else Status.OK


def _conclusive(ranked: Sequence[RankedCause]) -> bool:
    roots = sorted((cause.root for cause in ranked if cause.kind is Kind.FAILURE), reverse=True)
    if not roots or roots[0] < CONCLUSIVE_ROOT:
        return False
    return len(roots) == 1 or roots[0] - roots[1] >= CONCLUSIVE_LEAD
