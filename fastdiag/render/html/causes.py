"""Ranked causes with everything that speaks for and against them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.model.diagnosis import Assessment, Diagnosis, Fact, RankedCause, Verdict
from fastdiag.model.rule import Kind
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.frames import caught
from fastdiag.render.holders import holder
from fastdiag.render.html.parts import Bar, Look, Note, bar, lines
from fastdiag.render.markup import is_web_address
from fastdiag.render.outline import MAX_FULL, Branch, contenders, outline, strongest
from fastdiag.render.sight import worst_parts
from fastdiag.render.words import UNPROVEN, filled, percent, sureness, unfulfilled

_HEAVIEST: Final = 6.0
"""Log odds that fill the bar of a finding: 400 times as likely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One finding in the ledger; ``share`` of the heaviest there is, in percent."""

    is_for: bool
    because: str
    said: str
    weight: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What to do; ``is_named`` where the headline names the cause, so that it may be done unasked."""

    now: str
    then: str
    avoid: str
    is_named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where to read more; only a web address is a link."""

    text: str
    is_link: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One cause. A consequence has a card of its own under that of its root, and no number."""

    number: int
    id: str
    title: str
    verdict: str
    level: str
    sure: str
    bar: Bar
    why: str
    explains: tuple[str, ...]
    ledger: tuple[Entry, ...]
    unseen: tuple[Note, ...]
    notes: tuple[Note, ...]
    checks: tuple[Look, ...]
    remedy: Remedy | None
    references: tuple[Reference, ...]
    consequences: tuple[Card, ...]
    is_open: bool

    @property
    def anchor(self) -> str:
        """Name of the place on the page."""
        return f"cause-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """Failures by rank, what keeps causes from being seen, and what need not be suspected."""

    failures: tuple[Card, ...]
    blind: tuple[Card, ...]
    ruled_out: tuple[Note, ...]
    others: tuple[Note, ...]


def causes(diagnosis: Diagnosis) -> Causes:
    """Return all of them: the first are open, the others are folded."""
    branches = outline(diagnosis.causes)
    named = frozenset(branch.cause.id for branch in contenders(diagnosis))
    dealer = _Dealer(diagnosis, named)
    others = diagnosis.others
    return Causes(
        failures=tuple(dealer.dealt(branches, Kind.FAILURE)),
        blind=tuple(dealer.dealt(branches, Kind.VISIBILITY)),
        ruled_out=tuple(dealer.other(one) for one in others if one.verdict is Verdict.RULED_OUT),
        others=tuple(dealer.other(one) for one in others if one.verdict is not Verdict.RULED_OUT),
    )


@dataclass(frozen=True, slots=True)
class _Dealer:
    """Makes cards; ``named`` are the causes in the headline."""

    diagnosis: Diagnosis
    named: frozenset[str]

    @property
    def snapshot(self) -> Snapshot:
        return self.diagnosis.snapshot

    def dealt(self, branches: Sequence[Branch], kind: Kind) -> Iterator[Card]:
        """Yield a card for each root of a kind."""
        roots = (branch for branch in branches if branch.cause.kind is kind)
        for number, branch in enumerate(roots, start=1):
            yield self.card(branch, number)

    def card(self, branch: Branch, number: int = 0) -> Card:
        """Return the card of a cause with those of its consequences; only a root has a ``number``."""
        cause = branch.cause
        titles = {symptom.id: symptom.title for symptom in self.diagnosis.symptoms}
        return Card(
            number=number,
            id=cause.id,
            title=cause.title,
            verdict=cause.verdict.words,
            level=cause.verdict.name.lower().replace("_", "-"),
            sure=sureness(cause) if number else percent(cause.probability),
            bar=bar(cause),
            why=self._said(cause.why),
            explains=tuple(titles[one] for one in cause.explains if one in titles),
            ledger=tuple(self._entries(cause)),
            unseen=tuple(self._unseen(fact) for fact in cause.unknown),
            notes=tuple(self._notes(branch)),
            checks=tuple(self._checks(cause)),
            remedy=self._remedy(cause),
            references=tuple(Reference(text=one, is_link=is_web_address(one)) for one in cause.references),
            consequences=tuple(self.card(one) for one in branch.consequences),
            is_open=number <= MAX_FULL,
        )

    def _entries(self, cause: RankedCause) -> Iterator[Entry]:
        for is_for, facts in ((True, cause.supports), (False, cause.contradicts)):
            for fact in strongest(facts):
                because, said = unfulfilled(fact.because, fact.said)
                yield Entry(
                    is_for=is_for,
                    because=self._said(because),
                    said=said,
                    weight=_weight(fact),
                    share=_share(fact),
                )

    def _unseen(self, fact: Fact) -> Note:
        reasons = tuple(f"{signal} {reason}" for signal, reason in fact.reasons.items())
        return Note(label=self._said(fact.when), text=self._said(fact.because), signals=reasons)

    def _notes(self, branch: Branch) -> Iterator[Note]:
        cause, snapshot = branch.cause, self.snapshot
        if cause.unproven:
            yield Note(label="caution", text=UNPROVEN)
        told = (
            ("caught", caught(snapshot, cause)),
            ("holder", holder(snapshot, branch)),
            ("worst", worst_parts(snapshot, cause)),
        )
        for label, texts in told:
            for text in texts:
                yield Note(label=label, text=text)

    def _checks(self, cause: RankedCause) -> Iterator[Look]:
        for check in cause.check:
            said = f"look for: {self._said(check.look_for)}"
            yield Look(command=lines(check.run, self.snapshot), said=said)

    def _remedy(self, cause: RankedCause) -> Remedy | None:
        fix = cause.fix
        if fix is None:
            return None
        now, then, avoid = map(self._said, (fix.now, fix.then, fix.avoid))
        return Remedy(now=now, then=then, avoid=avoid, is_named=cause.id in self.named)

    def other(self, one: Assessment) -> Note:
        """Return one line for a cause that is not listed."""
        label = f"{one.verdict.words}, {percent(one.probability)}"
        text = f"{one.title}: {self._said(one.because)}" if one.because else one.title
        return Note(label=label, text=text)

    def _said(self, text: str) -> str:
        return filled(text.strip(), self.snapshot.parameters)


def _weight(fact: Fact) -> str:
    return f"{fact.log_odds:+.1f}" if math.isfinite(fact.log_odds) else "rules it out"


def _share(fact: Fact) -> float:
    return round(100 * min(1.0, abs(fact.log_odds) / _HEAVIEST), 1)
