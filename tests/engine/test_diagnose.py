"""Whole judgements on small tables: ranking, consequences, distortion, ranges, status."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from fastdiag.engine.diagnose import weigh
from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import Bound
from tests.engine.tables import book, judged, reading, roots, seen

POOL = """
driven_by: [locks]
evidence:
  for:
    - {when: "x.queue >= 1", weight: decisive, because: queueing}
    - {when: "x.size >= 5", weight: strong, because: full}
  against:
    - {when: "x.cpu > 90%", weight: decisive, because: busy}
"""
LOCKS = """
evidence:
  for:
    - {when: "x.lag > 1s", weight: decisive, because: lock waits}
    - {when: "x.rate > 5/s", weight: strong, because: many}
  against:
    - {when: "x.lag < 10ms", weight: decisive, because: no lock waits}
"""


@pytest.fixture
def table(tmp_path: Path) -> Rulebook:
    return book(tmp_path, pool=POOL, locks=LOCKS)


def test_a_root_stands_first_and_its_consequence_under_it(table: Rulebook) -> None:
    diagnosis = judged(table, x_latency=4, x_queue=9, x_size=15, x_lag=20, x_rate=30)
    first, second = diagnosis.causes
    assert (first.id, first.verdict, first.driven_by) == ("locks", Verdict.VERY_LIKELY, None)
    assert (second.id, second.driven_by) == ("pool", "locks")
    assert second.probability > 0.9
    assert second.root < 0.2


def test_without_the_root_the_consequence_is_the_root(table: Rulebook) -> None:
    diagnosis = judged(table, x_latency=4, x_queue=9, x_size=15, x_lag=0.001)
    assert [(c.id, c.driven_by) for c in diagnosis.causes] == [("pool", None)]
    (locks,) = diagnosis.others
    assert (locks.verdict, locks.because) == (Verdict.RULED_OUT, "no lock waits")


def test_a_trusted_decisive_fact_cannot_be_outweighed(table: Rulebook) -> None:
    diagnosis = judged(table, x_latency=4, x_queue=9, x_size=15, x_cpu=0.99)
    assert roots(diagnosis)["pool"] == 0.0


def test_a_biased_reading_rules_nothing_out(table: Rulebook) -> None:
    lottery = reading(table.catalogue, "x.cpu", 0.99, bias="one of three workers answered")
    diagnosis = judged(table, x_latency=4, x_queue=9, x_size=15, x_cpu=lottery)
    assert 0 < roots(diagnosis)["pool"] < roots(judged(table, x_latency=4, x_queue=9, x_size=15))["pool"]


def test_a_lower_bound_beyond_the_threshold_rules_out_all_the_same(table: Rulebook) -> None:
    bound = reading(table.catalogue, "x.cpu", 0.99, bias="one core is not seen", bound=Bound.AT_LEAST)
    diagnosis = judged(table, x_latency=4, x_queue=9, x_size=15, x_cpu=bound)
    assert roots(diagnosis)["pool"] == 0.0


def test_a_false_measurement_is_explained_away(tmp_path: Path) -> None:
    upstream = """
    evidence:
      for:
        - {when: "x.lag > 1s", weight: strong, because: the client measures slow answers}
      against:
        - {when: "x.cpu > 99%", weight: weak, because: busy}
    """
    loop = """
    {distorts}
    evidence:
      for:
        - {{when: "x.queue >= 1", weight: decisive, because: blocked}}
      against:
        - {{when: "x.cpu > 99%", weight: weak, because: busy}}
    """
    distorting = book(tmp_path / "a", upstream=upstream, loop=loop.format(distorts="distorts: [x.lag]"))
    innocent = book(tmp_path / "b", upstream=upstream, loop=loop.format(distorts=""))
    facts = {"x_latency": 4.0, "x_lag": 3.0, "x_queue": 2}
    assert roots(judged(distorting, **facts))["upstream"] < roots(judged(innocent, **facts))["upstream"] / 2


def test_evidence_alone_is_a_warning_and_never_silent(table: Rulebook) -> None:
    diagnosis = judged(table, x_latency=0.1, x_queue=9, x_size=15, x_lag=0.001)
    assert diagnosis.symptoms == ()
    if diagnosis.causes and diagnosis.causes[0].verdict >= Verdict.LIKELY:
        assert diagnosis.status is Status.WARNING
    else:
        assert diagnosis.status is Status.INCONCLUSIVE


def test_severity_comes_from_the_symptom(table: Rulebook) -> None:
    assert judged(table, x_latency=2).status is Status.WARNING
    assert judged(table, x_latency=20).status is Status.CRITICAL
    assert judged(table).status is Status.INCONCLUSIVE


def test_the_next_check_names_the_signal_that_tells_most(table: Rulebook) -> None:
    diagnosis = judged(table, x_latency=4, x_size=15)
    assert diagnosis.next_checks[0].run == "look"
    assert diagnosis.next_checks[0].gain_bits > 0.05


UNKNOWN_VALUES = {
    "x_queue": [0, 3],
    "x_size": [1, 9],
    "x_lag": [0.001, 0.5, 3.0],
    "x_rate": [1, 9],
    "x_cpu": [0.5, 0.99],
}


@pytest.mark.parametrize("known", [(), ("x_queue",), ("x_queue", "x_lag"), ("x_size", "x_cpu")])
def test_the_range_contains_every_way_the_unknown_may_turn_out(
    table: Rulebook, known: tuple[str, ...]
) -> None:
    base = {"x_latency": 4.0} | {name: UNKNOWN_VALUES[name][-1] for name in known}
    ranges = ranges_of(table, **base)
    unknown = [name for name in UNKNOWN_VALUES if name not in known]
    for values in itertools.product(*(UNKNOWN_VALUES[name] for name in unknown)):
        turned_out = roots(judged(table, **base, **dict(zip(unknown, values, strict=True))))
        for cause, (low, high) in ranges.items():
            assert low - 1e-9 <= turned_out[cause] <= high + 1e-9


def test_the_word_tells_how_surely_a_cause_is_at_work_not_how_surely_as_a_root(table: Rulebook) -> None:
    """A pool that is certainly empty stays so, whether or not locks may have emptied it."""
    diagnosis = judged(table, x_latency=4, x_queue=9, x_size=15, x_lag=0.5, x_rate=30, x_cpu=0.3)
    pool = next(cause for cause in diagnosis.causes if cause.id == "pool")
    assert pool.driven_by is None
    assert pool.root < 0.85 < pool.probability
    assert pool.verdict is Verdict.VERY_LIKELY


@pytest.mark.parametrize("known", [(), ("x_queue",), ("x_queue", "x_lag")])
def test_the_lowest_probability_is_that_of_some_completion(table: Rulebook, known: tuple[str, ...]) -> None:
    base = {"x_latency": 4.0} | {name: UNKNOWN_VALUES[name][-1] for name in known}
    unknown = [name for name in UNKNOWN_VALUES if name not in known]
    _, inference = weigh(seen(table, **base), table)
    lowest = inference.lowest(("pool", "locks"), inference.outlooks())
    for values in itertools.product(*(UNKNOWN_VALUES[name] for name in unknown)):
        _, turned_out = weigh(seen(table, **base, **dict(zip(unknown, values, strict=True))), table)
        for cause, low in lowest.items():
            assert low - 1e-9 <= turned_out.belief.probability(cause)


def ranges_of(table: Rulebook, **values: float) -> dict[str, tuple[float, float]]:
    _, inference = weigh(seen(table, **values), table)
    return inference.ranges(inference.outlooks())


def test_nothing_unknown_leaves_no_range(table: Rulebook) -> None:
    everything = {"x_latency": 4.0} | {name: values[-1] for name, values in UNKNOWN_VALUES.items()}
    for low, high in ranges_of(table, **everything).values():
        assert low == pytest.approx(high)
