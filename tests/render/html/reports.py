"""Rich reports: diagnoses of recorded incidents, with an invented past."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from fastdiag import pipeline
from fastdiag.engine.changes import changes
from fastdiag.engine.headroom import headroom
from fastdiag.model.course import Course, FailureSequence, Stage, Step, Told
from fastdiag.model.diagnosis import Diagnosis, Status, Verdict
from fastdiag.model.history import CauseSeen, Mark, Occasion, Past, Recurrence, Run
from fastdiag.model.quantity import Unit
from fastdiag.model.report import Report
from fastdiag.model.rule import Kind, Rulebook
from fastdiag.render import snapshot_file
from fastdiag.rulebook.load import builtin_rules, load_rulebook

RECORDED: Final = Path(__file__).parents[2] / "incidents" / "recorded"
MINUTE_S: Final = 60.0
END: Final = datetime(2026, 11, 22, 22, 29, 15, tzinfo=UTC).timestamp()
MOMENTS: Final = 90
"""One a minute."""


@cache
def table() -> Rulebook:
    return load_rulebook(builtin_rules())


@cache
def recorded(name: str) -> Diagnosis:
    text = (RECORDED / f"{name}.json").read_text(encoding="utf-8")
    return pipeline.replay(snapshot_file.decode(text, table().catalogue, name), table()).diagnosis


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def at(minute: int) -> float:
    """Return a moment so many minutes before the end."""
    return END - minute * MINUTE_S


def course(
    signal: str,
    title: str,
    unit: Unit,
    value: Callable[[float], float | None],
    threshold: float | None = None,
) -> Course:
    """Return what ``value`` says at each moment; it is asked with 0 at the begin and 1 at the end."""
    moments = range(MOMENTS, -1, -1)
    points = tuple((at(minute), value(1 - minute / MOMENTS)) for minute in moments)
    return Course(
        signal=signal, title=title, unit=unit, points=points, told=Told.PROMETHEUS, threshold=threshold
    )


def wave(share: float, size: float) -> float:
    """Return something that looks measured, and is the same every time."""
    return size * (math.sin(share * 61) + math.sin(share * 23 + 2)) / 2


def creeping(share: float, begin: float, low: float, high: float) -> float:
    """Return ``low`` until ``begin``, and then more and more."""
    grown = max(0.0, share - begin) / (1 - begin)
    return low + (high - low) * grown**2


COURSES: Final = (
    course(
        "http.latency.p95",
        "95th percentile of request latency",
        Unit.SECONDS,
        lambda share: creeping(share, 0.35, 0.12, 4.2) + wave(share, 0.03),
        1.0,
    ),
    course(
        "http.rps", "Requests per second", Unit.PER_SECOND, lambda share: 22 + 26 * share + wave(share, 2)
    ),
    course(
        "http.errors.ratio",
        "Share of requests that fail",
        Unit.RATIO,
        lambda share: None if 0.4 < share < 0.5 else max(0.0, creeping(share, 0.6, 0, 0.08)),
        0.02,
    ),
    course("service.cpu", "CPU of the service", Unit.RATIO, lambda share: 0.14 + wave(share, 0.02), 0.9),
    course(
        "db.pool.utilization",
        "Use of the connection pool",
        Unit.RATIO,
        lambda share: min(1.0, creeping(share, 0.2, 0.3, 1.6)),
        0.95,
    ),
    course("process.rss", "Memory of the service", Unit.BYTES, lambda share: (310 + 40 * share) * 2**20),
)
SEQUENCE: Final = FailureSequence(
    steps=(
        Step(stage=Stage.TRAFFIC_UP, at=at(70), signal="http.rps", said="24/s -> 41/s"),
        Step(stage=Stage.LATENCY_CREEPS, at=at(38), signal="http.latency.p95", said="120 ms -> 1.1 s"),
        Step(stage=Stage.POOL_EMPTY, at=at(33), signal="db.pool.utilization", said="30% -> 95%"),
        Step(stage=Stage.TIMEOUTS_APPEAR, at=at(20), signal="http.errors.ratio", said="0% -> 2.4%"),
    ),
    unseen=(Stage.CPU_FLAT,),
)
MARKS: Final = (
    Mark(id=2, service="orders:app", at=iso(at(52)), text="deploy v1.2"),
    Mark(id=3, service=None, at=iso(at(12)), text="restart of the database"),
    Mark(id=1, service="orders:app", at=iso(at(3 * 24 * 60)), text="deploy v1.1"),
)


def run(number: int, status: Status) -> Run:
    seen = CauseSeen(
        id="connection-leak",
        title="Connections are not given back to the pool",
        kind=Kind.FAILURE,
        rank=1,
        probability=0.9,
        root=0.88,
        verdict=Verdict.VERY_LIKELY,
    )
    return Run(
        id=number,
        host="web-1",
        service="orders:app",
        taken_at=iso(at(15 * (48 - number))),
        occasion=Occasion.REPORT,
        status=status,
        conclusive=status is Status.CRITICAL,
        symptoms=(),
        causes=(seen,) if status is Status.CRITICAL else (),
        signals={"http.latency.p95": 0.12},
    )


def status_of(number: int) -> Status:
    """Return two bad stretches in an otherwise good night."""
    if number in (9, 10, 11, 46, 47):
        return Status.CRITICAL
    if number in (8, 12, 45):
        return Status.WARNING
    return Status.INCONCLUSIVE if number in (20, 21) else Status.OK


RUNS: Final = tuple(run(number, status_of(number)) for number in range(47, 0, -1))


def past_of(diagnosis: Diagnosis) -> Past:
    """Return a past in which the first cause of today was there before."""
    again = tuple(
        Recurrence(
            id=cause.id,
            title=cause.title,
            first_seen=iso(at(15 * 39)),
            last_seen=iso(END),
            runs=6 - number,
            of=46,
            episodes=2 + number,
            flapping=number == 1,
            is_present=number == 0,
            last_mark=MARKS[0] if number == 0 else None,
        )
        for number, cause in enumerate(diagnosis.causes[:2])
    )
    where = "~/.local/state/fastdiag/history.sqlite3"
    return Past(runs=RUNS, marks=MARKS, recurrences=again, where=where)


@cache
def rich(name: str, earlier: str = "healthy-steady") -> Report:
    """Return a report of a recorded incident with everything that a report may hold."""
    diagnosis = recorded(name)
    return Report(
        diagnosis=diagnosis,
        headroom=headroom(diagnosis.snapshot, table()),
        since=changes(recorded(earlier), diagnosis, table()),
        past=past_of(diagnosis),
        courses=COURSES,
        sequence=SEQUENCE,
        notes=("slow is 1s as in the snapshot, not 2s as in the rules of today",),
    )


@cache
def first_ever(name: str) -> Report:
    """Return the report of a service of which nothing is known but the present."""
    diagnosis = recorded(name)
    return Report(
        diagnosis=diagnosis,
        headroom=headroom(diagnosis.snapshot, table()),
        no_courses="no Prometheus is known, and this is the first report",
    )


def without_history(name: str) -> Report:
    trouble = "the history cannot be opened: disk I/O error; this report is not kept"
    return replace(rich(name), past=Past(trouble=trouble), since=None)


def names() -> tuple[str, ...]:
    return tuple(
        sorted(file.stem for file in RECORDED.glob("*.json") if "signals" in json.loads(file.read_text()))
    )
