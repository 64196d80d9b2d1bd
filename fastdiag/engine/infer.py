"""From truths to beliefs: now, under every answer the unknown may give, and what asking would tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.engine import belief as model
from fastdiag.engine.belief import Stance, Truths
from fastdiag.engine.evaluate import Truth, compare, decide
from fastdiag.engine.findings import Findings
from fastdiag.engine.hypotheses import believe
from fastdiag.engine.look import Look
from fastdiag.engine.pairs import PAIRED
from fastdiag.engine.suppose import Open, Supposed, Suppositions, entropy
from fastdiag.engine.triples import Dependent, dependent
from fastdiag.engine.unknowns import Question, affordable, questions
from fastdiag.model.rule import Cause, Comparison, Kind, comparisons
from fastdiag.model.signal import Missing, Reading, Reason

UNQUOTED: Final = 0.5
"""P(true | nothing) of a finding that only rows against a cause quote: nothing is known of it."""
TOGETHER: Final = 16
"""So many combined answers tell what a command is worth: four signals with two answers each."""
_DIGITS: Final = 9

Ranges = Mapping[str, tuple[float, float]]
"""Lowest and highest root probability of each cause."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an unknown operand could change: expected drop in entropy (bits), largest shift of a root."""

    question: Question
    gain_bits: float
    shift: float


class Inference:
    """The findings of one snapshot, and the beliefs that follow from them."""

    def __init__(
        self, causes: Iterable[Cause], prior: Mapping[str, float], look: Look, nothing: float = 1.0
    ) -> None:
        self.look = look
        self.causes = {cause.id: cause for cause in causes}
        self.prior = prior
        self._aside = tuple(name for name, cause in self.causes.items() if cause.kind is Kind.VISIBILITY)
        self._findings = Findings.of(self.causes.values())
        self.leak = self._findings.leak
        self._known: dict[str, Truth] = {}
        conditions = self._findings.conditions
        self.truths: Truths = {key: decide(when, self._atom) for key, when in conditions.items()}
        self._falsified = {name: frozenset(cause.distorts) for name, cause in self.causes.items()}
        self.stances = {name: self.stance(name, {}) for name in self.causes}
        self.dependent = self._dependent()
        self.belief = believe(prior, self.dependent, self.stances, self.leak, self._aside, nothing)
        self.questions = questions(self._atoms(), look)
        self.suppositions = self._suppositions()

    def _suppositions(self, left_out: str | None = None) -> Suppositions:
        """Return what the answers would make of the hypotheses; of those without a cause, if one is named."""
        nil = {left_out: Stance(0.0, {})} if left_out else {}
        return Suppositions(
            Open(
                findings=self._findings,
                truths=self.truths,
                prior=self.prior,
                dependent=self.dependent,
                aside=self._aside,
                stances={**self.stances, **nil},
                weigh=lambda name, decided: nil.get(name) or self.stance(name, decided),
                nothing=self.belief.nothing,
            ),
            self._atom,
        )

    def _atom(self, comparison: Comparison) -> Truth:
        """Return the truth of a comparison as the snapshot has it; each is decided once."""
        truth = self._known.get(comparison.key)
        if truth is None:
            truth = self._known[comparison.key] = compare(comparison, self.look)
        return truth

    def _atoms(self) -> Iterable[Comparison]:
        for when in self._findings.conditions.values():
            yield from comparisons(when)

    def stance(self, name: str, decided: Truths) -> Stance:
        """Weigh a cause by what is known, and by what is supposed beyond that."""
        truths = {**self.truths, **decided} if decided else self.truths
        distorted = self._falsified_findings(name, truths)
        return model.stance(self.causes[name], truths, self.leak, distorted)

    def _falsified_findings(self, name: str, truths: Truths) -> list[str]:
        """Return the true findings that a cause falsifies: of each signal the one most seldom true by itself.

        One false measurement makes all findings about it true at once: it counts once, like evidence.
        """
        taken: set[str] = set()
        found = []
        for key in self._findings.distorted[name]:
            about = truths[key].basis & self._falsified[name]
            if truths[key].holds and about and not about & taken:
                taken |= about
                found.append(key)
        return found

    def _dependent(self) -> Dependent:
        factors = {name: stance.factor for name, stance in self.stances.items() if name not in self._aside}
        likeliest = sorted(factors, key=lambda name: (-self.prior[name] * factors[name], name))[:PAIRED]
        causes = {name: self.causes[name] for name in likeliest}
        return dependent(causes, self.prior, self._findings.explained(causes.values()), factors)

    def outlooks(self) -> tuple[Outlook, ...]:
        """Return what each unknown operand could change, the most telling first."""
        roots = {name: self.belief.root_probability(name) for name in self.causes}
        now = self._entropy()
        found = [self._outlook(question, roots, now) for question in self.questions]
        return tuple(sorted(found, key=_telling))

    def _outlook(self, question: Question, roots: Mapping[str, float], now: float) -> Outlook:
        if not self._bears(question):
            return Outlook(question, 0.0, 0.0)
        supposed = self.suppositions.over((question,))
        return Outlook(question, self._gain(supposed, now), supposed.shift(roots))

    def _bears(self, question: Question) -> bool:
        """Whether the answer concerns any cause that is not ruled out already."""
        keys = {key for atom in question.answers[0] for key in self._findings.quoting[atom]}
        names = {name for key in keys for name in self._findings.quoters[key]}
        return any(self.stances[name].factor for name in names)

    def joint_gain(self, together: Iterable[Outlook]) -> float:
        """Return what one command tells that answers all of these questions, in bits; a lower bound.

        The answers overlap: two signs of one cause tell less than the sum. Those that tell most by themselves
        are weighed together, as many as TOGETHER combined answers allow, and more can only tell more.
        """
        found = sorted(together, key=lambda outlook: (-outlook.gain_bits, str(outlook.question.operand)))
        chosen = affordable((outlook.question for outlook in found if outlook.gain_bits > 0), TOGETHER)
        alone = found[0].gain_bits if found else 0.0
        if len(chosen) <= 1:
            return alone
        return max(alone, self._gain(self.suppositions.over(chosen), self._entropy()))

    def _entropy(self) -> float:
        return entropy(self.belief.root.values(), self.belief.nothing)

    def _gain(self, supposed: Supposed, now: float) -> float:
        """Return the expected drop of the entropy from what it is now."""
        weights = self._likelihoods(supposed)
        whole = sum(weights) or 1.0
        after = sum(weight / whole * bits for weight, bits in zip(weights, supposed.entropies(), strict=True))
        return max(0.0, now - after)

    def _likelihoods(self, supposed: Supposed) -> list[float]:
        """Return P(answer) of each answer, up to a common factor."""
        weights = [total / self.belief.total for total in supposed.total]
        for key, column in supposed.decided.items():
            leak = self.leak.get(key, UNQUOTED)
            by_itself = {None: 1.0, True: leak, False: 1 - leak}
            weights = [weight * by_itself[holds] for weight, holds in zip(weights, column, strict=True)]
        return weights

    def obtainable(self, outlooks: Iterable[Outlook]) -> tuple[Outlook, ...]:
        """Return those whose operand somebody could still obtain.

        A source that answered and does not offer a signal ("absent") will not offer it at the next try.
        """
        return tuple(
            outlook
            for outlook in outlooks
            if not _is_absent(self.look.reading(outlook.question.operand.signal))
        )

    def ranges(self, outlooks: Iterable[Outlook]) -> Ranges:
        """Return the lowest and highest root probability of each cause over what the unknown may say.

        Exact over the most influential unknown operands (up to 256 combined answers); the rest stays
        unknown, which the model marginalises.
        """
        chosen = affordable(outlook.question for outlook in outlooks)
        supposed = self.suppositions.over(chosen)
        ranges = {}
        for name in self.causes:
            roots = [self.belief.root_probability(name), *supposed.root_probabilities(name)]
            ranges[name] = (min(roots), max(roots))
        return ranges

    def lowest(self, names: Iterable[str], outlooks: Iterable[Outlook]) -> dict[str, float]:
        """Return the lowest probability of some causes, root or consequence, over what the unknown may say.

        As exact as ``ranges``: what all the hypotheses weigh without a cause tells what those with it do.
        """
        chosen = affordable(outlook.question for outlook in outlooks)
        whole = self.suppositions.over(chosen)
        lowest = {}
        for name in names:
            shares = whole.aside.get(name)
            if shares is None:
                rest = self._suppositions(name).over(chosen).total
                shares = [1 - without / total for without, total in zip(rest, whole.total, strict=True)]
            lowest[name] = min(self.belief.probability(name), *shares)
        return lowest


def _telling(outlook: Outlook) -> tuple[float, float, str]:
    """Sort by what an answer tells; equal ones by name, and not by the last digit of a sum."""
    shift, gain = round(outlook.shift, _DIGITS), round(outlook.gain_bits, _DIGITS)
    return -shift, -gain, str(outlook.question.operand)


def _is_absent(reading: Reading | Missing) -> bool:
    return isinstance(reading, Missing) and reading.reason is Reason.ABSENT
