"""When a look begins and what becomes of it, with real threads that the test lets go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from fastdiag.errors import FastdiagError
from fastdiag.watch.inbox import Inbox
from fastdiag.watch.looker import Progress, Taken
from fastdiag.watch.meter import Meter
from fastdiag.watch.session import Plan, Session
from tests.render.diagnoses import HEALTHY

GOOD = Taken(diagnosis=HEALTHY)
LIMIT_S = 10.0


@dataclass
class Gate:
    """A look that ends when the test says so, as the test says."""

    outcomes: list[Taken | Exception]
    ends: threading.Event = field(default_factory=threading.Event)
    begun: int = 0

    def __call__(self, progress: Progress) -> Taken:
        self.begun += 1
        outcome = self.outcomes[min(self.begun, len(self.outcomes)) - 1]
        progress("collecting: probe")
        assert self.ends.wait(LIMIT_S)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@dataclass
class Stage:
    session: Session
    gate: Gate
    inbox: Inbox

    def look(self) -> None:
        """Begin a look, and take in its end."""
        self.gate.ends.set()
        self.session.look_if_due()
        self.until(lambda: not self.session.watched.is_looking)

    def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self.inbox.wait(LIMIT_S)
            self.inbox.signals()
            for event in self.inbox.events():
                self.session.receive(event)


@contextmanager
def stage(*outcomes: Taken | Exception, looks: int | None = None) -> Iterator[Stage]:
    gate, inbox = Gate(list(outcomes)), Inbox()
    plan = Plan(take=gate, every_s=0.0, limit=1.0, looks=looks)
    try:
        yield Stage(Session(plan, inbox.post, Meter(1.0, cpu=lambda: 0.0)), gate, inbox)
    finally:
        gate.ends.set()


def test_there_is_at_most_one_look_at_a_time() -> None:
    with stage(GOOD) as on:
        on.session.look_if_due()
        on.until(lambda: on.session.watched.progress == "collecting: probe")
        assert on.session.look_if_due() is None
        assert on.gate.begun == 1
        on.look()
        assert len(on.session.watched.looks) == 1


def test_a_pause_lets_a_look_end_and_begins_none() -> None:
    with stage(GOOD) as on:
        on.look()
        on.session.watched = replace(on.session.watched, is_paused=True)
        assert on.session.look_if_due() is None
        assert on.gate.begun == 1


def test_a_look_that_the_process_slept_through_is_left_out() -> None:
    with stage(GOOD) as on:
        on.session.look_if_due()
        on.session.disown()
        on.look()
        assert on.session.watched.looks == ()
        assert on.session.watched.message == "the look that was under way is left out"
        on.look()
        assert len(on.session.watched.looks) == 1


def test_what_does_not_exist_ends_the_watch_at_once_and_later_is_a_gap() -> None:
    gone = FastdiagError("no such process")
    with stage(gone) as on, pytest.raises(FastdiagError, match="no such process"):
        on.look()
    with stage(GOOD, gone, GOOD) as on:
        told = []
        for _ in range(3):
            on.look()
            told.append(on.session.watched.trouble)
        assert told == [None, "no such process", None]
        assert [look.status is None for look in on.session.watched.looks] == [False, True, False]


def test_a_defect_does_not_end_the_watch() -> None:
    with stage(ZeroDivisionError("odd"), GOOD) as on:
        on.look()
        assert on.session.watched.trouble == "internal error: ZeroDivisionError: odd"
        on.look()
        assert on.session.watched.diagnosis is HEALTHY


def test_it_is_over_after_as_many_looks_as_were_wanted() -> None:
    with stage(GOOD, looks=2) as on:
        over = []
        for _ in range(2):
            on.look()
            over.append(on.session.is_over)
        assert over == [False, True]
        assert on.session.look_if_due() is None
