"""What to look at next: the command that tells most per second, of what the service may have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from fastdiag.engine.infer import Inference, Outlook
from fastdiag.engine.look import Look
from fastdiag.engine.signs import Sign, asked_by, sign_of, was_skipped
from fastdiag.model.diagnosis import NextCheck
from fastdiag.model.signal import Missing, Reason
from fastdiag.model.snapshot import SourceStatus

WORTHWHILE_BITS: Final = 0.05
"""A command that is expected to tell less is not worth an engineer's minute."""


def next_checks(
    outlooks: Iterable[Outlook], inference: Inference, *, only_unasked: bool = False
) -> tuple[NextCheck, ...]:
    """Return one check per command: what is in sight first, among equals the best gain per second.

    A command answers everything that is unknown for want of it, so that it counts with what its signals tell
    together; it is named after the most telling one. A signal that nobody can obtain (no library exposes it)
    yields no check, however much it would tell. What the service may or may not have is asked on a condition;
    what it visibly has not, not at all.

    ``only_unasked``: where nothing seems to be wrong, only what nobody asked can change that: one check of
    each source that is in sight and was skipped.
    """
    look = inference.look
    proposed = [
        found
        for together in _by_command(outlooks, look).values()
        if (check := _check(together, inference)) is not None
        and (found := _proposed(check, look)) is not None
    ]
    ordered = sorted(proposed, key=_order)
    if not only_unasked:
        return tuple(check for _, check in ordered)
    return _one_of_each_source([check for sign, check in ordered if sign is Sign.SEEN], look)


def _by_command(outlooks: Iterable[Outlook], look: Look) -> dict[str, list[Outlook]]:
    """Return what each command would tell."""
    found: dict[str, list[Outlook]] = {}
    for outlook in outlooks:
        signal = look.rulebook.catalogue.signals[outlook.question.operand.signal]
        if signal.obtain is not None and _is_obtainable(signal.id, signal.obtain.run, look):
            found.setdefault(signal.obtain.run, []).append(outlook)
    return found


def _check(together: Sequence[Outlook], inference: Inference) -> NextCheck | None:
    """Return the check that a command makes; None where it is not worth its while."""
    if sum(outlook.gain_bits for outlook in together) < WORTHWHILE_BITS:
        return None  # answers overlap: together they tell no more than their sum
    best = max(together, key=lambda outlook: (outlook.gain_bits, outlook.question.operand.signal))
    signal = inference.look.rulebook.catalogue.signals[best.question.operand.signal]
    gain_bits = inference.joint_gain(together)
    if signal.obtain is None or gain_bits < WORTHWHILE_BITS:
        return None
    return NextCheck(
        signal=signal.id,
        title=signal.title,
        run=signal.obtain.run,
        gain_bits=gain_bits,
        cost_s=signal.obtain.cost_s,
    )


def _one_of_each_source(checks: Iterable[NextCheck], look: Look) -> tuple[NextCheck, ...]:
    """Return the first check of each source that was skipped."""
    found: dict[str, NextCheck] = {}
    for check in checks:
        source = _unasked(check, look)
        if source is not None:
            found.setdefault(source, check)
    return tuple(found.values())


def _unasked(check: NextCheck, look: Look) -> str | None:
    """Return the source that a check asks, if it was skipped; None where one that could tell was asked."""
    skipped = {state.name for state in look.snapshot.sources if state.status is SourceStatus.SKIPPED}
    thing = asked_by(check.run)
    able = (thing.source,) if thing else look.rulebook.catalogue.signals[check.signal].collectors
    return able[0] if able and skipped.issuperset(able) else None


def _is_obtainable(signal: str, command: str, look: Look) -> bool:
    """Whether a check may yet bring what is missing.

    A source that answered and does not offer a signal will not offer it at the next try. Another one, which
    nobody has asked yet of what is in sight, may.
    """
    reading = look.reading(signal)
    if not isinstance(reading, Missing) or reading.reason is not Reason.ABSENT:
        return True
    thing = asked_by(command)
    return thing is not None and was_skipped(thing, look) and sign_of(thing, look) is Sign.SEEN


def _proposed(check: NextCheck, look: Look) -> tuple[Sign, NextCheck] | None:
    """Return a check worded as the signs allow, and these; None for one of what is not there."""
    thing = asked_by(check.run)
    if thing is None or (sign := sign_of(thing, look)) is Sign.SEEN:
        return Sign.SEEN, check
    if sign is Sign.NONE and not thing.may_hide:
        return None
    return sign, replace(check, title=f"{check.title}, if the service has {thing.words}")


def _order(proposed: tuple[Sign, NextCheck]) -> tuple[Sign, float, str]:
    sign, check = proposed
    return sign, -check.gain_bits / check.cost_s, check.signal
