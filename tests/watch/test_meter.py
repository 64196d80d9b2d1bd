"""What watching may cost: arithmetic, with clocks that the test moves."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.model.snapshot import SourceState, SourceStatus
from fastdiag.watch.meter import Meter


@dataclass
class Clocks:
    wall: float = 100.0
    cpu: float = 3.0

    def meter(self, limit: float = 0.1) -> Meter:
        return Meter(limit, cpu=lambda: self.cpu, clock=lambda: self.wall)

    def pass_by(self, wall: float, cpu: float) -> None:
        self.wall += wall
        self.cpu += cpu


def test_the_first_look_waits_for_nothing() -> None:
    assert Clocks().meter().wait_s(10.0) == 0


def test_a_cheap_look_is_followed_by_the_next_in_time() -> None:
    clocks = Clocks()
    meter = clocks.meter()
    meter.begin()
    clocks.pass_by(5.0, 0.4)
    assert meter.wait_s(10.0) == pytest.approx(5.0)


def test_a_dear_look_puts_the_next_one_off() -> None:
    clocks = Clocks()
    meter = clocks.meter()
    meter.begin()
    clocks.pass_by(5.0, 2.0)
    assert meter.wait_s(10.0) == pytest.approx(15.0)


def test_a_look_that_takes_longer_than_the_period_is_followed_at_once() -> None:
    clocks = Clocks()
    meter = clocks.meter()
    meter.begin()
    clocks.pass_by(12.0, 0.1)
    assert meter.wait_s(10.0) == 0


def test_the_cost_of_a_look_by_what_it_sent() -> None:
    clocks = Clocks()
    meter = clocks.meter()
    meter.begin()
    clocks.pass_by(5.0, 0.4)
    sent = {"postgres": 9, "pgbouncer": 3, "prometheus": 20, "probe": 11, "stacks": 20}
    cost = meter.cost(
        SourceState(name=name, status=SourceStatus.OK, requests=number) for name, number in sent.items()
    )
    assert (cost.statements, cost.requests, cost.dumps) == (12, 31, 20)
    assert cost.seconds == pytest.approx(5.0)
    assert cost.cpu_s == pytest.approx(0.4)
    assert cost.share is None
    clocks.pass_by(5.0, 0.0)
    meter.begin()
    assert meter.cost().share == pytest.approx(0.04)


@given(st.lists(st.tuples(st.floats(0.1, 60), st.floats(0, 60)), min_size=1, max_size=20))
def test_no_interval_ever_costs_more_than_the_limit(looks: list[tuple[float, float]]) -> None:
    clocks = Clocks()
    meter = clocks.meter(0.2)
    for wall, cpu in looks:
        meter.begin()
        clocks.pass_by(wall, cpu)
        clocks.pass_by(meter.wait_s(1.0), 0.0)
    meter.begin()
    share = meter.cost().share
    assert share is not None
    assert share <= 0.2 + 1e-9
