"""Whether probabilities mean what they say: Brier score, and stated against observed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Final

from fastdiag.model.diagnosis import Verdict
from tests.incidents.score.counts import Share
from tests.incidents.score.judged import Judged

EDGES: Final = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
"""Bins of stated probability: narrow where the verdicts change, which people act on."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Statements with a probability of ``low`` to ``high``: how sure they were, how often they were right."""

    low: float
    high: float
    stated: float
    true: Share


def statements(judged: Iterable[Judged]) -> Iterator[tuple[float, bool]]:
    """Yield for each case and each failure of the table the stated probability, and whether it is true.

    Consequences are left out: how far one is at work by itself is not established by what was injected.
    """
    for one in judged:
        for cause, chance in one.beliefs.items():
            if cause not in one.case.truth.consequences or cause in one.case.truth.roots:
                yield chance, cause in one.case.truth.roots


def brier(judged: Iterable[Judged]) -> float | None:
    """Return the mean squared error of all statements: 0 is perfect; None without any."""
    errors = [(chance - is_true) ** 2 for chance, is_true in statements(judged)]
    return fmean(errors) if errors else None


def brier_of_base_rate(judged: Iterable[Judged]) -> float | None:
    """Return the Brier score of always stating how often a cause is true on average: what to beat."""
    outcomes = [is_true for _, is_true in statements(judged)]
    return fmean(outcomes) * (1 - fmean(outcomes)) if outcomes else None


def bins(judged: Iterable[Judged]) -> list[Bin]:
    """Return the calibration table; bins without a statement are left out."""
    said = list(statements(judged))
    table = []
    for low, high in pairwise(EDGES):
        inside = [pair for pair in said if low <= pair[0] < high or pair[0] == high == 1.0]
        if inside:
            right = Share(sum(is_true for _, is_true in inside), len(inside))
            table.append(Bin(low, high, fmean(chance for chance, _ in inside), right))
    return table


def by_verdict(judged: Iterable[Judged]) -> dict[Verdict, Share]:
    """Return for each verdict that was given how often the cause is true, consequences counted as true."""
    said: dict[Verdict, list[bool]] = {}
    for one in judged:
        for cause in one.failures:
            said.setdefault(cause.verdict, []).append(cause.id in one.case.truth.accepted)
    return {verdict: Share(sum(said[verdict]), len(said[verdict])) for verdict in sorted(said, reverse=True)}
