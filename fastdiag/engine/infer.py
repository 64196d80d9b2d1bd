"""From truths to beliefs: now, under every answer the unknown may give, and what asking would tell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.engine import belief as model
from fastdiag.engine.belief import Belief, Pair, Stance, Truths
from fastdiag.engine.evaluate import Truth, compare, decide
from fastdiag.engine.look import Look
from fastdiag.engine.unknowns import Answer, Question, affordable, completions, questions
from fastdiag.model.rule import Cause, Comparison, Condition, comparisons, signals_of
from fastdiag.model.signal import Missing, Reading, Reason

UNQUOTED: Final = 0.5
"""P(true | nothing) of a finding that only rows against a cause quote: nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an unknown operand could change: expected drop in entropy (bits), largest shift of a root."""

    question: Question
    gain_bits: float
    shift: float


class Inference:
    """The findings of one snapshot, and the beliefs that follow from them."""

    def __init__(self, causes: Iterable[Cause], prior: Mapping[str, float], look: Look) -> None:
        self.look = look
        self.causes = {cause.id: cause for cause in causes}
        self.prior = prior
        self.leak = model.leaks(self.causes.values())
        self._conditions = _findings(self.causes.values())
        self._quoting = _quoting(self._conditions)
        self._known: dict[str, Truth] = {}
        self._distorted = _distorted(self.causes.values(), self._conditions, self.leak)
        self._quoted_by = _quoters(self.causes.values(), self._conditions, self._distorted)
        self.truths: Truths = {key: decide(when, self._atom) for key, when in self._conditions.items()}
        self._open = {name: self._open_findings(cause) for name, cause in self.causes.items()}
        self._supposed: dict[tuple[str, tuple[bool | None, ...]], Stance] = {}
        self.stances = {name: self._stance(cause, self.truths) for name, cause in self.causes.items()}
        self._pairs = self._dependent_pairs()
        self.belief = self._believe(self.stances)
        self.questions = questions(self._atoms(), look)

    def _atom(self, comparison: Comparison) -> Truth:
        """Return the truth of a comparison as the snapshot has it; each is decided once."""
        truth = self._known.get(comparison.key)
        if truth is None:
            truth = self._known[comparison.key] = compare(comparison, self.look)
        return truth

    def _atoms(self) -> Iterable[Comparison]:
        for when in self._conditions.values():
            yield from comparisons(when)

    def _stance(self, cause: Cause, truths: Truths) -> Stance:
        falsified = self._distorted[cause.id]
        distorted = [
            key for key in falsified if truths[key].holds and truths[key].basis & set(cause.distorts)
        ]
        return model.stance(cause, truths, self.leak, distorted)

    def _open_findings(self, cause: Cause) -> tuple[str, ...]:
        """Return the unknown findings on which the stance of a cause depends."""
        rows = (*cause.supports, *cause.contradicts)
        keys = {row.when.key for row in rows} | set(self._distorted[cause.id])
        return tuple(sorted(key for key in keys if self.truths[key].holds is None))

    def _dependent_pairs(self) -> tuple[Pair, ...]:
        weight = {name: self.prior[name] * stance.factor for name, stance in self.stances.items()}
        likeliest = sorted(weight, key=lambda name: (-weight[name], name))[: model.PAIRED]
        causes = {name: self.causes[name] for name in likeliest}
        return model.dependent_pairs(causes, self.prior, _explained(causes.values(), self._distorted))

    def _stance_supposing(self, name: str, truths: Truths) -> Stance:
        """Return the stance of a cause; many answers agree on what matters to it, so it is kept."""
        key = (name, tuple(truths[finding].holds for finding in self._open[name]))
        if key not in self._supposed:
            self._supposed[key] = self._stance(self.causes[name], truths)
        return self._supposed[key]

    def _believe(self, stances: Mapping[str, Stance]) -> Belief:
        return model.believe(self.prior, self._pairs, stances, self.leak)

    def supposing(self, answer: Answer) -> tuple[Belief, float]:
        """Return the belief if the unknown gave this answer, and P(answer) up to a common factor."""
        decided = self._decide(answer)
        truths = {**self.truths, **decided}
        touched = {name for key in decided for name in self._quoted_by[key]}
        stances = dict(self.stances)
        stances.update((name, self._stance_supposing(name, truths)) for name in touched)
        belief = self._believe(stances)
        alone = math.prod(self._by_itself(key, truth) for key, truth in decided.items())
        return belief, alone * belief.total / self.belief.total

    def _decide(self, answer: Answer) -> dict[str, Truth]:
        """Return the findings that an answer turns from unknown into true or false."""

        def atom(comparison: Comparison) -> Truth:
            truth, holds = self._atom(comparison), answer.get(comparison.key)
            return truth if holds is None else Truth(holds, basis=truth.basis)

        touched = {key for asked in answer for key in self._quoting[asked]}
        decided = {key: decide(self._conditions[key], atom) for key in sorted(touched)}
        return {
            key: truth for key, truth in decided.items() if truth.holds is not None and self._is_open(key)
        }

    def _is_open(self, key: str) -> bool:
        return self.truths[key].holds is None

    def _by_itself(self, key: str, truth: Truth) -> float:
        leak = self.leak.get(key, UNQUOTED)
        return leak if truth.holds else 1 - leak

    def outlooks(self) -> tuple[Outlook, ...]:
        """Return what each unknown operand could change, the most telling first."""
        found = [self._outlook(question) for question in self.questions]
        return tuple(sorted(found, key=lambda o: (-o.shift, -o.gain_bits, str(o.question.operand))))

    def _outlook(self, question: Question) -> Outlook:
        supposed = [self.supposing(answer) for answer in question.answers]
        whole = sum(weight for _, weight in supposed) or 1.0
        after = sum(weight / whole * entropy(belief) for belief, weight in supposed)
        shift = max(
            abs(belief.root_probability(name) - self.belief.root_probability(name))
            for belief, _ in supposed
            for name in self.causes
        )
        return Outlook(question, max(0.0, entropy(self.belief) - after), shift)

    def obtainable(self, outlooks: Iterable[Outlook]) -> tuple[Outlook, ...]:
        """Return those whose operand somebody could still obtain.

        A source that answered and does not offer a signal ("absent") will not offer it at the next try.
        """
        return tuple(
            outlook
            for outlook in outlooks
            if not _is_absent(self.look.reading(outlook.question.operand.signal))
        )

    def ranges(self, outlooks: Iterable[Outlook]) -> dict[str, tuple[float, float]]:
        """Return the lowest and highest root probability of each cause over what the unknown may say.

        Exact over the most influential unknown operands (up to 256 combined answers); the rest stays
        unknown, which the model marginalises.
        """
        beliefs = [self.belief]
        beliefs += [
            self.supposing(answer)[0] for answer in completions(affordable(o.question for o in outlooks))
        ]
        roots = {name: [belief.root_probability(name) for belief in beliefs] for name in self.causes}
        return {name: (min(values), max(values)) for name, values in roots.items()}


def _is_absent(reading: Reading | Missing) -> bool:
    return isinstance(reading, Missing) and reading.reason is Reason.ABSENT


def entropy(belief: Belief) -> float:
    """Return the entropy of the root shares, in bits."""
    return -sum(share * math.log2(share) for share in belief.shares().values() if share > 0)


def _findings(causes: Iterable[Cause]) -> dict[str, Condition]:
    rows = (row for cause in causes for row in (*cause.supports, *cause.contradicts))
    return {row.when.key: row.when for row in rows}


def _quoting(conditions: Mapping[str, Condition]) -> dict[str, frozenset[str]]:
    """Return for each comparison the findings that it is part of."""
    quoting: dict[str, set[str]] = {}
    for key, when in conditions.items():
        for comparison in comparisons(when):
            quoting.setdefault(comparison.key, set()).add(key)
    return {atom: frozenset(keys) for atom, keys in quoting.items()}


def _distorted(
    causes: Iterable[Cause], conditions: Mapping[str, Condition], leak: Mapping[str, float]
) -> dict[str, tuple[str, ...]]:
    """Return for each cause the findings, quoted for some cause, that it may falsify."""
    signals = {key: frozenset(signals_of(conditions[key])) for key in leak}
    return {
        cause.id: tuple(key for key in sorted(leak) if signals[key] & set(cause.distorts)) for cause in causes
    }


def _explained(
    causes: Iterable[Cause], distorted: Mapping[str, tuple[str, ...]]
) -> dict[str, frozenset[str]]:
    """Return for each cause the findings that it makes true: those quoted for it and those it falsifies."""
    return {
        cause.id: frozenset(row.when.key for row in cause.supports) | frozenset(distorted[cause.id])
        for cause in causes
    }


def _quoters(
    causes: Iterable[Cause], conditions: Mapping[str, Condition], distorted: Mapping[str, tuple[str, ...]]
) -> dict[str, frozenset[str]]:
    """Return for each finding the causes whose stance may depend on it: quoters and distorters."""
    quoted: dict[str, set[str]] = {key: set() for key in conditions}
    for cause in causes:
        for row in (*cause.supports, *cause.contradicts):
            quoted[row.when.key].add(cause.id)
        for key in distorted[cause.id]:
            quoted[key].add(cause.id)
    return {key: frozenset(names) for key, names in quoted.items()}
