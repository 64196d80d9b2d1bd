"""What to look at next: the missing signal that tells most per second."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastdiag.engine.infer import Outlook
from fastdiag.model.diagnosis import NextCheck
from fastdiag.model.signal import Catalogue

WORTHWHILE_BITS: Final = 0.05
"""A check that is expected to tell less is not worth an engineer's minute."""


def next_checks(outlooks: Iterable[Outlook], catalogue: Catalogue) -> tuple[NextCheck, ...]:
    """Return one check per command, the best gain per second first.

    A signal that nobody can obtain (no library exposes it) yields no check, however much it would tell.
    """
    best: dict[str, NextCheck] = {}
    for outlook in outlooks:
        signal = catalogue.signals[outlook.question.operand.signal]
        if signal.obtain is None or outlook.gain_bits < WORTHWHILE_BITS:
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
    return tuple(sorted(best.values(), key=lambda check: (-check.gain_bits / check.cost_s, check.signal)))
