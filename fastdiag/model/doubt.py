"""A doubt: what is wrong with the measuring itself, which signals weigh less for it, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from fastdiag.model.signal import Bound, Reading, common_bound

JOINT: Final = "; "
"""Stands between the reasons for which one reading is distrusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something by which metrics mislead.

    id       the kind of fault: `worker-lottery`, `scrape-gaps`, ...
    says     what is wrong, in one phrase; it becomes the bias of the readings that it concerns
    signals  whose readings weigh less; empty where no value is wrong (a clock that is off)
    sources  from which sources those readings are
    mend     what to do about it
    bound    on which side of such a reading the true value lies all the same; None where that is open
    """

    id: str
    says: str
    signals: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    mend: str | None = None
    bound: Bound | None = None

    def concerns(self, reading: Reading) -> bool:
        """Whether a reading weighs less for it."""
        return reading.source in self.sources and reading.signal in self.signals


def united(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """Return each doubt once: what says the same of several signals or sources is one."""
    found: dict[tuple[str, str], Doubt] = {}
    for doubt in doubts:
        key = (doubt.id, doubt.says)
        same = found.get(key, doubt)
        found[key] = replace(
            doubt,
            signals=tuple(sorted({*same.signals, *doubt.signals})),
            sources=tuple(sorted({*same.sources, *doubt.sources})),
        )
    return tuple(found.values())


def weighed(reading: Reading, doubts: Iterable[Doubt]) -> Reading:
    """Return a reading with the doubts that concern it as its bias, each once."""
    told = reasons(reading)
    new = {doubt.says: doubt.bound for doubt in doubts if doubt.concerns(reading) and doubt.says not in told}
    if not new:
        return reading
    bounds = [*new.values(), *((reading.bound,) if reading.bias else ())]
    return replace(reading, bias=JOINT.join((*told, *new)), bound=common_bound(bounds))


def reasons(reading: Reading) -> tuple[str, ...]:
    """Return why a reading is distrusted, one by one."""
    return tuple(reading.bias.split(JOINT)) if reading.bias else ()
