"""Invented reports that every format is tried on: they derive from no rule, no engine and no history."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from fastdiag.engine.changes import changes
from fastdiag.engine.diagnose import diagnose
from fastdiag.engine.headroom import headroom
from fastdiag.model.course import Course, FailureSequence, Stage, Step, Told
from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.history import CauseSeen, Mark, Occasion, Past, Recurrence, Run
from fastdiag.model.quantity import Unit
from fastdiag.model.report import Report
from fastdiag.model.rule import Kind
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.render.diagnoses import ALL

TABLE: Final = load_rulebook(builtin_rules())
BEGIN: Final = 1_795_295_700.0  # 2026-11-21T21:15:00Z
STEP_S: Final = 180.0
POINTS: Final = 120


def _course(signal: str, unit: Unit, calm: float, high: float, *, threshold: float | None = None) -> Course:
    """Return a signal that is calm at first, unseen for a while, and high in the end."""
    values = [
        (high if number > 70 else calm) * (1 - 0.05 * math.sin(number) ** 2) for number in range(POINTS)
    ]
    unseen = range(20, 26)
    points = tuple(
        (BEGIN + STEP_S * number, None if number in unseen else value) for number, value in enumerate(values)
    )
    return Course(
        signal=signal, title=signal, unit=unit, points=points, told=Told.PROMETHEUS, threshold=threshold
    )


def _step(stage: Stage, number: int, signal: str, said: str) -> Step:
    return Step(stage=stage, at=BEGIN + STEP_S * number, signal=signal, said=said)


_DEPLOY: Final = Mark(id=2, service="shop-api", at="2026-11-22T00:40:00Z", text="deploy v1.2")
_RUN: Final = Run(
    id=7,
    host="web-1",
    service="shop-api",
    taken_at="2026-11-22T02:14:00Z",
    occasion=Occasion.REPORT,
    status=Status.OK,
    conclusive=True,
    symptoms=(),
    causes=(
        CauseSeen(
            id="db-pool-exhaustion",
            title="The database connection pool is exhausted",
            kind=Kind.FAILURE,
            rank=1,
            probability=0.31,
            root=0.3,
            verdict=Verdict.POSSIBLE,
        ),
    ),
    signals={"http.latency.p95": 0.12},
)
PAST: Final = Past(
    runs=(_RUN, replace(_RUN, id=6, taken_at="2026-11-22T01:14:00Z")),
    marks=(_DEPLOY,),
    recurrences=(
        Recurrence(
            id="db-pool-exhaustion",
            title="The database connection pool is exhausted",
            first_seen="2026-11-14T08:00:00Z",
            last_seen="2026-11-22T03:14:07Z",
            runs=12,
            of=40,
            episodes=3,
            flapping=True,
            is_present=True,
            last_mark=_DEPLOY,
        ),
    ),
    where="/var/lib/fastdiag/history.sqlite",
)
EARLIER: Final = replace(ALL["healthy"].snapshot, taken_at="2026-11-22T02:14:00Z")
DRAINED: Final = Report(
    diagnosis=ALL["pool-drained"],
    headroom=headroom(ALL["pool-drained"].snapshot, TABLE),
    since=changes(diagnose(EARLIER, TABLE), diagnose(ALL["pool-drained"].snapshot, TABLE), TABLE),
    past=PAST,
    courses=(
        _course("http.latency.p95", Unit.SECONDS, 0.12, 4.2, threshold=1.0),
        _course("http.rps", Unit.PER_SECOND, 48.0, 131.0),
        _course("db.pool.utilization", Unit.RATIO, 0.4, 1.0, threshold=0.95),
    ),
    requests=23,
    sequence=FailureSequence(
        steps=(
            _step(Stage.TRAFFIC_UP, 70, "http.rps", "48/s before, up to 131/s"),
            _step(Stage.LATENCY_CREEPS, 75, "http.latency.p95", "120 ms before, up to 4.2 s"),
            _step(Stage.POOL_EMPTY, 80, "db.pool.utilization", "100% in use"),
        ),
        unseen=(Stage.CPU_FLAT, Stage.TIMEOUTS_APPEAR),
    ),
    notes=("settings from fastdiag.yaml",),
)
BARE: Final = Report(
    diagnosis=ALL["healthy"],
    past=Past(trouble="the history: /var/lib/fastdiag/history.sqlite: cannot be written: the disk is full"),
    no_courses="Prometheus was not asked; and there is no history",
)
