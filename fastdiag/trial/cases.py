"""What is tried: every example of a cause and every scenario, as if it were a snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from fastdiag.errors import ConfigError, SnapshotError
from fastdiag.model.example import Example, Given
from fastdiag.model.rule import Cause, Rulebook
from fastdiag.model.scenario import Scenario
from fastdiag.model.signal import Catalogue, Missing, Part, Range, Reading, Reason
from fastdiag.model.snapshot import Snapshot
from fastdiag.model.trial import Case
from fastdiag.render import snapshot_file
from fastdiag.rulebook.parameters import override


def cases_of(
    book: Rulebook, scenarios: Iterable[Scenario] = (), about: Collection[str] = ()
) -> tuple[Case, ...]:
    """Return the examples and scenarios that say something of the causes ``about``; all where it is empty.

    Raises:
        SnapshotError: the snapshot of a scenario cannot be read.

    """
    cases = _all(book, scenarios)
    return tuple(case for case in cases if not about or case.concerns & frozenset(about))


def _all(book: Rulebook, scenarios: Iterable[Scenario]) -> Iterator[Case]:
    for cause in book.causes:
        for example in cause.examples:
            yield case_of(cause, example, book)
    for scenario in scenarios:
        yield _case_of_scenario(scenario, book)


def case_of(cause: Cause, example: Example, book: Rulebook) -> Case:
    """Return an example as a case."""
    return Case(
        name=example.name,
        cause=cause.id,
        snapshot=replace(snapshot_of(example.given, book.catalogue), observed=example.observed),
        expect={cause.id: example.expect},
        where=example.where,
    )


def _case_of_scenario(scenario: Scenario, book: Rulebook) -> Case:
    if scenario.snapshot is None:
        taken = snapshot_of(scenario.given, book.catalogue)
    else:
        taken = _saved(scenario.snapshot, book)
    return Case(
        name=scenario.name,
        cause=None,
        snapshot=replace(taken, observed=tuple(dict.fromkeys((*taken.observed, *scenario.observed)))),
        status=scenario.status,
        symptoms=scenario.symptoms,
        ranking=scenario.ranking,
        expect=scenario.expect,
        where=scenario.where,
    )


def _saved(path: Path, book: Rulebook) -> Snapshot:
    """Read a saved snapshot, which brings its own parameters along."""
    taken = snapshot_file.load(path, book.catalogue)
    carried = {name: text for name, text in taken.parameters.items() if name in book.parameters}
    try:
        override(book.parameters, carried)
    except ConfigError as error:
        raise SnapshotError(error.message, hint=error.hint, where=str(path)) from None
    return taken


def snapshot_of(given: Mapping[str, Given], catalogue: Catalogue) -> Snapshot:
    """Return the minimal snapshot that says what an example gives, and nothing else."""
    readings = {
        name: _reading(name, what, catalogue)
        for name, what in given.items()
        if what.value is not None or what.parts
    }
    missing = {
        name: Missing(Reason.ABSENT, "missing in the example") for name in given if name not in readings
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
