"""What changed between two diagnoses of a service, and which findings moved its causes.

The rule table says what is a change and what is noise: a signal counts where it crosses a threshold that some
rule quotes; a cause where its verdict is another, or its probability by more than two runs differ by chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.engine.diagnose import weigh
from fastdiag.engine.evaluate import compare
from fastdiag.engine.infer import Inference
from fastdiag.engine.ledger import weights
from fastdiag.engine.trend import trend
from fastdiag.model.changes import (
    CauseChange,
    Changes,
    Driver,
    Move,
    SignalChange,
    SourceChange,
    Standing,
    SymptomChange,
)
from fastdiag.model.diagnosis import Diagnosis, Verdict
from fastdiag.model.rule import Cause, Comparison, Evidence, Kind, Rulebook, comparisons, signals_of
from fastdiag.model.signal import Missing, Reading
from fastdiag.model.snapshot import Snapshot

LEAST_SHIFT: Final = 0.1
"""Of a probability: what a cause moves when a value wanders about its threshold."""
LEAST_PUSH: Final = 0.1
"""Of log odds: a finding that moves a cause by less than a tenth does not explain where it went."""
LEAST_FACTOR: Final = 1.25
"""A value that crosses no threshold is told when it has grown or shrunk by a quarter."""


@dataclass(frozen=True, slots=True)
class _Side:
    """A snapshot as the engine sees it."""

    diagnosis: Diagnosis
    inference: Inference
    standings: Mapping[str, Standing]

    @property
    def snapshot(self) -> Snapshot:
        return self.diagnosis.snapshot

    def reading(self, signal: str) -> Reading | None:
        found = self.inference.look.reading(signal)
        return None if isinstance(found, Missing) or found.value is None else found

    def value(self, signal: str) -> float | None:
        found = self.reading(signal)
        return found.value if found else None


def changes(before: Diagnosis, after: Diagnosis, rulebook: Rulebook) -> Changes:
    """Compare two diagnoses that were made by the same table. Pure and deterministic."""
    first, second = _side(before, rulebook), _side(after, rulebook)
    signals = tuple(_signals(first, second, rulebook))
    seen_before, seen_after = _seen(first, rulebook), _seen(second, rulebook)
    return Changes(
        before=before,
        after=after,
        trend=trend(before, after),
        causes=_causes(first, second, rulebook),
        symptoms=tuple(_symptoms(before, after)),
        signals=tuple(sorted(signals, key=_telling)),
        only_before=tuple(sorted(seen_before - seen_after)),
        only_after=tuple(sorted(seen_after - seen_before)),
        sources=tuple(_sources(first.snapshot, second.snapshot)),
        notes=tuple(_notes(first.snapshot, second.snapshot)),
    )


def _side(diagnosis: Diagnosis, rulebook: Rulebook) -> _Side:
    _, inference = weigh(diagnosis.snapshot, rulebook)
    listed = {
        cause.id: Standing(
            probability=cause.probability,
            root=cause.root,
            verdict=cause.verdict,
            driven_by=cause.driven_by,
        )
        for cause in diagnosis.causes
    }
    rest = {
        other.id: Standing(probability=other.probability, root=other.root, verdict=other.verdict)
        for other in diagnosis.others
    }
    return _Side(diagnosis, inference, {**rest, **listed})


def _causes(first: _Side, second: _Side, rulebook: Rulebook) -> tuple[CauseChange, ...]:
    """Return the causes that moved: failures before blind spots, those that matter more now before others."""
    moved = [cause for cause in rulebook.causes if _has_moved(cause.id, first, second)]
    found = [
        CauseChange(
            id=cause.id,
            title=cause.title,
            kind=cause.kind,
            before=first.standings[cause.id],
            after=second.standings[cause.id],
            drivers=_drivers(cause, first, second),
        )
        for cause in moved
    ]
    return tuple(sorted(found, key=_order))


def _has_moved(cause: str, first: _Side, second: _Side) -> bool:
    before, after = first.standings[cause], second.standings[cause]
    if max(before.verdict, after.verdict) < Verdict.POSSIBLE:
        return False  # which of the unlikely ones is the less likely is no news
    return before.verdict is not after.verdict or abs(after.probability - before.probability) >= LEAST_SHIFT


def _order(change: CauseChange) -> tuple[bool, float, float, str]:
    shift = change.after.probability - change.before.probability
    return (change.kind is Kind.VISIBILITY, -abs(change.after.root - change.before.root), -shift, change.id)


def _drivers(cause: Cause, first: _Side, second: _Side) -> tuple[Driver, ...]:
    """Return the rows whose say has changed: those that push the way the cause went, the strongest first."""
    before, after = weights(cause, first.inference), weights(cause, second.inference)
    rows = [
        _driver(row, (before.get(row.where, 0.0), after.get(row.where, 0.0)), first, second)
        for row in (*cause.supports, *cause.contradicts)
    ]
    telling = [driver for driver in rows if abs(driver.push) >= LEAST_PUSH]
    way = second.standings[cause.id].probability - first.standings[cause.id].probability
    return tuple(sorted(telling, key=lambda driver: (driver.push * way < 0, -abs(driver.push), driver.when)))


def _driver(row: Evidence, log_odds: tuple[float, float], first: _Side, second: _Side) -> Driver:
    return Driver(
        because=row.because,
        when=row.when.text,
        was=first.inference.truths[row.when.key].holds,
        is_=second.inference.truths[row.when.key].holds,
        log_odds=log_odds,
        signals={signal: (first.value(signal), second.value(signal)) for signal in signals_of(row.when)},
    )


def _symptoms(before: Diagnosis, after: Diagnosis) -> Iterable[SymptomChange]:
    was = {symptom.id for symptom in before.symptoms}
    is_ = {symptom.id for symptom in after.symptoms}
    titles = {symptom.id: symptom.title for symptom in (*before.symptoms, *after.symptoms)}
    moves = ((Move.APPEARED, is_ - was), (Move.VANISHED, was - is_), (Move.STAYED, was & is_))
    for move, names in moves:
        for name in (name for name in titles if name in names):
            yield SymptomChange(id=name, title=titles[name], move=move)


def _signals(first: _Side, second: _Side, rulebook: Rulebook) -> Iterable[SignalChange]:
    crossings = _crossings(first, second, rulebook)
    for signal in rulebook.catalogue.signals.values():
        before, after = first.reading(signal.id), second.reading(signal.id)
        if before is None or after is None or before.value is None or after.value is None:
            continue
        # One that stands where it stood has crossed nothing: what it is held against has moved, and is told.
        crossed = crossings.get(signal.id, []) if before.value != after.value else []
        if crossed or _factor(before.value, after.value) >= LEAST_FACTOR:
            yield SignalChange(
                id=signal.id,
                title=signal.title,
                unit=signal.unit,
                before=before.value,
                after=after.value,
                came_true=tuple(str(one) for one, holds in crossed if holds),
                ceased=tuple(str(one) for one, holds in crossed if not holds),
                doubt=after.bias or before.bias,
            )


def _crossings(
    first: _Side, second: _Side, rulebook: Rulebook
) -> Mapping[str, list[tuple[Comparison, bool]]]:
    """Return by signal the comparisons that hold in one snapshot and do not in the other."""
    found: dict[str, list[tuple[Comparison, bool]]] = {}
    for comparison in _quoted(rulebook):
        was = compare(comparison, first.inference.look).holds
        is_ = compare(comparison, second.inference.look).holds
        if was is not None and is_ is not None and was is not is_:
            found.setdefault(comparison.left.signal, []).append((comparison, is_))
    return found


def _quoted(rulebook: Rulebook) -> Iterable[Comparison]:
    """Yield every comparison of the table once."""
    conditions = [symptom.when for symptom in rulebook.symptoms if symptom.when is not None]
    conditions += [row.when for cause in rulebook.causes for row in (*cause.supports, *cause.contradicts)]
    return {one.key: one for when in conditions for one in comparisons(when)}.values()


def _telling(change: SignalChange) -> tuple[bool, bool, float, str]:
    """Sort by whether a rule judges it otherwise, then by how far it went; what is in doubt comes last."""
    return (
        not change.crossed,
        change.doubt is not None,
        -_factor(change.before, change.after),
        change.id,
    )


def _factor(before: float, after: float) -> float:
    """Return how many times larger the larger one is; infinite from or to zero, or over it."""
    small, large = sorted((before, after))
    if small == large:
        return 1.0
    return large / small if small > 0 else math.inf


def _seen(side: _Side, rulebook: Rulebook) -> set[str]:
    return {signal for signal in rulebook.catalogue.signals if side.reading(signal) is not None}


def _sources(before: Snapshot, after: Snapshot) -> Iterable[SourceChange]:
    was = {source.name: source.status for source in before.sources}
    is_ = {source.name: source.status for source in after.sources}
    for name in dict.fromkeys((*was, *is_)):
        if was.get(name) is not is_.get(name):
            yield SourceChange(name=name, before=was.get(name), after=is_.get(name))


def _notes(before: Snapshot, after: Snapshot) -> Iterable[str]:
    """Say what makes two snapshots hard to compare."""
    if before.service != after.service:
        yield f"these are two services: {before.service} and {after.service}"
    if before.taken_at and after.taken_at and before.taken_at > after.taken_at:
        yield "the first snapshot is the later one: BEFORE comes first"
    if before.window_s != after.window_s:
        yield f"they look at windows of different length: {before.window_s:g} s and {after.window_s:g} s"
    for name in sorted(before.parameters.keys() & after.parameters.keys()):
        if before.parameters[name] != after.parameters[name]:
            yield f"{name} was {before.parameters[name]}, and is {after.parameters[name]}"
