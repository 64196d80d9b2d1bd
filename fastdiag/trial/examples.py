"""One example at a time, for those who test a table in their own programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastdiag.model.diagnosis import Verdict
from fastdiag.model.example import Example
from fastdiag.model.rule import Cause, Rulebook
from fastdiag.trial.attempt import attempt
from fastdiag.trial.cases import case_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One example and what the table made of it; ``complaints`` is empty when it met the expectation."""

    cause: str
    example: Example
    rank: int | None
    verdict: Verdict
    complaints: tuple[str, ...]


def run_trials(rulebook: Rulebook) -> Iterator[Trial]:
    """Run the examples of every cause, in the order of the table."""
    for cause in rulebook.causes:
        for example in cause.examples:
            yield run_trial(cause, example, rulebook)


def run_trial(cause: Cause, example: Example, rulebook: Rulebook) -> Trial:
    """Run one example. LIKELY stands for VERY_LIKELY, too, where the example leaves that open."""
    tried = attempt(case_of(cause, example, rulebook), rulebook)
    return Trial(
        cause=cause.id,
        example=example,
        rank=tried.ranking.index(cause.id) + 1 if cause.id in tried.ranking else None,
        verdict=tried.verdicts[cause.id],
        complaints=tuple(map(str, tried.differences)),
    )
