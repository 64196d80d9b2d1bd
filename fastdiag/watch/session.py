"""When to look, and what becomes of it: the same for the screen and for the lines of a log."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from fastdiag.errors import FastdiagError
from fastdiag.model.watching import Watched
from fastdiag.watch import state
from fastdiag.watch.looker import Ended, Event, Looker, Progressed, Take, Taken, said
from fastdiag.watch.meter import Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do.

    take        looks once
    every_s     from the start of one look to the start of the next, where the cost allows that
    limit       of one core that watching may use, from look to look
    looks       how many, and then the watch ends; None goes on until somebody ends it
    records_to  what people are told of where the flight recorder keeps its snapshots
    """

    take: Take
    every_s: float
    limit: float
    looks: int | None = None
    records_to: str | None = None


class Session:
    """The state of a watch, and the one look that may be under way."""

    def __init__(
        self,
        plan: Plan,
        post: Callable[[Event], None],
        meter: Meter | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._plan = plan
        self._meter = meter or Meter(plan.limit)
        self._looker = Looker(plan.take, post)
        self._now = now
        self._done = 0
        self._told = 0
        self._disowned = 0
        self.watched = Watched(every_s=plan.every_s, cost=self._meter.cost(), records_to=plan.records_to)

    @property
    def is_over(self) -> bool:
        """Whether all looks that were wanted are done."""
        return self._plan.looks is not None and self._done >= self._plan.looks

    def look_if_due(self) -> float | None:
        """Begin a look if it is time. Return in how many seconds it is; None where only an event tells."""
        if self._looker.is_busy or self.watched.is_paused or self.is_over:
            return None
        wait_s = self._meter.wait_s(self._plan.every_s)
        if wait_s > 0:
            at = self._now() + wait_s
            self.watched = replace(self.watched, next_at=at)
            return wait_s
        self._meter.begin()
        try:
            self._looker.start()
        except RuntimeError as error:  # the limit on processes of this user or control group is reached
            self._conclude(FastdiagError(f"no thread for a look: {error}", hint="raise the pids limit"))
            return self._plan.every_s
        self.watched = state.began(self.watched)
        return None

    def receive(self, event: Event) -> bool:
        """Take in an event; return whether it ended a look.

        Raises:
            FastdiagError: the very first look could not be taken: what was asked for does not exist.

        """
        match event:
            case Progressed(text):
                self.watched = replace(self.watched, progress=text)
                return False
            case Ended(number=number, outcome=outcome):
                self._looker.end()
                if number == self._disowned:
                    self.watched = state.disowned(self.watched)
                    return False
                self._conclude(outcome)
                return True

    def disown(self) -> None:
        """Leave out the look that is under way: the process was stopped while its sources were out."""
        if self._looker.is_busy:
            self._disowned = self._looker.number

    def _conclude(self, outcome: Taken | Exception) -> None:
        self._done += 1
        _tidy(is_first=self._done == 1)
        at = self._now()
        if isinstance(outcome, Taken):
            self._told += 1
            cost = self._meter.cost(outcome.diagnosis.snapshot.sources)
            self.watched = state.ended(self.watched, outcome, cost, at)
            return
        if isinstance(outcome, FastdiagError) and not self._told:
            raise outcome
        self.watched = state.failed(self.watched, said(outcome), self._meter.cost(), at)


def _tidy(*, is_first: bool) -> None:
    """Give back what a look leaves behind: by itself the interpreter collects garbage after several looks.

    What the first one has loaded stays, and is not gone through again: it would cost more than all the rest.
    """
    gc.collect()
    if is_first:
        gc.freeze()
