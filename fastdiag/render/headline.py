"""The verdict in one sentence: what a tired person reads first, and perhaps only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, Status
from fastdiag.model.quantity import format_value
from fastdiag.model.snapshot import Snapshot
from fastdiag.redact import disarm
from fastdiag.render.outline import Branch, contenders, is_at_work
from fastdiag.render.words import adverb, listed, lowered, percent

_MAX_NAMED: Final = 3
_EVEN: Final = 0.5
_NUMBERS: Final = ("no", "one", "two", "three")
_PLAIN_NAMES: Final = {
    "http.latency.p95": "latency",
    "probe.latency": "latency",
    "http.errors.ratio": "errors",
    "service.cpu": "CPU",
    "http.rps": "traffic",
    "db.pool.utilization": "the connection pool",
    "db.connections.utilization": "the database's connections",
}
_NAMELESS: Final = frozenset({"", "unknown"})
_VITALS: Final = (  # the first of each row that was seen
    (("http.latency.p95", "p95 {}"), ("probe.latency", "answers within {}")),
    (("http.errors.ratio", "{} errors"), ("probe.failures", "{} of the probes failed")),
    (("service.cpu", "CPU {}"),),
    (("db.pool.utilization", "pool {}"), ("db.connections.utilization", "db connections {}")),
)


def headline(diagnosis: Diagnosis) -> str:
    """Return the sentence that follows the status word."""
    service = diagnosis.snapshot.service
    is_named = service not in _NAMELESS
    if diagnosis.status is Status.OK and not contenders(diagnosis):
        seen = ", ".join(vitals(diagnosis.snapshot))
        sentence = f"{service if is_named else 'the service'} looks healthy{f': {seen}' if seen else ''}"
    else:
        sentence = f"{service}: {_verdict(diagnosis)}" if is_named else _verdict(diagnosis)
    return disarm(sentence)


def _verdict(diagnosis: Diagnosis) -> str:
    named = contenders(diagnosis)
    if named:
        return _blame(named, conclusive=diagnosis.conclusive)
    if diagnosis.symptoms:
        return f"{lowered(diagnosis.symptoms[0].title)}; what was seen does not tell why"
    return _doubt(diagnosis)


def _blame(named: Sequence[Branch], *, conclusive: bool) -> str:
    first = named[0].cause
    if len(named) == 1:
        verdict = f"{adverb(first.verdict)} {_named(named[0])}"
        is_sure = conclusive or first.root >= _EVEN  # what stands close to it explains none of the symptoms
        return f"{verdict}{_consequences(named[0])}" if is_sure else f"{verdict}, but the evidence is thin"
    choice = listed([_named(branch) for branch in named], "or", at_most=_MAX_NAMED)
    if len(named) > _MAX_NAMED:
        return f"no single cause stands out: {choice}"
    return f"{_NUMBERS[len(named)]} causes are about equally likely: {choice}"


def _named(branch: Branch) -> str:
    return f"{lowered(branch.cause.title)} ({percent(branch.cause.probability)})"


def _consequences(branch: Branch) -> str:
    titles = [lowered(b.cause.title) for b in branch.consequences if is_at_work(b.cause)]
    return f"; as a result {listed(titles)}" if titles else ""


def vitals(snapshot: Snapshot) -> list[str]:
    """Return the vital signs that were seen: `p95 38 ms`, `no errors`, `CPU 21%`."""
    said = []
    for row in _VITALS:
        for signal, phrase in row:
            reading = snapshot.readings.get(signal)
            if reading is not None and reading.value is not None:
                value = (
                    "no"
                    if not reading.value and "errors" in phrase
                    else format_value(reading.value, reading.unit)
                )
                said.append(phrase.format(value))
                break
    return said


def _doubt(diagnosis: Diagnosis) -> str:
    if not diagnosis.snapshot.readings:
        return "nothing could be seen: no source yielded a single reading"
    unseen = list(dict.fromkeys(_PLAIN_NAMES.get(signal, signal) for signal in diagnosis.unseen))
    if not unseen:
        return "nothing wrong was seen, but too little was visible to call it healthy"
    return f"nothing wrong was seen, but {listed(unseen, at_most=_MAX_NAMED)} could not be seen"
