"""Background work in the process of a web worker that must not get lost, and tasks that nobody holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastdiag.audit.background_work import Begun, begun
from fastdiag.audit.certainty import weakest
from fastdiag.audit.criticality import Duty, Weighed, weigh, weigh_named, weigh_outside
from fastdiag.audit.ground import Ground
from fastdiag.audit.labour import labours
from fastdiag.audit.task_keeping import Keeping
from fastdiag.model.audit import Confidence, Finding, Step

CRITICAL: Final = "critical-background-task"
UNREFERENCED: Final = "unreferenced-task"
LONG: Final = "long-background-task"
IDS: Final = (CRITICAL, UNREFERENCED, LONG)

_UNHELD: Final = frozenset({Keeping.DISCARDED, Keeping.WATCHED})
_DOES: Final = {
    Duty.PAYMENT: "handles a payment",
    Duty.WEBHOOK: "delivers or handles a webhook",
    Duty.EMAIL: "sends e-mail",
}


def check(ground: Ground) -> Iterator[Finding]:
    """Yield what is wrong with the background work that the project begins, place by place."""
    for one in begun(ground.project):
        weighed = _weighed(ground, one) if _is_in_process(ground, one) else None
        if weighed:
            yield _critical(ground, one, weighed)
        elif one.keeping in _UNHELD:
            yield _unreferenced(ground, one)
        if _is_in_process(ground, one):
            yield from _long(ground, one)


def _is_in_process(ground: Ground, one: Begun) -> bool:
    """Tell whether a request begins the work and leaves it behind."""
    return one.keeping is not Keeping.OWNED and ground.reach.on_request_path(one.within)


def _weighed(ground: Ground, one: Begun) -> Weighed | None:
    if one.target:
        return weigh(ground.project, one.target)
    return (weigh_outside(one.path) if one.path else None) or weigh_named(one.names)


def _critical(ground: Ground, one: Begun, weighed: Weighed) -> Finding:
    lost = "ends with the worker, is not retried, and nobody sees it fail"
    held = ", and nothing holds the task" if one.keeping in _UNHELD else ""
    return Finding(
        check=CRITICAL,
        place=one.call.place,
        message=f"{one.text} {_DOES[weighed.duty]} ({weighed.because}) in {one.means}{held}: it {lost}",
        confidence=_confidence(ground, one, weighed.confidence),
        severity=weighed.severity,
        chain=(*_chain(ground, one), *_onwards(weighed)),
        kind=weighed.duty,
    )


def _unreferenced(ground: Ground, one: Begun) -> Finding:
    errors = "" if one.keeping is Keeping.WATCHED else ", and its errors are lost"
    return Finding(
        check=UNREFERENCED,
        place=one.call.place,
        message=f"nothing holds the task of {one.text}: it may be collected before its end{errors}",
        confidence=Confidence.CERTAIN,
        severity=ground.checks[UNREFERENCED].severity,
        chain=_chain(ground, one),
    )


def _long(ground: Ground, one: Begun) -> Iterator[Finding]:
    """Yield one finding for retries and long work inside the task: the first that tells it."""
    labour = next(labours(ground.project, one.target), None) if one.target else None
    if labour is None:
        return
    yield Finding(
        check=LONG,
        place=one.call.place,
        message=f"{one.text} {labour.text} ({labour.place}) in {one.means}: it takes a web worker's time,"
        " and a restart ends it half done",
        confidence=_confidence(ground, one, Confidence.LIKELY),
        severity=ground.checks[LONG].severity,
        chain=(*_chain(ground, one), Step(text=labour.text, place=labour.place, function=labour.function)),
        kind=labour.kind,
    )


def _confidence(ground: Ground, one: Begun, own: Confidence) -> Confidence:
    """Return how sure it is that a request begins the work, and that the work is what it is taken for."""
    target = Confidence.CERTAIN if one.sure else Confidence.POSSIBLE
    return weakest(own, target, ground.reach.confidence(one.within))


def _chain(ground: Ground, one: Begun) -> tuple[Step, ...]:
    function = one.target.qualname if one.target else ""
    begins = Step(text=f"{one.means}: {one.text}", place=one.call.place, function=function)
    return (*ground.reach.chain_to(one.within), begins)


def _onwards(weighed: Weighed) -> tuple[Step, ...]:
    effect = weighed.effect
    if effect is None:
        return ()
    return (Step(text=effect.path, place=effect.call.place),)
