"""Is there news since people were told last: a change of status, or a first cause that is new.

Pure: what people were told is not kept anywhere but follows from the runs, which are gone through again from
the oldest on. Three things keep a pager quiet without hiding anything:

- a single run that saw too little is no news; the second one in a row is;
- a status that comes and goes (3 changes in 5 runs) is told once as such, and then only when it gets worse
  than anything told, or has been the same for 3 runs;
- a cause is told once until the service is told to be well again, however often the first place changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, Status, Verdict
from fastdiag.model.history import CauseSeen, Occasion, Run
from fastdiag.model.notify import News
from fastdiag.model.rule import Kind

MEMORY_RUNS: Final = 200
"""How far back is looked; two days of a run every 15 minutes."""
RESTLESS_CHANGES: Final = 3
RESTLESS_RUNS: Final = 5
"""So many changes of status in so many runs: nobody repairs, breaks and repairs a service that fast."""
CALM_RUNS: Final = 3
_SEVERITY: Final = {Status.OK: 0, Status.INCONCLUSIVE: 1, Status.WARNING: 2, Status.CRITICAL: 3}
_UNHEARD: Final = frozenset({Occasion.WATCH})
"""Runs of which nobody is told: somebody sits before them."""


@dataclass(frozen=True, slots=True)
class _State:
    """A run as far as news goes: ``cause`` and its title are those of the first one that is likely."""

    status: Status
    cause: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What people know: the last status, the causes named since all was well, the worst while restless."""

    status: Status
    causes: frozenset[str] = frozenset()
    is_restless: bool = False
    worst: Status = Status.OK


def news(past: Sequence[Run], now: Diagnosis, host: str | None = None) -> News:
    """Return what is new in ``now``; ``past`` are the runs before it, the newest first.

    With ``host`` only its own runs count, for another host may see another part of the service; where it has
    none (a new machine, a pod that is called otherwise every time) those of all.
    """
    heard = [run for run in past if run.occasion not in _UNHEARD]
    own = [run for run in heard if run.host == host] or heard
    states = [*map(_of_run, reversed(own[:MEMORY_RUNS])), _of_diagnosis(now)]
    told, said = _first(states[0], is_present=len(states) == 1)
    for end in range(2, len(states) + 1):
        told, said = _step(told, states[max(0, end - RESTLESS_RUNS) : end])
    return News(said=said, otherwise="" if said else _otherwise(told, states[-1]))


def _of_run(run: Run) -> _State:
    return _state(run.status, run.causes)


def _of_diagnosis(diagnosis: Diagnosis) -> _State:
    causes = [
        CauseSeen(
            id=cause.id,
            title=cause.title,
            kind=cause.kind,
            rank=cause.rank,
            probability=cause.probability,
            root=cause.root,
            verdict=cause.verdict,
        )
        for cause in diagnosis.causes
    ]
    return _state(diagnosis.status, causes)


def _state(status: Status, causes: Sequence[CauseSeen]) -> _State:
    """Return the state; what is only possible is no answer yet, and its place in the list is chance."""
    failures = [cause for cause in causes if cause.kind is Kind.FAILURE and cause.verdict >= Verdict.LIKELY]
    first = min(failures, key=lambda cause: cause.rank, default=None)
    return _State(status, first.id, first.title) if first else _State(status)


def _first(state: _State, *, is_present: bool) -> tuple[_Told, tuple[str, ...]]:
    """Take the oldest run as known; where there is no older one, what is wrong is news."""
    told = _Told(status=state.status, causes=_named(state), worst=state.status)
    is_wrong = state.status in {Status.WARNING, Status.CRITICAL}
    if not (is_present and is_wrong):
        return told, ()
    cause = (f"its first cause: {state.title}",) if state.cause else ()
    return told, (f"nothing is known of the time before; the status is {state.status}", *cause)


def _step(told: _Told, states: Sequence[_State]) -> tuple[_Told, tuple[str, ...]]:
    """Return what people know after the last of these states, and what they are told of it."""
    state = states[-1]
    if state.status is Status.INCONCLUSIVE and states[-2].status is not Status.INCONCLUSIVE:
        return told, ()
    after, of_status = (_restless if told.is_restless else _steady)(told, states)
    if of_status and after.status is Status.OK:  # they were told that all is well
        after = replace(after, causes=frozenset())
    is_new = state.cause is not None and state.cause not in after.causes
    of_cause = (f"a new first cause: {state.title}",) if is_new else ()
    return replace(after, causes=after.causes | _named(state)), (*of_status, *of_cause)


def _steady(told: _Told, states: Sequence[_State]) -> tuple[_Told, tuple[str, ...]]:
    status = states[-1].status
    if status is told.status:
        return told, ()
    said = f"the status was {told.status} and is {status}"
    changes = sum(1 for one, other in pairwise(states) if one.status is not other.status)
    if changes < RESTLESS_CHANGES:
        return replace(told, status=status), (said,)
    worst = max((told.status, *(state.status for state in states)), key=_SEVERITY.__getitem__)
    restless = (
        f"it comes and goes, {changes} times in {len(states)} runs: you are told again when it is worse than"
        f" {worst}, or the same for {CALM_RUNS} runs"
    )
    return replace(told, status=status, is_restless=True, worst=worst), (said, restless)


def _restless(told: _Told, states: Sequence[_State]) -> tuple[_Told, tuple[str, ...]]:
    status = states[-1].status
    if len({state.status for state in states[-CALM_RUNS:]}) == 1:
        said = f"the status has settled: {status} for {CALM_RUNS} runs"
        return replace(told, status=status, is_restless=False), (said,)
    if _SEVERITY[status] > _SEVERITY[told.worst]:
        return replace(told, status=status, worst=status), (f"it still comes and goes, and is {status} now",)
    return told, ()


def _named(state: _State) -> frozenset[str]:
    return frozenset({state.cause}) if state.cause else frozenset()


def _otherwise(told: _Told, state: _State) -> str:
    if told.is_restless:
        return f"{state.status} now, and it comes and goes, as was told"
    if state.status is not told.status:
        return f"{state.status} for the first time, which may pass"
    return f"still {state.status}"
