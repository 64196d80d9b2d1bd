"""How far away a limit is: measured, proportional, reached, or honestly not known."""

from __future__ import annotations

import math

import pytest

from fastdiag.engine.headroom import headroom
from fastdiag.model.headroom import Amount, Basis, Growth, Measure, Measured, ScalesWith, Standing
from fastdiag.model.quantity import Quantity
from fastdiag.model.rule import Comparison, Operand, Operator, Parameter
from fastdiag.model.signal import Missing
from tests.engine.headroom_tables import FULL, book, limit, reading, snapshot, standing, told

BUSY = reading("http.rps", 40)


def multiple(found: Standing) -> float:
    assert found.reach is not None, found.no_reach
    return found.reach.multiple


# --- with traffic -----------------------------------------------------------------------------


def test_without_history_use_is_taken_to_grow_in_proportion_and_that_is_said() -> None:
    found = standing(limit(), BUSY, reading("x.used", 20), reading("x.most", 60))
    assert multiple(found) == 3
    assert found.reach is not None
    assert found.reach.basis is Basis.PROPORTIONAL
    assert found.reach.assumption == "if use grows in proportion to traffic"
    assert found.utilization == pytest.approx(1 / 3)


def test_history_tells_which_part_of_the_use_grows() -> None:
    """A tenth is in use without any traffic, and another at 40 requests a second."""
    rps = reading("http.rps", 40, before=20)
    found = standing(limit("x.share", FULL), rps, reading("x.share", 0.2, before=0.15))
    assert multiple(found) == pytest.approx((1 - 0.1) / 0.1)
    assert found.reach is not None
    assert found.reach.basis is Basis.MEASURED
    assert found.reach.assumption == "as it grew so far: 15% at 20/s, 20% at 40/s"


def test_few_things_differ_by_chance_and_chance_promises_no_room() -> None:
    rps = reading("http.rps", 40, before=20)
    few = standing(limit(), rps, reading("x.used", 20, before=15), reading("x.most", 40))
    many = standing(limit(), rps, reading("x.used", 2000, before=1500), reading("x.most", 4000))
    assert multiple(few) == 2, "as in proportion: 5 more or fewer say nothing"
    assert multiple(many) == pytest.approx(1 + 1 / (2 * (2000 - 1500 + math.sqrt(3500)) / 2000))


def test_the_growth_of_the_whole_counts_for_the_fullest_part() -> None:
    rps = reading("http.rps", 40, before=20)
    used = reading("x.used", 4000, before=3800, parts={"a": 1000, "b": 3000})
    found = standing(limit(), rps, used, reading("x.most", 12_000, parts={"a": 6000, "b": 6000}))
    share = 2 * (4000 - 3800 + math.sqrt(7800)) / 4000
    assert multiple(found) == pytest.approx(1 + 1 / share)


def test_rates_that_hardly_differ_say_nothing_about_growth() -> None:
    rps = reading("http.rps", 40, before=34)
    found = standing(limit(), rps, reading("x.used", 20, before=4), reading("x.most", 40))
    assert multiple(found) == 2
    assert found.reach is not None
    assert found.reach.basis is Basis.PROPORTIONAL


def test_windows_of_different_sources_are_not_held_against_each_other() -> None:
    rps = reading("http.rps", 40, before=10, source="scrape")
    found = standing(limit(), rps, reading("x.used", 20, before=15), reading("x.most", 40))
    assert multiple(found) == 2


def test_without_an_earlier_window_the_extremes_of_this_one_do() -> None:
    rps = reading("http.rps", 40, window=(20, 40))
    used = reading("x.share", 0.2, window=(0.15, 0.2))
    assert multiple(standing(limit("x.share", FULL), rps, used)) == pytest.approx(9)


def test_what_grew_faster_than_traffic_is_not_taken_further_than_in_proportion() -> None:
    rps = reading("http.rps", 40, before=20)
    found = standing(limit(), rps, reading("x.used", 20, before=2), reading("x.most", 40))
    assert multiple(found) == 2


def test_what_did_not_grow_with_traffic_has_no_multiple() -> None:
    rps = reading("http.rps", 40, before=20)
    found = standing(limit(), rps, reading("x.used", 200, before=250), reading("x.most", 400))
    assert found.reach is None
    assert found.no_reach == "did not grow with traffic so far (250 at 20/s, 200 at 40/s)"


@pytest.mark.parametrize(("rps", "said"), [(0.2, "(0.2/s)"), (0, "(0/s)")])
def test_an_idle_service_is_not_scaled(rps: float, said: str) -> None:
    found = standing(limit(), reading("http.rps", rps), reading("x.used", 1), reading("x.most", 40))
    assert (found.reach, found.no_reach) == (None, f"too little traffic to scale from {said}")


def test_nothing_in_use_is_not_divided_by() -> None:
    found = standing(limit(), BUSY, reading("x.used", 0), reading("x.most", 40))
    assert (found.reach, found.no_reach, found.utilization) == (None, "nothing in use", 0)


def test_without_traffic_seen_only_what_is_clearly_in_use_is_scaled() -> None:
    much = standing(limit(), reading("x.used", 20), reading("x.most", 40))
    little = standing(limit(), reading("x.used", 2), reading("x.most", 40))
    assert multiple(much) == 2
    assert much.reach is not None
    assert much.reach.assumption.endswith("traffic was not seen")
    assert (little.reach, little.no_reach) == (None, "traffic was not seen, and little is in use")


def test_traffic_may_be_seen_at_the_proxy_alone() -> None:
    found = told(limit(), reading("proxy.rps", 12), reading("x.used", 20), reading("x.most", 40))
    assert isinstance(found.traffic, Amount)
    assert (found.traffic.signal, found.traffic.value) == ("proxy.rps", 12)


# --- reached, peaks, parts --------------------------------------------------------------------


def test_a_limit_that_is_reached_needs_no_traffic_to_say_so() -> None:
    found = standing(limit(scales_with=ScalesWith.NONE), reading("x.used", 44), reading("x.most", 40))
    assert multiple(found) == pytest.approx(40 / 44)
    assert found.reach is not None
    assert (found.reach.basis, found.reach.assumption) == (Basis.REACHED, "it is used up now")


def test_peaks_count_where_things_are_counted() -> None:
    used = reading("x.used", 10, window=(5, 40))
    found = standing(limit(), BUSY, used, reading("x.most", 40))
    assert found.reach is not None
    assert (found.reach.basis, found.reach.assumption) == (Basis.REACHED, "its peaks use it up now")
    assert (found.used.peak, found.utilization) == (40, 1)


def test_peaks_of_a_share_of_time_average_out() -> None:
    found = standing(limit("x.share", FULL), BUSY, reading("x.share", 0.25, window=(0, 1)))
    assert multiple(found) == 4
    assert (found.bound.signal, found.bound.source) == (None, "all of it")


def test_the_fullest_worker_decides() -> None:
    used = reading("x.used", 30, parts={"a": 10, "b": 20})
    most = reading("x.most", 60, parts={"a": 30, "b": 30})
    found = standing(limit(), BUSY, used, most)
    assert (found.used.value, found.bound.value, found.used.part) == (20, 30, (("worker", "b"),))
    assert multiple(found) == 1.5


def test_a_part_that_is_alone_is_the_whole() -> None:
    used = reading("x.used", 10, window=(5, 20), parts={"a": 10})
    found = standing(limit(), BUSY, used, reading("x.most", 60, parts={"a": 60}))
    assert (found.used.part, found.used.peak, multiple(found)) == ((), 20, 3)


def test_parts_without_a_bound_of_their_own_are_not_compared_with_the_whole() -> None:
    found = standing(limit(), BUSY, reading("x.used", 30, parts={"a": 10, "b": 20}), reading("x.most", 60))
    assert (found.used.value, found.bound.value) == (30, 60)


def test_a_parameter_may_be_the_bound() -> None:
    table = book(limit("x.used", Parameter("most")), most=Quantity(50, None, "50"))
    (found,) = headroom(snapshot(BUSY, reading("x.used", 25)), table).limits
    assert (multiple(found), found.bound.source) == (2, "$most")


def test_biases_of_both_numbers_are_kept() -> None:
    used = reading("x.used", 20, bias="one worker of 4")
    found = standing(limit(), BUSY, used, reading("x.most", 60, bias="a guess"))
    assert (found.used.bias, found.bound.bias) == ("one worker of 4", "a guess")


# --- connections and time ---------------------------------------------------------------------


def test_connections_are_multiplied_as_connections_whatever_the_traffic() -> None:
    found = standing(limit(scales_with=ScalesWith.CONNECTIONS), reading("x.used", 20), reading("x.most", 60))
    assert found.reach is not None
    assert (found.reach.multiple, found.reach.of) == (3, ScalesWith.CONNECTIONS)


def test_connections_that_were_seen_to_grow_with_traffic_are_told_as_traffic() -> None:
    rps = reading("http.rps", 40, before=20)
    one = limit(scales_with=ScalesWith.CONNECTIONS)
    found = standing(one, rps, reading("x.used", 20, before=15), reading("x.most", 40))
    assert found.reach is not None
    assert (found.reach.of, found.reach.basis) == (ScalesWith.TRAFFIC, Basis.MEASURED)


def test_memory_that_grows_is_told_in_time_and_not_in_traffic() -> None:
    memory = limit("x.bytes", Measured("x.size"), scales_with=ScalesWith.NONE, growth=Growth("x.grown", 3600))
    found = standing(memory, reading("x.bytes", 600), reading("x.size", 1000), reading("x.grown", 100))
    assert (found.reach, found.no_reach) == (None, "not in proportion to traffic")
    assert found.time is not None
    assert found.time.seconds == pytest.approx(4 * 3600)


def test_descriptors_that_leak_are_told_in_time_too() -> None:
    fds = limit(scales_with=ScalesWith.CONNECTIONS, growth=Growth("x.leak", 1))
    found = standing(fds, reading("x.used", 24), reading("x.most", 1024), reading("x.leak", 2))
    assert found.time is not None
    assert found.time.seconds == pytest.approx(500)


@pytest.mark.parametrize("grown", [0, -5, math.nan, None])
def test_what_does_not_grow_has_no_time(grown: float | None) -> None:
    memory = limit("x.bytes", Measured("x.size"), scales_with=ScalesWith.NONE, growth=Growth("x.grown", 3600))
    found = standing(memory, reading("x.bytes", 600), reading("x.size", 1000), reading("x.grown", grown))
    assert found.time is None


def test_a_share_that_is_full_in_time_is_told_by_its_bytes() -> None:
    bytes_too = (Measure(used="x.bytes", limit=Measured("x.size")),)
    growth = Growth("x.grown", 3600)
    memory = limit("x.share", FULL, scales_with=ScalesWith.NONE, growth=growth, others=bytes_too)
    sizes = (reading("x.bytes", 600), reading("x.size", 1000), reading("x.grown", 100))
    found = standing(memory, reading("x.share", 0.5), *sizes)
    assert (found.used.signal, found.utilization) == ("x.share", 0.5)
    assert found.time is not None
    assert found.time.seconds == pytest.approx(4 * 3600)


def test_a_growth_in_bytes_says_nothing_about_a_share() -> None:
    share = limit("x.share", FULL, scales_with=ScalesWith.NONE, growth=Growth("x.grown", 3600))
    assert standing(share, reading("x.share", 0.5), reading("x.grown", 100)).time is None


# --- unknown, dormant, order ------------------------------------------------------------------


def test_an_unknown_limit_says_which_number_is_missing_and_why() -> None:
    taken = snapshot(reading("x.used", 20), x_most="it is another user's process")
    found = headroom(taken, book(limit()))
    assert found.limits == ()
    ((name, missing),) = found.unknown[0].missing
    assert (name, str(missing)) == ("x.most", "denied: it is another user's process")


def test_the_second_way_to_see_a_limit_serves_when_the_first_is_blind() -> None:
    one = limit(others=(Measure(used="x.share", limit=FULL),))
    found = standing(one, reading("x.used", 20), reading("x.share", 0.5))
    assert (found.used.signal, found.utilization) == ("x.share", 0.5)


@pytest.mark.parametrize("most", [0, -1, math.nan, math.inf, None])
def test_a_bound_that_is_none_is_unknown(most: float | None) -> None:
    found = told(limit(), reading("x.used", 20), reading("x.most", most))
    assert (found.limits, len(found.unknown)) == ((), 1)


def test_what_is_no_limit_in_the_present_state_is_neither_known_nor_unknown() -> None:
    condition = Comparison(Operand("x.share"), Operator.GE, Quantity(0.5, None, "50%"))
    one = limit(when=condition)
    calm = told(one, reading("x.used", 4), reading("x.most", 4), reading("x.share", 0.1))
    assert [dormant.because for dormant in calm.dormant] == ["counts only while x.share >= 50%"]
    assert (calm.limits, calm.unknown) == ((), ())
    assert told(one, reading("x.used", 4), reading("x.most", 4)).unknown != ()
    assert told(one, reading("x.used", 4), reading("x.most", 4), reading("x.share", 0.9)).limits != ()


def test_the_tightest_stands_first_and_what_has_no_multiple_stands_where_it_would_be() -> None:
    limits = (
        limit(name="wide", bound=Measured("x.most")),
        limit("x.share", FULL, name="tight"),
        limit("x.bytes", Measured("x.size"), name="memory", scales_with=ScalesWith.NONE),
    )
    taken = snapshot(
        BUSY,
        *(reading("x.used", 10), reading("x.most", 100), reading("x.share", 0.8)),
        *(reading("x.bytes", 50), reading("x.size", 100)),
    )
    found = headroom(taken, book(*limits))
    assert [one.limit.id for one in found.limits] == ["tight", "memory", "wide"]
    assert found.tightest is not None
    assert found.tightest.limit.id == "tight"


def test_an_empty_snapshot_has_only_unknowns() -> None:
    found = told(limit())
    assert (found.limits, found.tightest) == ((), None)
    assert isinstance(found.traffic, Missing)
