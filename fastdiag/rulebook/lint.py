"""What is wrong with a table as a whole, beyond each definition: contradictions, and gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastdiag.errors import nearest
from fastdiag.located.problems import list_errors
from fastdiag.model.rule import Cause, Layer, Rulebook
from fastdiag.rulebook.contradictions import contradictions
from fastdiag.rulebook.separation import inseparable_pairs

MIN_EXAMPLES: Final = 3
"""The situation that the cause is made for, its rival, and one in which little is seen."""

ASSUMPTIONS: Final = (
    "async equals scalability",
    "defaults are production-safe",
    "databases scale linearly",
    "background tasks are harmless",
    "observability can wait",
    "more workers always mean more capacity",
)
"""What teams take for granted, and what production disproves: each cause breaks one of these."""

MECHANISMS: Final = (
    "blocking code in async routes",
    "synchronous routes",
    "pool arithmetic",
    "database mistakes",
    "connection leaks",
    "server defaults",
    "workers share no memory",
    "in-process background tasks",
    "observability gap",
)
"""The general ways in which such services break: a cause names those of which it is a case, if any."""


class Level(StrEnum):
    """Whether a table with the finding can be used."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend; ``where`` is file:line:column of the definition it belongs to."""

    level: Level
    where: str
    message: str
    hint: str | None = None


def lint(book: Rulebook, *, min_examples: int = MIN_EXAMPLES) -> tuple[Finding, ...]:
    """Return all findings about a table, errors first. ``load_rulebook`` lets no error pass."""
    errors = (
        Finding(level=Level.ERROR, where=str(fault.where), message=fault.message, hint=fault.hint)
        for fault in contradictions(book)
    )
    return (*errors, *_gaps(book, min_examples))


def raise_errors(book: Rulebook) -> None:
    """Raise one RuleError that tells every contradiction of a table, or return."""
    faults = list(contradictions(book))
    if faults:
        raise list_errors(faults)


def _gaps(book: Rulebook, min_examples: int) -> Iterator[Finding]:
    for cause in book.causes:
        yield from _gaps_of_cause(cause, min_examples)
        yield from _repeated_evidence(cause)
    yield from _idle_suspicions(book)
    yield from _look_alikes(book)
    for signal in book.catalogue.signals.values():
        if not signal.sources and not signal.formula:
            yield _warning(signal.where, f"signal {signal.id} has neither a source nor a formula")


def _gaps_of_cause(cause: Cause, min_examples: int) -> Iterator[Finding]:
    if cause.assumption not in ASSUMPTIONS:
        hint = nearest(cause.assumption, ASSUMPTIONS) or f"one of: {', '.join(ASSUMPTIONS)}"
        yield _warning(cause.where, f"{cause.id} breaks an unknown assumption, {cause.assumption!r}", hint)
    if cause.layer is None:
        hint = f"one of: {', '.join(Layer)}"
        yield _warning(cause.where, f"{cause.id} does not say in which layer it sits", hint)
    for mechanism in cause.mechanisms:
        if mechanism not in MECHANISMS:
            hint = nearest(mechanism, MECHANISMS) or f"one of: {', '.join(MECHANISMS)}"
            yield _warning(cause.where, f"{cause.id} names an unknown mechanism, {mechanism!r}", hint)
    if not cause.contradicts:
        hint = "say what one would see if it were something else"
        yield _warning(cause.where, f"{cause.id} has no evidence against it: nothing can rule it out", hint)
    if not cause.check:
        yield _warning(cause.where, f"{cause.id} has no check", "say what a person runs to be sure")
    if cause.fix is None:
        yield _warning(cause.where, f"{cause.id} has no fix", "say what to do now, then, and what to avoid")
    if len(cause.examples) < min_examples:
        message = f"{cause.id} has {len(cause.examples)} of at least {min_examples} examples"
        yield _warning(cause.where, message, "show it, its closest rival, and a situation with little to see")


def _repeated_evidence(cause: Cause) -> Iterator[Finding]:
    for rows in (cause.supports, cause.contradicts):
        seen: dict[str, str] = {}
        for row in rows:
            first = seen.setdefault(row.when.key, row.where)
            if first != row.where:
                yield _warning(row.where, f"this evidence is already given at {first}: it counts once")


def _idle_suspicions(book: Rulebook) -> Iterator[Finding]:
    explains = {cause.id: cause.explains for cause in book.causes}
    for symptom in book.symptoms:
        for suspect in symptom.suspects:
            if symptom.id not in explains.get(suspect, (symptom.id,)):
                message = f"{symptom.id} suspects {suspect}, which does not explain it"
                yield _warning(
                    symptom.where, message, f"add it to 'explains' of {suspect}, or drop the suspect"
                )


def _look_alikes(book: Rulebook) -> Iterator[Finding]:
    for one, other in inseparable_pairs(book.causes):
        message = f"{one.id} and {other.id} share evidence, and nothing tells them apart"
        hint = "give one of them strong evidence that the other lacks, for it or against it"
        yield _warning(one.where, message, hint)


def _warning(where: str, message: str, hint: str | None = None) -> Finding:
    return Finding(level=Level.WARNING, where=where, message=message, hint=hint)
