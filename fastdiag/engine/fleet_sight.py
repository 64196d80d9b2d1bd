"""What makes the members of a fleet hard to compare: what only some see, and in what they should agree."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from fastdiag.model.fleet import Difference, Member, PartlySeen
from fastdiag.model.signal import Missing, Reason
from fastdiag.model.snapshot import Snapshot, SourceStatus

_NOT_THERE: Final = "not there"
_FAILURES: Final = {SourceStatus.FAILED.value, SourceStatus.PARTIAL.value}
LEAST_APART_S: Final = 60.0
"""Who goes through hosts one by one takes this long; a longer window blurs more."""
CLOCK: Final = "time of the snapshot"


def partly_seen(members: Sequence[Member]) -> tuple[PartlySeen, ...]:
    """Return signals that some members saw and others did not, by who did not.

    What most members see comes before what only a few do, and the most signals first.
    """
    snapshots = {member.name: member.diagnosis.snapshot for member in members}
    seen = sorted({signal for snapshot in snapshots.values() for signal in snapshot.readings})
    groups: dict[tuple[str, ...], list[str]] = {}
    for signal in seen:
        lacking = tuple(name for name, snapshot in snapshots.items() if signal not in snapshot.readings)
        if lacking:
            groups.setdefault(lacking, []).append(signal)
    found = [
        PartlySeen(
            signals=tuple(signals),
            seen_by=tuple(name for name in snapshots if name not in names),
            unseen_by=names,
            why=_why(signals, [snapshots[name] for name in names]),
        )
        for names, signals in groups.items()
    ]
    return tuple(sorted(found, key=_telling))


def _telling(partly: PartlySeen) -> tuple[bool, int, tuple[str, ...]]:
    return (len(partly.unseen_by) > len(partly.seen_by), -len(partly.signals), partly.unseen_by)


def _why(signals: Sequence[str], snapshots: Sequence[Snapshot]) -> str:
    """Return the reason that is told most often; what a snapshot says nothing about was not looked for."""
    unsaid = Missing(Reason.NOT_CONFIGURED, "not in the snapshot")
    told = Counter(str(snapshot.missing.get(signal, unsaid)) for snapshot in snapshots for signal in signals)
    return min(told, key=lambda why: (-told[why], why))


def sources(members: Sequence[Member]) -> tuple[Difference, ...]:
    """Return the sources that failed for some and not for others; one that had nothing to do is no news."""
    names = dict.fromkeys(state.name for member in members for state in member.diagnosis.snapshot.sources)
    found = (_difference(name, members, _fared(name)) for name in names)
    return tuple(one for one in found if one and _FAILURES & one.values.keys())


def _fared(source: str) -> Callable[[Snapshot], str]:
    def status(snapshot: Snapshot) -> str:
        return next((state.status.value for state in snapshot.sources if state.name == source), _NOT_THERE)

    return status


def differences(members: Sequence[Member]) -> tuple[Difference, ...]:
    """Return in what the members disagree although they should not: then they are hard to compare."""
    facts: list[tuple[str, Callable[[Snapshot], str]]] = [
        ("service", lambda snapshot: snapshot.service),
        ("version of fastdiag", lambda snapshot: snapshot.fastdiag),
        ("window", lambda snapshot: f"{snapshot.window_s:g} s"),
    ]
    names = {name for member in members for name in member.diagnosis.snapshot.parameters}
    facts += [(f"${name}", _parameter(name)) for name in sorted(names)]
    found = [_difference(what, members, value) for what, value in facts]
    return tuple(one for one in (*found, _clocks(members)) if one)


def _parameter(name: str) -> Callable[[Snapshot], str]:
    return lambda snapshot: snapshot.parameters.get(name, _NOT_THERE)


def _difference(what: str, members: Sequence[Member], value: Callable[[Snapshot], str]) -> Difference | None:
    """Return who has which value, the most common first; None where all agree."""
    values: dict[str, list[str]] = {}
    for member in members:
        values.setdefault(value(member.diagnosis.snapshot), []).append(member.name)
    if len(values) < 2:  # noqa: PLR2004 - one value is no difference
        return None
    ordered = sorted(values.items(), key=lambda item: (-len(item[1]), item[0]))
    return Difference(what=what, values={value: tuple(names) for value, names in ordered})


def _clocks(members: Sequence[Member]) -> Difference | None:
    """Return who was looked at, by their own clock, at another time than most: later, or the clock is off."""
    moments = dict(_moments(members))
    if len(moments) < 2:  # noqa: PLR2004 - there is nothing to compare
        return None
    middle = statistics.median(moments.values())
    most_s = max(LEAST_APART_S, *(member.diagnosis.snapshot.window_s for member in members))
    off = {name: at - middle for name, at in moments.items() if abs(at - middle) > most_s}
    if not off:
        return None
    usual = {name: 0.0 for name in moments if name not in off}
    values: dict[str, list[str]] = {}
    for name, seconds in {**usual, **off}.items():
        values.setdefault(_apart(seconds), []).append(name)
    return Difference(what=CLOCK, values={said: tuple(names) for said, names in values.items()})


def _moments(members: Sequence[Member]) -> Iterator[tuple[str, float]]:
    for member in members:
        try:
            yield member.name, datetime.fromisoformat(member.diagnosis.snapshot.taken_at).timestamp()
        except ValueError:
            continue  # written by hand


def _apart(seconds: float) -> str:
    if not seconds:
        return "as most"
    minutes = round(abs(seconds) / 60)
    return f"{minutes} min {'later' if seconds > 0 else 'earlier'}"
