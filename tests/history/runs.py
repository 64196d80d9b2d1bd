"""Invented runs: what a diagnosis leaves behind, a quarter of an hour apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.history import CauseSeen, Mark, Occasion, Run
from fastdiag.model.moment import iso_of, seconds_of
from fastdiag.model.rule import Kind

START: Final = seconds_of("2026-11-20T00:00:00Z") or 0
STEP_S: Final = 900.0
SEEN: Final = {"prometheus": "ok", "postgres": "partial", "pgbouncer": "skipped"}
TITLES: Final = {
    "db-pool-exhaustion": "The database connection pool is exhausted",
    "database-locks": "Statements queue behind one lock in the database",
    "missing-tracing": "No traces tell where the time of a request goes",
}
POOL: Final = "db-pool-exhaustion"
LOCKS: Final = "database-locks"


def cause(
    id_: str, verdict: Verdict = Verdict.LIKELY, *, rank: int = 1, kind: Kind = Kind.FAILURE
) -> CauseSeen:
    probability = {Verdict.VERY_LIKELY: 0.93, Verdict.LIKELY: 0.71, Verdict.POSSIBLE: 0.3}[verdict]
    return CauseSeen(
        id=id_,
        title=TITLES[id_],
        kind=kind,
        rank=rank,
        probability=probability,
        root=probability - 0.05,
        verdict=verdict,
    )


def run(  # noqa: PLR0913 - one parameter a field
    step: float,
    *causes: CauseSeen,
    host: str = "web-1",
    service: str = "shop",
    status: Status | None = None,
    sources: Mapping[str, str] = SEEN,
    occasion: Occasion = Occasion.REPORT,
) -> Run:
    """Return a run so many steps after START."""
    return Run(
        host=host,
        service=service,
        taken_at=at(step),
        occasion=occasion,
        status=status or (Status.CRITICAL if causes else Status.OK),
        conclusive=bool(causes),
        symptoms=("low-cpu-high-latency",) if causes else (),
        causes=causes,
        signals={"http.latency.p95": 4.2 if causes else 0.12, "service.cpu": 0.18, "db.pool.waiting": 0.0},
        sources=sources,
    )


def mark(step: float, text: str, service: str | None = "shop") -> Mark:
    return Mark(service=service, at=at(step), text=text)


def at(step: float) -> str:
    """Return the moment of a step."""
    return iso_of(START + step * STEP_S)
