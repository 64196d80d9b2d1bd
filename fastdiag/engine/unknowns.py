"""What the unknown could still say: the consistent answers that a missing operand may turn out to give."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.engine.evaluate import COMPARE, compare
from fastdiag.engine.look import Look, Seen
from fastdiag.model.rule import Comparison, Function, Operand

Answer = Mapping[str, bool]
"""Truth of some comparisons, by their key."""


@dataclass(frozen=True, slots=True)
class Question:
    """An operand that is missing, and every set of truths its comparisons can take together.

    ``x > 1`` false with ``x > 4`` true is not among the answers: they are consistent per operand.
    """

    operand: Operand
    answers: tuple[Answer, ...]


def questions(comparisons: Iterable[Comparison], look: Look) -> tuple[Question, ...]:
    """Return one question per missing operand (or per comparison of two operands), in a stable order."""
    groups: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        if compare(comparison, look).holds is None:
            groups.setdefault(_key(comparison), []).append(comparison)
    return tuple(_ask(groups[key], look) for key in sorted(groups))


def _key(comparison: Comparison) -> str:
    return comparison.key if isinstance(comparison.right, Operand) else str(comparison.left)


def _ask(group: list[Comparison], look: Look) -> Question:
    unique = {comparison.key: comparison for comparison in group}
    first = group[0]
    if isinstance(first.right, Operand):
        answers: list[Answer] = [{first.key: True}, {first.key: False}]
        return Question(_missing_side(first, look), tuple(answers))
    distinct: dict[tuple[bool, ...], Answer] = {}
    for value in _values(unique.values(), look):
        answer = {text: COMPARE[c.operator](value, _threshold(c, look)) for text, c in unique.items()}
        distinct.setdefault(tuple(answer.values()), answer)
    return Question(first.left, tuple(distinct.values()))


def _missing_side(comparison: Comparison, look: Look) -> Operand:
    """Return the operand that has to be obtained to decide a comparison of two."""
    right = comparison.right
    if isinstance(right, Operand) and isinstance(look.operand(comparison.left), Seen):
        return right
    return comparison.left


def _values(comparisons: Iterable[Comparison], look: Look) -> list[float]:
    """Return values that between them reach every consistent combination: at and around each threshold."""
    function = next(iter(comparisons)).left.function
    if function is Function.PINNED:
        return [0.0, 1.0]
    marks = sorted({_threshold(comparison, look) for comparison in comparisons})
    middles = [(low + high) / 2 for low, high in itertools.pairwise(marks)]
    values = sorted({marks[0] - 1, *marks, *middles, marks[-1] + 1})
    if function is not Function.GROWTH and marks[0] >= 0:
        values = [max(value, 0.0) if value < marks[0] and marks[0] > 0 else value for value in values]
        values = [value for value in values if value >= 0]  # no signal is negative, only its growth
    return values


def _threshold(comparison: Comparison, look: Look) -> float:
    threshold = look.threshold(comparison.right)
    assert isinstance(threshold, Seen)  # noqa: S101 - callers pass constants and parameters only
    return threshold.value


MAX_COMPLETIONS: Final = 256
"""2^8: the range is exact over eight independent unknown findings (design section 6)."""


def completions(chosen: Iterable[Question]) -> Iterable[Answer]:
    """Yield every combination of answers to the questions."""
    for combination in itertools.product(*(question.answers for question in chosen)):
        yield {text: holds for answer in combination for text, holds in answer.items()}


def affordable(ranked: Iterable[Question], most: int = MAX_COMPLETIONS) -> tuple[Question, ...]:
    """Return the questions, in the order given, whose combinations stay within so many."""
    chosen: list[Question] = []
    size = 1
    for question in ranked:
        if size * len(question.answers) <= most:
            chosen.append(question)
            size *= len(question.answers)
    return tuple(chosen)
