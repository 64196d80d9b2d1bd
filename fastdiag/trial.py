"""Trials: every example of a cause, run through the engine as if it were a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from fastdiag.engine.diagnose import diagnose
from fastdiag.model.diagnosis import Diagnosis, Verdict
from fastdiag.model.example import Example, Given
from fastdiag.model.rule import Cause, Rulebook
from fastdiag.model.signal import Catalogue, Missing, Part, Range, Reading, Reason
from fastdiag.model.snapshot import Snapshot


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
    """Run one example."""
    snapshot = replace(snapshot_of(example.given, rulebook.catalogue), observed=example.observed)
    diagnosis = diagnose(snapshot, rulebook)
    rank, verdict = standing(cause.id, diagnosis)
    expect = example.expect
    complaints = []
    if expect.rank is not None and rank != expect.rank:
        complaints.append(f"rank {rank or 'none'}, expected {expect.rank}")
    if expect.at_least is not None and verdict < _verdict(expect.at_least):
        complaints.append(f"{verdict.words}, expected at least {expect.at_least}")
    if expect.at_most is not None and verdict > _verdict(expect.at_most):
        complaints.append(f"{verdict.words}, expected at most {expect.at_most}")
    return Trial(cause=cause.id, example=example, rank=rank, verdict=verdict, complaints=tuple(complaints))


def snapshot_of(given: Mapping[str, Given], catalogue: Catalogue) -> Snapshot:
    """Return the minimal snapshot that says what an example gives, and nothing else."""
    readings = {
        name: _reading(name, what, catalogue) for name, what in given.items() if what.value is not None
    }
    missing = {
        name: Missing(Reason.ABSENT, "missing in the example")
        for name, what in given.items()
        if what.value is None
    }
    return Snapshot(
        service="example", taken_at="1970-01-01T00:00:00Z", window_s=300, readings=readings, missing=missing
    )


def _reading(name: str, given: Given, catalogue: Catalogue) -> Reading:
    value = given.value.value if given.value else None
    parts = tuple(
        Part(labels=(("part", str(number)),), value=part.value) for number, part in enumerate(given.parts, 1)
    )
    window = None
    if given.pinned is not None and value is not None:
        window = Range(lowest=value if given.pinned else 0.0, highest=value, samples=5)
    return Reading(
        signal=name,
        unit=catalogue.unit(name),
        source="example",
        value=value,
        before=given.before.value if given.before else None,
        by=parts,
        window=window,
    )


def standing(cause_id: str, diagnosis: Diagnosis) -> tuple[int | None, Verdict]:
    """Return the rank (None when not listed) and the verdict of a cause."""
    for ranked in diagnosis.causes:
        if ranked.id == cause_id:
            return ranked.rank, ranked.verdict
    return None, next((other.verdict for other in diagnosis.others if other.id == cause_id), Verdict.UNLIKELY)


def _verdict(words: str) -> Verdict:
    return next(verdict for verdict in Verdict if verdict.words == words)
