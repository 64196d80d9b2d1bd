"""What the report rests on: sources and their health, what may mislead, what was not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.signal import Missing
from fastdiag.model.snapshot import SourceState, SourceStatus
from fastdiag.render import doubts
from fastdiag.render.html.parts import Note
from fastdiag.render.sight import biases, cost, unseen, unseen_in_short
from fastdiag.render.sources.words import SKIPPED_WHY
from fastdiag.render.words import count, duration

_ORDER: Final = (SourceStatus.FAILED, SourceStatus.PARTIAL, SourceStatus.OK, SourceStatus.SKIPPED)
"""Who can be helped stands first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """How a source fared."""

    name: str
    status: str
    numbers: str
    target: str
    error: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Signals that were not seen for the same kind of reason."""

    title: str
    signals: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The whole section."""

    sources: tuple[SourceRow, ...]
    in_short: str
    doubts: tuple[Note, ...]
    biases: tuple[Note, ...]
    unseen: tuple[Group, ...]
    unseen_in_short: str
    unknown_symptoms: tuple[str, ...]
    cost: str


def seen(diagnosis: Diagnosis) -> Seen:
    """Return the section, with everything that the verbose screen tells."""
    snapshot = diagnosis.snapshot
    told = doubts.told(diagnosis, verbose=True).doubts
    groups = unseen(snapshot)
    own = f"fastdiag {snapshot.fastdiag}".strip()
    return Seen(
        sources=tuple(map(_source, sorted(snapshot.sources, key=lambda one: _ORDER.index(one.status)))),
        in_short=_in_short(snapshot.sources),
        doubts=tuple(Note(label=one.says, text=doubts.rest(one, diagnosis)) for one in told),
        biases=tuple(Note(label="", text=why, signals=names) for why, names in biases(snapshot, told=told)),
        unseen=tuple(_group(group.why, group.signals) for group in groups),
        unseen_in_short=unseen_in_short(groups) if groups else "",
        unknown_symptoms=diagnosis.unknown_symptoms,
        cost=f"{own} took {cost(snapshot)}, and changed nothing" if snapshot.sources else "",
    )


def _in_short(sources: tuple[SourceState, ...]) -> str:
    """Return `6 ok, 1 partial, 2 failed, 3 skipped`."""
    if not sources:
        return "none: the values were given by hand"
    numbers = {status: sum(source.status is status for source in sources) for status in SourceStatus}
    return ", ".join(f"{number} {status}" for status, number in numbers.items() if number)


def _source(state: SourceState) -> SourceRow:
    is_skipped = state.status is SourceStatus.SKIPPED
    numbers = (
        f"{count(state.readings, 'reading')}, {count(state.requests, 'request')}, {duration(state.seconds)}"
    )
    return SourceRow(
        name=state.name,
        status=state.status.value,
        numbers="" if is_skipped else numbers,
        target=state.target or "",
        error=state.error or (SKIPPED_WHY if is_skipped else ""),
        hint=state.hint or "",
    )


def _group(why: str, missing: tuple[tuple[str, Missing], ...]) -> Group:
    return Group(title=f"{count(len(missing), 'signal')} {why}", signals=tuple(_notes(missing)))


def _notes(missing: tuple[tuple[str, Missing], ...]) -> Iterator[Note]:
    """Yield each reason once, with the signals that it concerns."""
    concerned: dict[str, list[str]] = {}
    for signal, why in missing:
        concerned.setdefault(why.detail, []).append(signal)
    for detail, signals in concerned.items():
        yield Note(label="", text=detail, signals=tuple(signals))
