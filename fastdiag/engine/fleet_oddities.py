"""By which signals hosts stand out from hosts, and workers from all workers of the fleet.

Of hundreds of signals some differ by chance. So a signal counts only where the rule table quotes it, and what
crosses a threshold of the table is told before what does not.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from fastdiag.engine.evaluate import COMPARE
from fastdiag.engine.formulas import ADDITIVE
from fastdiag.engine.look import Look
from fastdiag.engine.outliers import apart
from fastdiag.model.diagnosis import Status
from fastdiag.model.fleet import Level, Member, Oddity, Outlier
from fastdiag.model.quantity import Quantity
from fastdiag.model.rule import Comparison, Operand, Parameter, Rulebook, comparisons
from fastdiag.model.signal import Labels, Missing, Reading, Signal

PROCESS: Final = frozenset({"worker", "instance", "exported_instance"})
"""Labels by which collectors tell the processes of a service apart."""
PID: Final = "pid"
"""Beside one of these it tells workers apart; alone it is that of a session in the database."""
ACCEPT_QUEUE: Final = ("worker", "accept queue")
"""Under this name stands what no worker has taken yet."""

_Who = tuple[str, Labels]
"""A member, and the labels of its process."""


def oddities(members: Sequence[Member], rulebook: Rulebook) -> tuple[Oddity, ...]:
    """Return what stands out: what a rule judges otherwise first, then what is furthest out.

    Of these comes first what befalls members that are well as a whole: nothing else tells of it.
    """
    looks = {member.name: Look(member.diagnosis.snapshot, rulebook) for member in members}
    quoted = _quoted(rulebook)
    found = [
        oddity
        for signal in rulebook.catalogue.signals.values()
        if signal.id in quoted
        for oddity in _of_signal(signal, looks, quoted[signal.id])
    ]
    well = {member.name for member in members if member.diagnosis.status is Status.OK}
    return tuple(sorted(found, key=lambda one: (*_telling(one, well), -one.score, one.signal, one.level)))


def _telling(oddity: Oddity, well: Collection[str]) -> tuple[bool, bool]:
    is_news = any(outlier.member in well for outlier in oddity.outliers)
    return (not oddity.crossed, not is_news)


def _quoted(rulebook: Rulebook) -> dict[str, list[Comparison]]:
    """Return the comparisons of the table by the signal that stands on their left."""
    conditions = [symptom.when for symptom in rulebook.symptoms if symptom.when is not None]
    conditions += [row.when for cause in rulebook.causes for row in (*cause.supports, *cause.contradicts)]
    unique = {one.key: one for when in conditions for one in comparisons(when)}
    found: dict[str, list[Comparison]] = {}
    for one in unique.values():
        found.setdefault(one.left.signal, []).append(one)
    return found


def _of_signal(signal: Signal, looks: Mapping[str, Look], quoted: Sequence[Comparison]) -> Iterator[Oddity]:
    readings = {
        name: reading
        for name, look in looks.items()
        if not isinstance(reading := look.reading(signal.id), Missing)
    }
    some = next(iter(looks.values()))
    levels: tuple[tuple[Level, dict[_Who, float]], ...] = (
        (Level.HOST, dict(_of_hosts(readings))),
        (Level.WORKER, dict(_of_workers(readings))),
    )
    for level, values in levels:
        for out in apart(values, signal.unit):
            outliers = tuple(Outlier(member=key[0], labels=key[1], value=values[key]) for key in out.keys)
            yield Oddity(
                signal=signal.id,
                title=signal.title,
                unit=signal.unit,
                level=level,
                compared=len(values),
                median=out.median,
                outliers=outliers,
                score=out.score,
                crossed=tuple(_crossed(quoted, out.median, outliers, some)),
            )


def _of_hosts(readings: Mapping[str, Reading]) -> Iterator[tuple[_Who, float]]:
    for name, reading in readings.items():
        if reading.value is not None and math.isfinite(reading.value):
            yield (name, ()), reading.value


def _of_workers(readings: Mapping[str, Reading]) -> Iterator[tuple[_Who, float]]:
    """Yield what is told of each process: the sum of its parts where they make a whole."""
    for name, reading in readings.items():
        parts: dict[Labels, list[float]] = {}
        for part in reading.by:
            own = tuple(pair for pair in part.labels if pair[0] in PROCESS or pair[0] == PID)
            is_process = PROCESS & {name for name, _ in own} and ACCEPT_QUEUE not in own
            if is_process and math.isfinite(part.value):
                parts.setdefault(own, []).append(part.value)
        for labels, values in parts.items():
            if len(values) == 1 or reading.unit in ADDITIVE:
                yield (name, labels), math.fsum(values)


def _crossed(
    quoted: Sequence[Comparison], median: float, outliers: Sequence[Outlier], look: Look
) -> Iterator[str]:
    """Yield the comparisons that hold for all who stand out, and not for the median."""
    for one in quoted:
        if one.left.function is None and not isinstance(one.right, Operand):
            limit, holds = _limit(one.right, look), COMPARE[one.operator]
            if not holds(median, limit) and all(holds(outlier.value, limit) for outlier in outliers):
                yield str(one)


def _limit(right: Quantity | Parameter, look: Look) -> float:
    return right.value if isinstance(right, Quantity) else look.parameter(right.name).value
