"""The fast sums over all answers at once equal one whole belief an answer, computed by itself."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.engine.belief import Belief
from fastdiag.engine.diagnose import weigh
from fastdiag.engine.evaluate import Truth, compare, decide
from fastdiag.engine.hypotheses import believe
from fastdiag.engine.infer import Inference
from fastdiag.engine.look import Look
from fastdiag.engine.prior import prior_odds
from fastdiag.engine.suppose import entropy
from fastdiag.engine.unknowns import Answer, Question, affordable, completions
from fastdiag.model.rule import Comparison, Example, Kind
from fastdiag.model.snapshot import Snapshot
from fastdiag.trial import snapshot_of
from tests.engine.tables import book, builtin, judged, roots, seen

BOOK = builtin()
EMPTY = Snapshot(service="shop", taken_at="", window_s=300, readings={}, missing={})
SITUATIONS = [cause.examples[0] for cause in BOOK.causes[::6]]


def inference_of(example: Example) -> Inference:
    _, inference = weigh(snapshot_of(example.given, BOOK.catalogue), BOOK)
    return inference


def believed(inference: Inference, answer: Answer) -> Belief:
    """Return the belief if the unknown gave this answer: everything decided, weighed and summed anew."""

    def atom(comparison: Comparison) -> Truth:
        truth, holds = compare(comparison, inference.look), answer.get(comparison.key)
        return truth if holds is None else Truth(holds, basis=truth.basis)

    causes = list(inference.causes.values())
    rows = [row for cause in causes for row in (*cause.supports, *cause.contradicts)]
    decided = {row.when.key: decide(row.when, atom) for row in rows}
    known = {key: truth for key, truth in inference.truths.items() if truth.holds is not None}
    truths = {key: truth for key, truth in decided.items() if truth.holds is not None} | known
    aside = [cause.id for cause in causes if cause.kind is Kind.VISIBILITY]
    stances = {cause.id: inference.stance(cause.id, truths) for cause in causes}
    nothing = inference.belief.nothing
    return believe(inference.prior, inference.dependent, stances, inference.leak, aside, nothing)


def three_of(inference: Inference, seed: int) -> tuple[Question, ...]:
    """Return the most influential question, and two others."""
    ranked = [outlook.question for outlook in inference.outlooks()]
    others = random.Random(seed).sample(ranked[1:], 2)  # noqa: S311 - any others do
    return affordable([ranked[0], *others])


@pytest.mark.parametrize("example", SITUATIONS, ids=[example.name for example in SITUATIONS])
def test_all_answers_at_once_give_what_each_gives_by_itself(example: Example) -> None:
    inference = inference_of(example)
    chosen = three_of(inference, seed=7)
    supposed = inference.suppositions.over(chosen)
    columns = {name: supposed.root_probabilities(name) for name in inference.causes}

    for number, answer in enumerate(completions(chosen)):
        alone = believed(inference, answer)
        assert supposed.total[number] == pytest.approx(alone.total)
        assert supposed.entropies()[number] == pytest.approx(entropy(alone.root.values(), alone.nothing))
        for name, column in columns.items():
            assert column[number] == pytest.approx(alone.root_probability(name), abs=1e-9)


def test_no_question_leaves_the_belief_as_it_is() -> None:
    inference = inference_of(SITUATIONS[0])
    supposed = inference.suppositions.over(())

    assert supposed.total == pytest.approx([inference.belief.total])
    for name in inference.causes:
        assert supposed.root_probabilities(name) == pytest.approx([inference.belief.root_probability(name)])


def test_entropy_is_that_of_the_shares() -> None:
    belief = inference_of(SITUATIONS[0]).belief
    shares = belief.shares().values()

    assert belief.nothing < 1
    assert entropy(belief.root.values(), belief.nothing) == pytest.approx(
        -sum(p * math.log2(p) for p in shares if p)
    )


def test_answers_that_agree_on_the_truth_and_differ_in_what_decided_it_are_told_apart(tmp_path: Path) -> None:
    """`a or b` is true by either; which one it is decides what other rows about a or b still count."""
    either = """
    evidence:
      for:
        - {when: {any: ["x.queue >= 1", "x.size >= 5"]}, weight: strong, because: either}
        - {when: "x.size >= 4", weight: moderate, because: large}
      against:
        - {when: "x.cpu > 99%", weight: weak, because: busy}
    """
    table = book(tmp_path, either=either)
    _, inference = weigh(seen(table, x_latency=4), table)
    chosen = [asked for asked in inference.questions if asked.operand.signal in {"x.queue", "x.size"}]
    supposed = inference.suppositions.over(chosen).root_probabilities("either")
    states = [tuple(answer.values()) for answer in completions(chosen)]

    for queue, size in itertools.product([0, 1], [1, 4.5, 6]):
        expected = roots(judged(table, x_latency=4, x_queue=queue, x_size=size))["either"]
        state = (queue >= 1, size >= 5, size >= 4)
        assert supposed[states.index(state)] == pytest.approx(expected), state


def test_a_table_of_blind_spots_alone_can_be_judged() -> None:
    blind = tuple(cause for cause in BOOK.causes if cause.kind is Kind.VISIBILITY)
    inference = Inference(blind, prior_odds(replace(BOOK, causes=blind), {}), Look(EMPTY, BOOK))

    outlooks = inference.outlooks()
    ranges = inference.ranges(outlooks)

    assert outlooks
    assert set(ranges) == {cause.id for cause in blind}
    assert all(low <= high for low, high in ranges.values())
