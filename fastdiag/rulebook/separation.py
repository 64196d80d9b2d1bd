"""Causes that look alike: which pairs share evidence, and whether anything tells the two apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final

from fastdiag.model.rule import Cause, Evidence, Weight

TELLING: Final = frozenset({Weight.STRONG, Weight.DECISIVE})
"""Weaker evidence does not settle which of two causes it is."""


def inseparable_pairs(causes: Iterable[Cause]) -> Iterator[tuple[Cause, Cause]]:
    """Yield the pairs that share a finding and of which no strong finding speaks for only one.

    A finding tells two causes apart when it is strong evidence for or against one of them, and does not say
    the same of the other. Causes without a common finding cannot be confused for the same reason.
    """
    for one, other in combinations(causes, 2):
        if _findings(one.supports) & _findings(other.supports) and not _separated(one, other):
            yield one, other


def _findings(rows: Iterable[Evidence]) -> set[str]:
    return {row.when.key for row in rows}


def _separated(one: Cause, other: Cause) -> bool:
    """Whether a strong finding says something of one of the two that it does not say of the other."""
    return _telling(one) != _telling(other)


def _telling(cause: Cause) -> Mapping[str, bool]:
    """Return the strong findings of a cause: True for one that speaks for it, False for one against it."""
    against = {row.when.key: False for row in cause.contradicts if row.weight in TELLING}
    return against | {row.when.key: True for row in cause.supports if row.weight in TELLING}
