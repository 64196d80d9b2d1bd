"""What remains right when sources are taken away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastdiag.model.rule import Rulebook
from tests.incidents.score.cases import Case
from tests.incidents.score.counts import Share, faulty, healthy, share
from tests.incidents.score.judged import Judged, applies, judge
from tests.incidents.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The figures of one view.

    strong_podium  the true causes are among the first three, where what is left carries a strong row of each
    weak_modest    elsewhere: the removed source is asked for, and nothing stands above possible
    """

    view: View
    judged: Sequence[Judged]

    @property
    def first(self) -> Share:
        """An injected cause stands first."""
        return share(faulty(self.judged), lambda one: one.is_first)

    @property
    def podium(self) -> Share:
        """Every injected cause is among the first three."""
        return share(faulty(self.judged), lambda one: one.is_on_podium)

    @property
    def falsely_sure(self) -> Share:
        """Something is called very likely that is not so."""
        return share(self.judged, lambda one: bool(one.falsely_sure))

    @property
    def false_alarms(self) -> Share:
        """A healthy service is given a warning or worse."""
        return share(healthy(self.judged), lambda one: one.is_false_alarm)

    @property
    def strong_podium(self) -> Share:
        """As ``podium``, where a strong row of every injected cause is left."""
        return share(filter(_has_strong, faulty(self.judged)), lambda one: one.is_on_podium)

    @property
    def weak_modest(self) -> Share:
        """Elsewhere: whether fastdiag knows that it does not know."""
        weak = [one for one in faulty(self.judged) if not _has_strong(one)]
        return share(weak, lambda one: one.asks_for_the_removed and one.is_modest)


def _has_strong(one: Judged) -> bool:
    return one.strong.issuperset(one.case.truth.roots)


def removed(view: View, cases: Iterable[Case], rulebook: Rulebook) -> Removed:
    """Judge under one view the cases for which it makes a difference."""
    return Removed(view=view, judged=[judge(case, view, rulebook) for case in cases if applies(view, case)])
