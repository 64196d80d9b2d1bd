"""The causes on the screen: what drives what, how sure, the evidence with its numbers, what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, Fact, RankedCause, Status, Verdict
from fastdiag.model.rule import Kind
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.frames import caught
from fastdiag.render.holders import holder
from fastdiag.render.outline import MAX_FULL, Branch, contenders, outline, strongest
from fastdiag.render.paper import Paper
from fastdiag.render.sight import addressed, worst_parts
from fastdiag.render.words import UNPROVEN, filled, listed, lowered, percent, sureness, unfulfilled

_MAX_FACTS: Final = 4
_MAX_FACTS_OF_CONSEQUENCE: Final = 2
_MAX_NAMED: Final = 3
_INDENT: Final = "   "
_LABEL_WIDTH: Final = 9

VERDICT_STYLES: Final = {
    Verdict.VERY_LIKELY: "bold red",
    Verdict.LIKELY: "bold yellow",
    Verdict.POSSIBLE: "bold",
    Verdict.UNLIKELY: "dim",
    Verdict.RULED_OUT: "dim",
}


def write_causes(paper: Paper, diagnosis: Diagnosis, *, verbose: bool) -> None:
    """Write the ranked causes, the blind spots, and what need not be suspected."""
    branches = outline(diagnosis.causes)
    failures = [branch for branch in branches if branch.cause.kind is Kind.FAILURE]
    blind = [branch.cause for branch in branches if branch.cause.kind is Kind.VISIBILITY]
    named = frozenset(branch.cause.id for branch in contenders(diagnosis))
    writer = _CauseWriter(paper, diagnosis.snapshot, named, verbose)
    if failures:
        paper.heading("Causes")
    for number, branch in enumerate(failures, start=1):
        if number <= MAX_FULL or verbose:
            writer.full(number, branch)
        else:
            writer.brief(f"{number}  ", branch.cause, apart=number == MAX_FULL + 1)
    is_answer = not failures and any(cause.explains for cause in blind)  # why nothing tells why
    if not is_answer and not verbose:
        _write_in_short(paper, "Blind spots", [lowered(cause.title) for cause in blind])
    else:
        _write_blind_spots(writer, blind)
    _write_others(paper, diagnosis, verbose=verbose)


def write_cause(paper: Paper, diagnosis: Diagnosis, branch: Branch) -> None:
    """Write one cause in full: the whole ledger, what to check, what to do, and its consequences."""
    _CauseWriter(paper, diagnosis.snapshot, frozenset((branch.cause.id,)), verbose=True).full(1, branch)


def _write_blind_spots(writer: _CauseWriter, blind: Sequence[RankedCause]) -> None:
    """Write what keeps the cause from being seen, and what to do about it."""
    if blind:
        writer.paper.heading("Blind spots")
    for cause in blind:
        writer.brief(_INDENT, cause)
        writer.remedy(cause)


def _write_in_short(paper: Paper, title: str, said: Sequence[str]) -> None:
    """Write one row in place of a section; nothing where there is nothing to say."""
    if said:
        more = (f"{len(said) - _MAX_NAMED} more (-v)",) if len(said) > _MAX_NAMED else ()
        paper.blank()
        paper.row((f"{title}  ", "bold"), "; ".join((*said[:_MAX_NAMED], *more)))


def _write_others(paper: Paper, diagnosis: Diagnosis, *, verbose: bool) -> None:
    others = diagnosis.others
    ruled_out = [lowered(other.title) for other in others if other.verdict is Verdict.RULED_OUT]
    if verbose:
        paper.heading("Not listed")
        for other in others:
            why = f": {other.because}" if other.because else ""
            said = f"  {other.verdict.words} {percent(other.probability)}{why}"
            paper.row(_INDENT, other.title, (said, "dim"))
    elif diagnosis.status is not Status.OK:
        _write_in_short(paper, "Ruled out", ruled_out)


@dataclass(frozen=True, slots=True)
class _CauseWriter:
    """``named`` are the causes in the headline: only for those may a fix be proposed unasked."""

    paper: Paper
    snapshot: Snapshot
    named: frozenset[str]
    verbose: bool

    def full(self, number: int, branch: Branch) -> None:
        """Write one root cause with everything that a person needs, and its consequences under it."""
        cause, paper, style = branch.cause, self.paper, VERDICT_STYLES[branch.cause.verdict]
        if number > 1:
            paper.blank()
        paper.row(f"{number}  ", (cause.title, "bold"))
        words, bar = f"{cause.verdict.words}  ", paper.bar(cause.probability)
        sure = f" {sureness(cause)}"
        paper.row(_INDENT, (words, style), (bar, style), sure)
        self._evidence(_INDENT, cause, None if self.verbose else _MAX_FACTS)
        if cause.unproven:
            self._labelled("caution", UNPROVEN)
        for line in caught(self.snapshot, cause):
            self._labelled("caught", line)
        for line in holder(self.snapshot, branch):
            self._labelled("holder", line)
        for line in worst_parts(self.snapshot, cause)[: None if self.verbose else _MAX_NAMED]:
            self._labelled("worst", line)
        self._advice(cause)
        for consequence in branch.consequences:
            self._consequence(_INDENT, consequence)

    def brief(self, lead: str, cause: RankedCause, *, apart: bool = False) -> None:
        """Write one line; ``apart`` from what stands above."""
        if apart:
            self.paper.blank()
        sure = f"  {cause.verdict.words} {sureness(cause)}"
        self.paper.row(lead, cause.title, (sure, "dim"))

    def remedy(self, cause: RankedCause) -> None:
        """Write what to do about a cause that has no entry of its own."""
        if cause.fix:
            self._labelled("fix now", cause.fix.now)

    def _consequence(self, indent: str, branch: Branch) -> None:
        cause, corner = branch.cause, self.paper.glyphs.corner
        lead = (f"{indent}{corner} as a result  ", "dim")
        self.paper.row(lead, (cause.title, "bold"), f"  {percent(cause.probability)}")
        inner = f"{indent}  "
        self._evidence(inner, cause, None if self.verbose else _MAX_FACTS_OF_CONSEQUENCE)
        for deeper in branch.consequences:
            self._consequence(inner, deeper)

    def _evidence(self, indent: str, cause: RankedCause, at_most: int | None) -> None:
        for sign, style, facts in (("+", "green", cause.supports), ("-", "red", cause.contradicts)):
            for fact in strongest(facts)[:at_most]:
                because, said = unfulfilled(fact.because, fact.said)
                numbers = f" {said}{self._weight(fact)}"
                self.paper.row((f"{indent}{sign} ", style), f"{self._filled(because)}:", (numbers, "dim"))
            if at_most is not None and len(facts) > at_most:
                self.paper.row(f"{indent}  ", (f"and {len(facts) - at_most} more (-v)", "dim"))
        self._unknown(indent, cause)

    def _unknown(self, indent: str, cause: RankedCause) -> None:
        sign = (f"{indent}? ", "cyan")
        if self.verbose:
            for fact in cause.unknown:
                why = "; ".join(f"{signal} {reason}" for signal, reason in fact.reasons.items())
                self.paper.row(sign, f"{self._filled(fact.because)}:", (f" {fact.when}; {why}", "dim"))
            return
        reasons = {signal: reason for fact in cause.unknown for signal, reason in fact.reasons.items()}
        kinds = {reason.partition(":")[0] for reason in reasons.values()}
        why = f" ({kinds.pop()})" if len(kinds) == 1 else ""
        if reasons:
            said = f"not seen: {listed(list(reasons), at_most=_MAX_NAMED)}{why}"
            self.paper.row(sign, (said, "dim"))

    def _weight(self, fact: Fact) -> str:
        if not self.verbose:
            return ""
        return f"  [log odds {fact.log_odds:+.1f}]" if math.isfinite(fact.log_odds) else "  [rules it out]"

    def _advice(self, cause: RankedCause) -> None:
        for check in cause.check[: None if self.verbose else 1]:
            run = addressed(check.run, self.snapshot)
            self.paper.command(f"{_INDENT}{'check'.ljust(_LABEL_WIDTH)}", run)
            self._labelled("", f"look for: {check.look_for}")
        if cause.fix and (self.verbose or cause.id in self.named):
            self._labelled("fix now", cause.fix.now)
        if self.verbose:
            self._background(cause)

    def _background(self, cause: RankedCause) -> None:
        if cause.fix:
            self._labelled("then", cause.fix.then)
            self._labelled("avoid", cause.fix.avoid)
        self._labelled("why", cause.why)
        if cause.references:
            self._labelled("read", ", ".join(cause.references))

    def _labelled(self, label: str, text: str) -> None:
        style = "bold" if label == "fix now" else "dim"
        self.paper.row((f"{_INDENT}{label.ljust(_LABEL_WIDTH)}", style), self._filled(text.strip()))

    def _filled(self, text: str) -> str:
        return filled(text, self.snapshot.parameters)
