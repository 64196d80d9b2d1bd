"""Beliefs under every answer that some unknown operands may give, all of them at once.

An answer turns few findings, and a finding concerns few causes. So each finding is decided once for each
combination of the answers *that it depends on*, each cause is weighed once for each combination of its
findings, each dependent pair or triple once for each combination of its causes; only sums run over all
combinations. Everything is therefore kept in columns, with one entry a combination.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from fastdiag.engine.belief import Stance, Truths
from fastdiag.engine.corrections import Column, Dependence
from fastdiag.engine.evaluate import Truth, decide
from fastdiag.engine.findings import Findings
from fastdiag.engine.terms import WHOLE
from fastdiag.engine.triples import Dependent
from fastdiag.engine.unknowns import Answer, Question
from fastdiag.model.rule import Comparison, comparisons

Weighs = Callable[[str, Mapping[str, Truth]], Stance]
"""Weighs one cause, given what the answers decide of its findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """Odds against "nothing of this" (see Belief) under each combination of answers.

    aside    probabilities of the causes that are judged each by itself
    decided  for each finding that the answers may decide, what they make of it (None: still unknown)
    rows     ``root`` turned round: for each combination the odds of the causes that exclude each other
    """

    total: Column
    root: Mapping[str, Column]
    aside: Mapping[str, Column]
    decided: Mapping[str, list[bool | None]]
    rows: Sequence[tuple[float, ...]]
    nothing: float

    def root_probabilities(self, cause: str) -> Column:
        """Return the root probability of a cause under each combination."""
        if cause in self.aside:
            return self.aside[cause]
        return [weight / total for weight, total in zip(self.root[cause], self.total, strict=True)]

    def shift(self, roots: Mapping[str, float]) -> float:
        """Return by how much an answer can change a root probability at most; ``roots`` are those of now."""
        now = [roots[name] for name in self.root]
        most = 0.0
        for total, weights in zip(self.total, self.rows, strict=True):
            most = max(most, 0.0, *map(abs, map(operator.sub, [weight / total for weight in weights], now)))
        for name, column in self.aside.items():
            most = max(most, *(abs(probability - roots[name]) for probability in column))
        return most

    def entropies(self) -> Column:
        """Return the entropy of the root shares under each combination, in bits."""
        return [entropy(weights, self.nothing) for weights in self.rows]


def entropy(roots: Iterable[float], nothing: float = 1.0) -> float:
    """Return the entropy of the root shares in bits, "nothing of this" among them."""
    weights = [nothing, *(weight for weight in roots if weight > 0)]
    whole = sum(weights)
    return math.log2(whole) - sum([weight * math.log2(weight) for weight in weights]) / whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What a snapshot leaves open: the belief as it stands, and how to weigh a cause anew."""

    findings: Findings
    truths: Truths
    prior: Mapping[str, float]
    dependent: Dependent
    aside: Collection[str]
    stances: Mapping[str, Stance]
    weigh: Weighs
    nothing: float = 1.0


class Suppositions:
    """Answers what would be believed if the unknown were known; keeps what many questions share."""

    def __init__(self, given: Open, atom: Callable[[Comparison], Truth]) -> None:
        self._given = given
        self._atom = atom
        weights = {name: given.prior[name] * stance.factor for name, stance in given.stances.items()}
        self._aside = {name: weights.pop(name) for name in given.aside}
        self._single = weights
        self._variants: dict[str, list[Truth]] = {}
        self._weighed: dict[tuple[str, ...], dict[tuple[int, ...], Stance]] = {}
        self._dependence = Dependence(
            given.dependent, given.truths, given.stances, given.prior, given.findings.leak
        )

    def over(self, chosen: Sequence[Question]) -> Supposed:
        """Return the beliefs under every combination of answers, in the order of ``completions``."""
        size = math.prod(len(question.answers) for question in chosen)
        variants = self._decide(chosen)
        stances = self._stances(variants)
        moving = {name: self._weights(name, column) for name, column in stances.items()}
        whole, independent = self._independent(moving, size)
        corrections = self._dependence.corrections(stances, variants)
        driven = corrections.driven(size)
        pairs = _sums(size, 0.0, driven.values())
        besides = [single + pair for single, pair in zip(whole, pairs, strict=True)]
        root = {
            name: corrections.put_right(
                name, _plus(_marginal(weight, moving.get(name), besides), driven.get(name), whole)
            )
            for name, weight in self._single.items()
        }
        return Supposed(
            total=corrections.put_right(WHOLE, _plus(independent, pairs, whole)),
            root=root,
            aside={
                name: [weight / (1 + weight) for weight in moving.get(name) or [standing] * size]
                for name, standing in self._aside.items()
            },
            decided={
                key: [self._variants[key][number].holds for number in column]
                for key, column in variants.items()
            },
            rows=list(zip(*root.values(), strict=True)) or [()] * size,
            nothing=self._given.nothing,
        )

    def _weights(self, name: str, stances: Iterable[Stance]) -> Column:
        prior = self._given.prior[name]
        return [prior * stance.factor for stance in stances]

    def _independent(self, moving: Mapping[str, Column], size: int) -> tuple[Column, Column]:
        """Return the sum of all single weights, and the whole total if all causes were independent."""
        standing = [weight for name, weight in self._single.items() if name not in moving]
        columns = [column for name, column in moving.items() if name in self._single]
        whole = _sums(size, sum(standing), columns)
        squares = _sums(size, sum([w * w for w in standing]), [[w * w for w in column] for column in columns])
        nothing = self._given.nothing
        return whole, [nothing + w + (w * w - q) / 2 for w, q in zip(whole, squares, strict=True)]

    def _decide(self, chosen: Sequence[Question]) -> dict[str, list[int]]:
        """Return which variant of its truth each finding takes under each combination."""
        place = {atom: number for number, question in enumerate(chosen) for atom in question.answers[0]}
        columns = list(zip(*product(*(range(len(question.answers)) for question in chosen)), strict=True))
        quoting = self._given.findings.quoting
        decided = {}
        for key in sorted({key for atom in place for key in quoting[atom]}):
            if self._given.truths[key].holds is None:
                atoms = (atom.key for atom in comparisons(self._given.findings.conditions[key]))
                places = sorted({place[atom] for atom in atoms if atom in place})
                answers = product(*(chosen[number].answers for number in places))
                table = [self._variant(key, combination) for combination in answers]
                if any(table):
                    decided[key] = [table[row] for row in _rows(places, columns, chosen)]
        return decided

    def _variant(self, key: str, answers: Iterable[Answer]) -> int:
        """Return the number of what the answers make of a finding; 0 is "still unknown"."""
        given = {text: holds for answer in answers for text, holds in answer.items()}

        def atom(comparison: Comparison) -> Truth:
            truth, holds = self._atom(comparison), given.get(comparison.key)
            return truth if holds is None else Truth(holds, basis=truth.basis)

        truth = decide(self._given.findings.conditions[key], atom)
        variants = self._variants.setdefault(key, [self._given.truths[key]])
        if truth.holds is None:
            return 0
        if truth not in variants:
            variants.append(truth)
        return variants.index(truth)

    def _stances(self, variants: Mapping[str, list[int]]) -> dict[str, list[Stance]]:
        """Return the stance of each cause on which the findings bear, under each combination."""
        bearing: dict[str, list[str]] = {}
        for key in variants:
            for name in self._given.findings.quoters[key]:
                bearing.setdefault(name, []).append(key)
        return {name: self._stance_column(name, keys, variants) for name, keys in bearing.items()}

    def _stance_column(
        self, name: str, keys: Sequence[str], variants: Mapping[str, list[int]]
    ) -> list[Stance]:
        """Weigh a cause once for each pattern of its findings: many combinations agree on them."""
        weighed = self._weighed.setdefault((name, *keys), {})
        patterns = list(zip(*(variants[key] for key in keys), strict=True))
        for pattern in dict.fromkeys(patterns):
            if pattern not in weighed:
                decided = {
                    key: self._variants[key][number] for key, number in zip(keys, pattern, strict=True)
                }
                weighed[pattern] = self._given.weigh(name, decided)
        return [weighed[pattern] for pattern in patterns]


def _marginal(standing: float, moving: Column | None, besides: Column) -> Column:
    """Return the weight of a cause, alone and with any one other or any pair, were they all independent."""
    if moving is None:
        return [standing * (1 + every - standing) for every in besides]
    return [weight * (1 + every - weight) for weight, every in zip(moving, besides, strict=True)]


def _plus(column: Column, pairs: Column | None, whole: Column) -> Column:
    """Return a column with the weight of some pairs, each with every third cause, were they independent."""
    if pairs is None:
        return column
    return [value + pair * every for value, pair, every in zip(column, pairs, whole, strict=True)]


def _sums(size: int, standing: float, columns: Iterable[Column]) -> Column:
    """Return the sum of the columns and of a number that is the same in every row."""
    added = [standing + sum(values) for values in zip(*columns, strict=True)]
    return added or [standing] * size


def _rows(places: Sequence[int], digits: Sequence[tuple[int, ...]], chosen: Sequence[Question]) -> list[int]:
    """Return, for each combination of all answers, its place among the combinations of some questions."""
    rows = [0] * math.prod(len(question.answers) for question in chosen)
    for place in places:
        base = len(chosen[place].answers)
        rows = [row * base + digit for row, digit in zip(rows, digits[place], strict=True)]
    return rows
