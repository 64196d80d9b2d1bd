"""What to look at next: the missing signal that tells most per second, of what the service may have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from fastdiag.engine.infer import Outlook
from fastdiag.engine.look import Look
from fastdiag.engine.signs import Sign, asked_by, sign_of, was_skipped
from fastdiag.model.diagnosis import NextCheck
from fastdiag.model.signal import Missing, Reason

WORTHWHILE_BITS: Final = 0.05
"""A check that is expected to tell less is not worth an engineer's minute."""


def next_checks(outlooks: Iterable[Outlook], look: Look) -> tuple[NextCheck, ...]:
    """Return one check per command: what is in sight first, among equals the best gain per second.

    A signal that nobody can obtain (no library exposes it) yields no check, however much it would tell. What
    the service may or may not have is asked on a condition; what it visibly has not, not at all.
    """
    best: dict[str, NextCheck] = {}
    for outlook in outlooks:
        signal = look.rulebook.catalogue.signals[outlook.question.operand.signal]
        if signal.obtain is None or outlook.gain_bits < WORTHWHILE_BITS:
            continue
        if not _is_obtainable(signal.id, signal.obtain.run, look):
            continue
        check = NextCheck(
            signal=signal.id,
            title=signal.title,
            run=signal.obtain.run,
            gain_bits=outlook.gain_bits,
            cost_s=signal.obtain.cost_s,
        )
        rival = best.get(check.run)
        if rival is None or rival.gain_bits < check.gain_bits:
            best[check.run] = check
    proposed = [found for check in best.values() if (found := _proposed(check, look))]
    return tuple(check for _, check in sorted(proposed, key=_order))


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
