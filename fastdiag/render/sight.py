"""What was seen and what was not: the worst parts, what may mislead, unknowns, and what looking cost."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, RankedCause
from fastdiag.model.doubt import JOINT, Doubt, reasons
from fastdiag.model.quantity import format_value
from fastdiag.model.signal import Labels, Missing, Part, Reading, Reason
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.words import count, duration

MIN_OBSERVATIONS: Final = 20
"""A part with fewer observations is not called the worst (as `worst(x)` of the rules)."""

_ROUTES: Final = ("handler", "http_route", "route", "path", "path_template", "http_target", "endpoint")
_METHODS: Final = ("method", "http_method", "http_request_method")
_REMOTES: Final = ("remote", "server_address", "net_peer_name", "host", "peer")
_LINE: Final = "line"
_LATENCY_FAMILY: Final = "http.latency."
_LATENCY: Final = "http.latency.p95"
_VITAL: Final = ("http.latency.", "http.errors.", "http.rps", "probe.", "service.cpu")
_SERVER_SEEN_BY: Final = "processes"
_BY_WORKER: Final = ("http.in_flight", "process.rss")
_PID: Final = re.compile(r"\b(?:master|pids?) (\d+)")
_TELLING: Final = (
    "external.",
    "db.locks.",
    "db.transactions.",
    "db.queries.",
    "loop.blocked",
    "loop.running",
    "queue.processes.held",
    "queue.broker.blocked",
    "workers.deaths.",
    "logs.",
)
"""Families where the largest part is the worst one, and its name says where to look."""

_SHORT_DETAIL_CHARS: Final = 40


def slowest_endpoint(diagnosis: Diagnosis) -> str | None:
    """Return the worst endpoint where latency is a symptom.

    While requests hang, the few that were answered may all be fast; the slowest of them is no finding then.
    """
    is_slow = any(_LATENCY_FAMILY in text for found in diagnosis.symptoms for text in found.evidence)
    return worst_endpoint(diagnosis.snapshot) if is_slow else None


def worst_endpoint(snapshot: Snapshot) -> str | None:
    """Return `POST /checkout: p95 6.1 s (before 120 ms), 310 requests`, or None where none is known."""
    reading = snapshot.readings.get(_LATENCY)
    part = _worst_part(reading) if reading else None
    if reading is None or part is None:
        return None
    requests = f", {count(round(part.count), 'request')}" if part.count else ""
    return f"{part_name(part.labels)}: p95 {_value(part, reading)}{requests}"


def worst_parts(snapshot: Snapshot, cause: RankedCause) -> tuple[str, ...]:
    """Return, for what speaks for a cause, the parts that stand out: `payments: external.stuck 12`."""
    quoted = dict.fromkeys(
        signal for fact in cause.supports for signal in fact.signals if f"{signal} <" not in fact.when
    )
    told: dict[str, list[str]] = {}
    for signal in quoted:
        reading = snapshot.readings.get(signal) if signal.startswith(_TELLING) else None
        part = _worst_part(reading) if reading else None
        if reading is not None and part is not None and part.value > 0:
            told.setdefault(part_name(part.labels), []).append(f"{signal} {_value(part, reading)}")
    return tuple(f"{name}: {', '.join(values)}" for name, values in told.items())


def _worst_part(reading: Reading) -> Part | None:
    known = [part for part in reading.by if part.count is None or part.count >= MIN_OBSERVATIONS]
    return max(known, key=lambda part: part.value, default=None)


def _value(part: Part, reading: Reading) -> str:
    before = f" (before {format_value(part.before, reading.unit)})" if part.before is not None else ""
    return f"{format_value(part.value, reading.unit)}{before}"


def part_name(labels: Labels) -> str:
    """Return what a person calls a label set: `POST /checkout`, `payments:8443`, else `state=used`.

    Of a record in a log it is what the record says.
    """
    names = dict(labels)
    route = next((names[key] for key in _ROUTES if names.get(key)), None)
    method = next((names[key] for key in _METHODS if names.get(key)), None)
    if route:
        return f"{method} {route}" if method else route
    if names.get(_LINE):
        return f'"{names[_LINE]}"'
    remote = next((names[key] for key in _REMOTES if names.get(key)), None)
    return remote or ", ".join(f"{key}={value}" for key, value in labels) or "all"


def quoted(diagnosis: Diagnosis) -> frozenset[str]:
    """Return the signals that the verdict rests on: of symptoms, causes, and the vital signs of requests."""
    facts = [
        fact for cause in diagnosis.causes for fact in (*cause.supports, *cause.contradicts) if fact.log_odds
    ]
    told = " ".join(text for symptom in diagnosis.symptoms for text in symptom.evidence)
    named = {signal for fact in facts for signal in fact.signals}
    return frozenset(
        signal
        for signal in diagnosis.snapshot.readings
        if signal in named or f"{signal} " in told or signal.startswith(_VITAL)
    )


def addressed(command: str, snapshot: Snapshot) -> str:
    """Return a command with the process ids that are known in place of PID and WORKER_PID."""
    server = next((state.target or "" for state in snapshot.sources if state.name == _SERVER_SEEN_BY), "")
    master, workers = _PID.search(server), _workers(snapshot)
    if workers:
        command = command.replace("WORKER_PID", workers[0])
    return re.sub(r"\bPID\b", master[1], command) if master else command


def _workers(snapshot: Snapshot) -> list[str]:
    """Return the ids of the worker processes, the one with most in hand first."""
    readings = (snapshot.readings.get(signal) for signal in _BY_WORKER)
    by = next((reading.by for reading in readings if reading is not None and reading.by), ())
    ids = [dict(part.labels).get("worker", "") for part in sorted(by, key=lambda part: -part.value)]
    return [pid for pid in ids if pid.isdecimal()]


def biases(
    snapshot: Snapshot, among: Collection[str] | None = None, told: Iterable[Doubt] = ()
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each reason for distrust with the signals (``among`` these) that it concerns, by their ids.

    What the doubts have ``told`` already is left out.
    """
    said = {doubt.says for doubt in told}
    concerned: dict[str, list[str]] = {}
    for signal, reading in sorted(snapshot.readings.items()):
        bias = JOINT.join(text for text in reasons(reading) if text not in said)
        if bias and (among is None or signal in among):
            concerned.setdefault(bias, []).append(signal)
    return tuple((bias, tuple(signals)) for bias, signals in concerned.items())


@dataclass(frozen=True, slots=True)
class Unseen:
    """Signals that are missing for the same kind of reason."""

    reason: Reason
    signals: tuple[tuple[str, Missing], ...]

    @property
    def why(self) -> str:
        """Return the reason, with its detail where all signals share a short one."""
        details = {missing.detail for _, missing in self.signals}
        only = next(iter(details)) if len(details) == 1 else ""
        return f"{self.reason} ({only})" if only and len(only) <= _SHORT_DETAIL_CHARS else str(self.reason)


def unseen(snapshot: Snapshot) -> tuple[Unseen, ...]:
    """Return the missing signals by reason, the most useful reason first."""
    missing = [item for item in sorted(snapshot.missing.items()) if item[0] not in snapshot.readings]
    groups = (Unseen(reason, tuple(_with(reason, missing))) for reason in Reason)
    return tuple(group for group in groups if group.signals)


def unseen_in_short(groups: Sequence[Unseen]) -> str:
    """Return `6 signals: 4 denied (needs root), 2 absent`, or `2 signals absent`."""
    total = count(sum(len(group.signals) for group in groups), "signal")
    if len(groups) == 1:
        return f"{total} {groups[0].why}"
    return f"{total}: {', '.join(f'{len(group.signals)} {group.why}' for group in groups)}"


def _with(reason: Reason, missing: Iterable[tuple[str, Missing]]) -> Iterable[tuple[str, Missing]]:
    return (item for item in missing if item[1].reason is reason)


def cost(snapshot: Snapshot) -> str:
    """Return what looking cost: sources run at once, so the slowest one counts."""
    seconds = max((source.seconds for source in snapshot.sources), default=0.0)
    requests = sum(source.requests for source in snapshot.sources)
    return f"{duration(seconds)}, {count(requests, 'request')}"
