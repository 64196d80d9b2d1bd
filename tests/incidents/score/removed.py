"""What remains right when sources are taken away."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.incidents.score.counts import Share, faulty, healthy, share
from tests.incidents.score.judged import Judged
from tests.incidents.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The figures of one view.

    strong_podium  the true causes are among the first three, where what is left carries a strong row of each
    weak_modest    elsewhere: the removed source is asked for, and nothing stands above possible
    carried        the cases in which a strong row of each is true with all sources
    """

    view: View
    judged: Sequence[Judged]
    carried: frozenset[str]

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
        return share((one for one in faulty(self.judged) if one.has_strong), lambda one: one.is_on_podium)

    @property
    def weak_modest(self) -> Share:
        """Elsewhere: whether fastdiag knows that it does not know, and says nothing above possible at all."""
        return share(self._weak(), lambda one: one.asks_for_the_removed and one.is_modest)

    @property
    def taken_asked(self) -> Share:
        """Where the removed source had carried the strong rows: whether it is asked for."""
        taken = [one for one in self._weak() if one.case.name in self.carried]
        return share(taken, lambda one: one.asks_for_the_removed)

    @property
    def weak_not_misled(self) -> Share:
        """Where no strong row is left: whether nothing untrue stands above possible."""
        return share(self._weak(), lambda one: one.is_not_misled)

    def _weak(self) -> list[Judged]:
        return [one for one in faulty(self.judged) if not one.has_strong]
