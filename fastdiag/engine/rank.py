"""Causes in the order of belief, with their verdicts and consequences."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Self

from fastdiag.engine import belief as model
from fastdiag.engine.infer import Inference, Outlook
from fastdiag.engine.ledger import ledger
from fastdiag.model.diagnosis import Assessment, RankedCause, Verdict
from fastdiag.model.rule import Cause, Kind

VERY_LIKELY: Final = 0.85
LIKELY: Final = 0.6
POSSIBLE: Final = 0.15
VERY_LIKELY_LOW_END: Final = 0.5

Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Standings:
    """The beliefs of a snapshot with their ranges.

    ranges  over everything unknown: what is shown
    lowest  of the causes that are very likely as it stands: their lowest probability over what somebody
            could still obtain. A pool size that no library publishes keeps the range wide for ever; it must
            not keep "very likely" out of reach for ever.
    """

    inference: Inference
    ranges: Ranges
    lowest: Mapping[str, float]

    @classmethod
    def of(cls, inference: Inference, outlooks: Collection[Outlook]) -> Self:
        """Return what the causes come to."""
        likely = [
            cause.id
            for cause in inference.causes.values()
            if inference.belief.probability(cause.id) >= VERY_LIKELY and driver(cause, inference) is None
        ]
        lowest = inference.lowest(likely, inference.obtainable(outlooks)) if likely else {}
        return cls(inference, inference.ranges(outlooks), lowest)


def rank(standings: Standings, holding: Mapping[str, bool | None]) -> tuple[RankedCause, ...]:
    """Return the causes that are at least possible, with all that is said of them."""
    found = listed(standings)
    names = {cause.id for cause in found}
    return tuple(
        _ranked(position, cause, standings, holding, names) for position, cause in enumerate(found, 1)
    )


def listed(standings: Standings) -> list[Cause]:
    """Return the causes that are at least possible: failures before visibility, by root probability."""
    inference = standings.inference
    found = [cause for cause in inference.causes.values() if verdict(cause, standings) >= Verdict.POSSIBLE]
    return sorted(found, key=lambda cause: _order(cause, inference))


def _order(cause: Cause, inference: Inference) -> tuple[bool, float, float, str]:
    belief = inference.belief
    return (
        cause.kind is Kind.VISIBILITY,
        -belief.root_probability(cause.id),
        -belief.probability(cause.id),
        cause.id,
    )


def others(standings: Standings, shown: Collection[str]) -> tuple[Assessment, ...]:
    """Return the causes that are not shown, the likeliest first, and what excluded those ruled out."""
    inference = standings.inference
    rest = [
        Assessment(
            id=cause.id,
            title=cause.title,
            probability=inference.belief.probability(cause.id),
            root=inference.belief.root_probability(cause.id),
            verdict=verdict(cause, standings),
            because=ruled_out_by(cause, inference),
        )
        for cause in inference.causes.values()
        if cause.id not in shown
    ]
    return tuple(sorted(rest, key=lambda item: (-item.root, item.id)))


def verdict(cause: Cause, standings: Standings) -> Verdict:
    """Return in words how likely a cause is at work; whether as a root decides its place, not the word.

    By its root probability, a full database would be the less likely, the likelier a leak has filled it. What
    is neither possible as a root nor the consequence of one is not told of.
    """
    inference = standings.inference
    if ruled_out_by(cause, inference):
        return Verdict.RULED_OUT
    root = driver(cause, inference)
    if root is not None and not _is_seen(cause, inference):
        return Verdict.UNLIKELY
    if root is not None:  # no surer than that of which it follows
        own = _word(inference.belief.probability(cause.id), certain=True)
        return min(own, max(Verdict.POSSIBLE, verdict(inference.causes[root], standings)))
    if inference.belief.root_probability(cause.id) < POSSIBLE:
        return Verdict.UNLIKELY
    low = standings.lowest.get(cause.id, 0.0)
    return _word(inference.belief.probability(cause.id), certain=low >= VERY_LIKELY_LOW_END)


def _is_seen(cause: Cause, inference: Inference) -> bool:
    """Whether any evidence for a cause holds: that its root is at work does not yet make it a consequence."""
    return any(inference.truths[row.when.key].holds for row in cause.supports)


def _word(probability: float, *, certain: bool) -> Verdict:
    if probability >= VERY_LIKELY and certain:
        return Verdict.VERY_LIKELY
    if probability >= LIKELY:
        return Verdict.LIKELY
    return Verdict.POSSIBLE if probability >= POSSIBLE else Verdict.UNLIKELY


def ruled_out_by(cause: Cause, inference: Inference) -> str | None:
    """Return why a cause is impossible, or None when it is not."""
    for row in cause.contradicts:
        if model.rules_out(row, inference.truths[row.when.key]):
            return row.because
    return None


def driver(cause: Cause, inference: Inference) -> str | None:
    """Return the cause of which this one is more likely a consequence than a root of its own."""
    belief = inference.belief
    together = {name: belief.together.get(frozenset((cause.id, name)), 0.0) for name in cause.driven_by}
    best = max(together, key=lambda name: (together[name], name), default=None)
    return best if best is not None and together[best] > belief.root[cause.id] else None


def _ranked(
    position: int, cause: Cause, standings: Standings, holding: Mapping[str, bool | None], listed: set[str]
) -> RankedCause:
    inference = standings.inference
    rows = ledger(cause, inference)
    root = driver(cause, inference)
    low, high = standings.ranges[cause.id]
    return RankedCause(
        rank=position,
        id=cause.id,
        kind=cause.kind,
        title=cause.title,
        why=cause.why,
        probability=inference.belief.probability(cause.id),
        root=inference.belief.root_probability(cause.id),
        low=low,
        high=high,
        verdict=verdict(cause, standings),
        explains=tuple(symptom for symptom in cause.explains if holding.get(symptom)),
        driven_by=root if root in listed else None,
        supports=rows.supports,
        contradicts=rows.contradicts,
        unknown=rows.unknown,
        check=cause.check,
        fix=cause.fix,
        references=cause.references,
        unproven=cause.unproven,
    )
