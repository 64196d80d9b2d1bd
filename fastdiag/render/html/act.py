"""What to do now: the fix where the cause is known, else what tells causes apart or shows more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, RankedCause, Status
from fastdiag.model.headroom import Headroom
from fastdiag.model.rule import Kind
from fastdiag.model.snapshot import Snapshot, SourceStatus
from fastdiag.render.headroom import words as headroom_words
from fastdiag.render.html.parts import Command, lines, looks, nameless
from fastdiag.render.outline import Branch, contenders, open_checks
from fastdiag.render.words import filled, lowered

MAX_LOOKS: Final = 2
MAX_HINTS: Final = 3
_EVEN: Final = 0.5
"""From this probability on a cause that stands alone is told without a doubt, as the headline does."""
_ONE: Final = 1.1
"""Probabilities that sum up to more than this are those of causes that do not exclude each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing to do, to look for or to leave; ``is_warning`` for the last."""

    label: str
    text: str
    command: Command = ()
    is_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody who has just been woken up does next."""

    title: str
    deeds: tuple[Deed, ...]


def act(diagnosis: Diagnosis, headroom: Headroom | None) -> Act:
    """Return it; the fix comes first only where the cause is sure enough."""
    snapshot, named = diagnosis.snapshot, contenders(diagnosis)
    if snapshot.sources and not snapshot.readings:
        return Act(title="See something first", deeds=tuple(_hints(snapshot)))
    if len(named) == 1:
        return _mend(named[0].cause, diagnosis)
    if sum(branch.cause.probability for branch in named) > _ONE:
        return Act(
            title=f"Check each: {'both' if len(named) == MAX_LOOKS else 'several'} may be at work",
            deeds=tuple(_each(named, snapshot)),
        )
    if named:
        return Act(title="Find out which one it is", deeds=tuple(_telling_apart(named, diagnosis)))
    if diagnosis.status is Status.OK:
        return Act(title="Nothing to do now", deeds=tuple(_calm(headroom)))
    return Act(title="See more first", deeds=tuple(_looking(diagnosis)))


def _mend(cause: RankedCause, diagnosis: Diagnosis) -> Act:
    parameters = diagnosis.snapshot.parameters
    is_sure = diagnosis.conclusive or cause.root >= _EVEN
    checks = list(_checks(cause, diagnosis.snapshot))
    if cause.fix is None:
        return Act(title="Make sure", deeds=(*checks, *_checks_open(diagnosis)))
    mend = Deed(label="fix" if is_sure else "if so", text=filled(cause.fix.now, parameters))
    avoid = Deed(label="avoid", text=filled(cause.fix.avoid, parameters), is_warning=True)
    if is_sure:
        return Act(title="Do now", deeds=(mend, *checks, avoid))
    return Act(title="Make sure first", deeds=(*checks, mend, avoid))


def _checks(cause: RankedCause, snapshot: Snapshot) -> Iterator[Deed]:
    for check in cause.check[:1]:
        text = f"look for: {filled(check.look_for, snapshot.parameters)}"
        yield Deed(label="check", text=text, command=lines(check.run, snapshot))


def _telling_apart(named: Sequence[Branch], diagnosis: Diagnosis) -> Iterator[Deed]:
    yield from list(_checks_open(diagnosis)) or _each(named, diagnosis.snapshot)


def _each(named: Sequence[Branch], snapshot: Snapshot) -> Iterator[Deed]:
    for branch in named[:MAX_LOOKS]:
        for deed in _checks(branch.cause, snapshot):
            yield replace(deed, text=f"{branch.cause.title}? {deed.text}")


def _checks_open(diagnosis: Diagnosis) -> Iterator[Deed]:
    for look in looks(open_checks(diagnosis), diagnosis.snapshot)[:MAX_LOOKS]:
        yield Deed(label="run", text=look.said, command=look.command)


def _calm(headroom: Headroom | None) -> Iterator[Deed]:
    if headroom is not None:
        yield Deed(label="headroom", text=nameless(headroom_words.headline(headroom), headroom.snapshot))


def _looking(diagnosis: Diagnosis) -> Iterator[Deed]:
    """Yield what lifts the blind spots that stand in the way, then what else would tell."""
    for cause in diagnosis.causes:
        if cause.kind is Kind.VISIBILITY and cause.explains and cause.fix:
            now = filled(cause.fix.now, diagnosis.snapshot.parameters)
            yield Deed(label="blind spot", text=f"{lowered(cause.title)}. {now}")
    yield from _checks_open(diagnosis)
    if diagnosis.symptoms:
        command = (f"fastdiag explain {diagnosis.symptoms[0].id}",)
        yield Deed(label="suspects", text="what an expert suspects first, and why", command=command)


def _hints(snapshot: Snapshot) -> Iterator[Deed]:
    """Yield what each source takes to answer, failed ones first."""
    bad = [one for one in snapshot.sources if one.status in (SourceStatus.FAILED, SourceStatus.PARTIAL)]
    for source in (bad or list(snapshot.sources))[:MAX_HINTS]:
        text = "; ".join(filter(None, (source.error, source.hint)))
        yield Deed(label=source.name, text=text or "it yielded nothing")
