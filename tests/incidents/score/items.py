"""What each item of live evidence changes: the score with it, and without."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from tests.incidents.score.calibration import brier
from tests.incidents.score.counts import Share, faulty, healthy, share, single_faults
from tests.incidents.score.judged import Judged
from tests.incidents.score.replays import Replay
from tests.incidents.views import View

ITEM_VIEWS: Final = (View.ALL, View.NO_PROMETHEUS)
"""Where each item is weighed: beside everything else, and where there is no Prometheus at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is counted of a set of answers."""

    first: Share
    podium: Share
    sure: Share
    false_alarms: Share
    brier: float

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> Self:
        """Count."""
        return cls(
            first=share(faulty(judged), lambda one: one.is_first),
            podium=share(faulty(judged), lambda one: one.is_on_podium),
            sure=share(single_faults(judged), lambda one: one.is_sure),
            false_alarms=share(healthy(judged), lambda one: one.is_false_alarm),
            brier=brier(judged) or 0.0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """Every case with an item and without it, under one view.

    shown  in how many cases the item yielded a reading
    """

    replay: Replay
    shown: Share
    complete: Sequence[Judged]
    without: Sequence[Judged]

    @property
    def lost(self) -> tuple[str, ...]:
        """Cases whose answer is worse without the item."""
        return self._changed(better=False)

    @property
    def gained(self) -> tuple[str, ...]:
        """Cases whose answer is better without it."""
        return self._changed(better=True)

    def _changed(self, *, better: bool) -> tuple[str, ...]:
        pairs = zip(self.complete, self.without, strict=True)
        return tuple(
            one.case.name
            for one, other in pairs
            if (rightness(one) < rightness(other) if better else rightness(one) > rightness(other))
        )


def rightness(one: Judged) -> tuple[bool, bool, bool, bool]:
    """Return how right an answer is, so that answers to one case can be compared: what weighs most, first.

    Nothing untrue is called very likely and nobody alarmed without reason; what was injected stands first;
    all of it stands among the first three; the first is called very likely.
    """
    unharmful = not (one.falsely_sure or one.is_false_alarm)
    return unharmful, one.is_first, one.is_on_podium, one.is_sure


def beside(live: Sequence[Judged], fewer: Sequence[Judged]) -> list[Judged]:
    """Return the answers to every live case with fewer sources: the same, where these had told nothing."""
    answers = {one.case.name: one for one in fewer}
    return [answers.get(one.case.name, one) for one in live]


def ablation(replay: Replay, complete: Sequence[Judged], without: Sequence[Judged]) -> Ablation:
    """Put the answers without an item beside those with it: the same, where it had told nothing."""
    return Ablation(
        replay=replay,
        shown=Share(len(without), len(complete)),
        complete=complete,
        without=beside(complete, without),
    )
