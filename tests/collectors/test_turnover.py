"""What the ages of a master and its workers tell: deaths, one by one, and reloads, all at once."""

import time

import pytest

from fastdiag.collectors.processes import turnover
from fastdiag.collectors.processes.usage import Usage
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.model.signal import Reason
from fastdiag.model.target import Local
from tests.metrics.catalogue import shipped

MASTER = 2**22 + 1  # beyond the largest process id of Linux: nobody has these
WORKERS = (2**22 + 2, 2**22 + 3)
WINDOW_S = 60.0


class Aged(Usage):
    """Processes of given ages, the master's first."""

    def __init__(self, *ages_s: float) -> None:
        self._given = dict(zip((MASTER, *WORKERS), ages_s, strict=False))
        self.local = Local(kind="gunicorn", app=None, master=MASTER, workers=tuple(self._given)[1:], ports=())
        super().__init__(Proc(), self.local)

    @property
    def workers(self) -> tuple[int, ...]:
        return self.local.workers

    def ages(self) -> dict[int, float]:
        return self._given


def told(usage: Aged) -> float | Reason | None:
    sink = Sink("processes", shipped(), time.monotonic() + 1)
    turnover.report(sink, Proc(), usage.local, usage, WINDOW_S)
    readings, missing = sink.close()
    unknown = missing.get("workers.restarts")
    return unknown.reason if unknown else readings["workers.restarts"].value


@pytest.mark.parametrize(
    ("ages_s", "expected"),
    [
        ((600.0, 590.0, 589.0), 0),
        ((600.0, 590.0, 12.0), 1),  # one died
        ((600.0, 40.0, 12.0), 2),  # both died, at different times
        ((600.0, 12.1, 12.0), Reason.ABSENT),  # a reload, or both died at once: ages cannot tell
        ((600.0, 12.0), 1),
        ((14.0, 12.1, 12.0), 0),  # the first workers of a young master
    ],
    ids=str,
)
def test_workers_replaced_one_by_one_have_died_and_all_at_once_may_be_a_reload(
    ages_s: tuple[float, ...], expected: float | Reason
) -> None:
    assert told(Aged(*ages_s)) == expected


class Gone(Aged):
    """The only worker has ended while it was watched, and no other has come yet."""

    @property
    def workers(self) -> tuple[int, ...]:
        return ()

    def ages(self) -> dict[int, float]:
        return {MASTER: self._given[MASTER]}

    def ended_ages(self) -> dict[int, float]:
        return {WORKERS[0]: self._given[WORKERS[0]]}


@pytest.mark.parametrize(
    ("ages_s", "expected"),
    [((600.0, 12.0), 1), ((600.0, 590.0), Reason.ABSENT)],
    ids=["it had replaced another", "it may have been the first"],
)
def test_that_nobody_lives_does_not_mean_that_nobody_was_replaced(
    ages_s: tuple[float, ...], expected: float | Reason
) -> None:
    assert told(Gone(*ages_s)) == expected
