"""A root, what follows from it, and a second root: three causes at once, as real incidents have them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fastdiag.engine.triples import TRIPLED, dependent
from fastdiag.model.diagnosis import Verdict
from fastdiag.model.rule import Weight
from tests.engine.tables import book, judged
from tests.engine.written_out import SIGNALS, assert_is_defined, by_definition, cause, fast, row

LOCKS = """
evidence:
  for:
    - {when: "x.queue >= 5", weight: decisive, because: sessions wait for locks}
"""
POOL = """
driven_by: [locks]
evidence:
  for:
    - {when: "x.size >= 5", weight: decisive, because: nothing is left in the pool}
"""
PARTNER = """
evidence:
  for:
    - {when: "x.lag > 1s", weight: decisive, because: the partner is slow}
"""
DEAD_WORKER = """
evidence:
  for:
    - {when: "x.rate <= 0/s", weight: decisive, because: nobody takes jobs}
"""
BACKLOG = """
driven_by: [partner, worker]
evidence:
  for:
    - {when: "x.size >= 5", weight: strong, because: jobs wait}
"""
DECISIVE = [row(signal, Weight.DECISIVE) for signal in SIGNALS]
SEEN = dict.fromkeys(SIGNALS, True)


def test_a_consequence_does_not_take_the_place_of_the_second_root(tmp_path: Path) -> None:
    table = book(tmp_path, locks=LOCKS, pool=POOL, partner=PARTNER)

    found = {c.id: c for c in judged(table, x_latency=4.0, x_queue=9, x_size=9, x_lag=3.0).causes}

    for root in ("locks", "partner"):
        assert found[root].driven_by is None
        assert found[root].root > 0.6
    assert found["pool"].driven_by == "locks"
    assert found["pool"].root < 0.15


def test_a_consequence_of_two_roots_hides_neither(tmp_path: Path) -> None:
    table = book(tmp_path, partner=PARTNER, worker=DEAD_WORKER, backlog=BACKLOG)

    found = {c.id: c for c in judged(table, x_latency=4.0, x_lag=3.0, x_rate=0, x_size=9).causes}

    assert min(found["partner"].verdict, found["worker"].verdict) >= Verdict.LIKELY
    assert found["backlog"].driven_by in {"partner", "worker"}
    assert found["backlog"].root < 0.15


def test_the_present_root_lies_inside_its_range(tmp_path: Path) -> None:
    table = book(tmp_path, locks=LOCKS, pool=POOL, partner=PARTNER, worker=DEAD_WORKER, backlog=BACKLOG)

    for found in judged(table, x_latency=4.0, x_queue=9, x_lag=3.0).causes:
        assert found.low <= found.root <= found.high


def test_two_drivers_make_a_consequence_likelier_than_one_but_not_twice_as_likely() -> None:
    causes = {c.id: c for c in (cause("a", []), cause("b", []), cause("c", [], driven_by=("a", "b")))}
    prior = {"a": 0.01, "b": 0.02, "c": 0.2}
    nothing = dict.fromkeys(causes, frozenset[str]())

    found = dependent(causes, prior, nothing, dict.fromkeys(causes, 1.0))

    (triple,) = found.triples
    link = found.pairs[0].odds / prior["a"]
    assert triple.odds == pytest.approx(prior["a"] * prior["b"] * (link + link - link * link))


def test_of_a_chain_only_the_head_is_a_root() -> None:
    chain = [
        cause("a", [row("a", Weight.DECISIVE)]),
        cause("b", [row("b", Weight.DECISIVE)], driven_by=("a",)),
        cause("c", [row("c", Weight.DECISIVE)], driven_by=("b",)),
    ]
    prior = dict.fromkeys("abc", 0.02)
    facts = {"a": True, "b": True, "c": True, "d": None, "e": None}

    assert_is_defined(chain, facts, prior)
    belief = fast(chain, facts, prior)

    assert belief.root_probability("a") > 0.8
    assert min(belief.probability("b"), belief.probability("c")) > 0.8
    assert max(belief.root_probability("b"), belief.root_probability("c")) < 0.2


def test_what_three_causes_explain_alike_counts_once_however_strong_it_is() -> None:
    """Each weighs 60^5 by itself; as if independent, three would weigh 10^26."""
    alike = [cause("a", DECISIVE), cause("b", DECISIVE, driven_by=("a",)), cause("c", DECISIVE)]
    prior = dict.fromkeys("abc", 0.02)

    assert_is_defined(alike, SEEN, prior)
    assert sum(fast(alike, SEEN, prior).root_probability(name) for name in "abc") < 1.1


def test_three_that_do_not_drive_each_other_are_not_taken_to_be_at_work_at_once() -> None:
    apart = [cause(name, [row(name, Weight.STRONG)]) for name in "abc"]
    prior = dict.fromkeys("abc", 0.02)

    assert_is_defined(apart, SEEN, prior)
    assert max(len(members) for members in by_definition(apart, SEEN, prior)) == 2


@pytest.mark.parametrize("seed", range(8))
def test_with_more_causes_than_are_tripled_probabilities_remain_probabilities(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - invented tables, the same in every run
    names = [f"c{number:02}" for number in range(2 * TRIPLED)]
    causes = [
        cause(
            name,
            [row(signal, chance.choice(list(Weight))) for signal in chance.sample(SIGNALS, 2)],
            driven_by=tuple(chance.sample(names[:number], min(number, 2))),
        )
        for number, name in enumerate(names)
    ]
    facts = {signal: chance.choice([True, True, False, None]) for signal in SIGNALS}

    belief = fast(causes, facts, dict.fromkeys(names, 0.02))

    for name in names:
        assert 0 <= belief.root_probability(name) <= belief.probability(name) + 1e-9 <= 1
    for pair, together in belief.together.items():
        assert together <= min(belief.marginal[name] for name in pair) * (1 + 1e-9)
