"""scenarios/*.yaml: lists of whole situations, and the ranking that the table must make of each.

- name: a report holds locks, and the pool drains behind them
  given: {http.latency.p95: 6s, db.locks.waiting: 9, db.pool.utilization: 100%}
  expect:                                  # given may be a file instead, snapshot: 2026-11-22.json
    status: critical
    symptoms: [low-cpu-high-latency]       # these and no others
    ranking:                               # who comes first, in this order
      - {cause: database-locks, at_least: likely}
      - db-pool-exhaustion
    causes: {slow-queries: {at_most: unlikely}}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from fastdiag.errors import nearest
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_entries, read_items, read_text
from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.example import Expectation
from fastdiag.model.rule import Rulebook
from fastdiag.model.scenario import Scenario
from fastdiag.rulebook.folders import Folder, path_of
from fastdiag.rulebook.situations import read_expectation, read_given
from fastdiag.rulebook.vocabulary import Names, Vocabulary

SCENARIO: Final = Shape("a scenario", ("name", "expect"), ("given", "snapshot", "observed"))
EXPECT: Final = Shape("'expect' of a scenario", (), ("status", "symptoms", "ranking", "causes"))
PLACED: Final = Shape("an item of 'ranking'", ("cause",), ("at_least", "at_most"))
_WORDS: Final = tuple(verdict.words for verdict in Verdict)


def read_scenarios(
    folders: Iterable[Folder], vocabulary: Vocabulary, book: Rulebook, problems: Problems
) -> tuple[Scenario, ...]:
    """Return the scenarios of all folders; note what is wrong. Those of a later folder replace no others."""
    symptoms, causes = [one.id for one in book.symptoms], [one.id for one in book.causes]
    names = Names(vocabulary, symptoms, causes, book.renamed)
    return tuple(
        scenario
        for folder in folders
        for document in folder.scenarios
        for scenario in _Reader(document.label, names, problems).scenarios(
            read_items(document.tree, f"{document.stem}.yaml", problems) or ()
        )
    )


class _Reader:
    """Reads the scenarios of one file, which places call ``label``."""

    def __init__(self, label: str, names: Names, problems: Problems) -> None:
        self._folder = path_of(label).parent
        self._names = names
        self._problems = problems

    def scenarios(self, nodes: Iterable[Node]) -> Iterator[Scenario]:
        """Yield the scenarios; their names differ."""
        names: set[str] = set()
        for node in nodes:
            scenario = self._scenario(node)
            if scenario.name in names:
                self._note(node, f"another scenario is already called {scenario.name!r}")
            names.add(scenario.name)
            yield scenario

    def _scenario(self, node: Node) -> Scenario:
        fields = Fields(node, SCENARIO, self._problems)
        given, expect = fields.get("given"), fields.get("expect")
        if (given is None) == (fields.get("snapshot") is None):
            self._note(node, "a scenario needs 'given' or 'snapshot', and not both")
        asked = Fields(expect, EXPECT, self._problems) if expect else None
        ranking = self._ranking(asked.items("ranking")) if asked else {}
        status = asked.word("status", list(Status)) if asked else None
        others = self._others(asked.get("causes")) if asked else {}
        symptoms = self._symptoms(asked.get("symptoms")) if asked else None
        if expect and not (status or ranking or others or symptoms is not None):
            self._note(expect, "'expect' expects nothing", f"one of: {', '.join(EXPECT.optional)}")
        self._check_once(asked, ranking, others)
        return Scenario(
            name=fields.text("name"),
            snapshot=self._snapshot(fields),
            given=read_given(given, self._names.vocabulary, self._problems) if given else {},
            observed=self._names.symptoms_in(fields.get("observed"), "'observed'", self._problems),
            status=Status(status) if status in list(Status) else None,
            symptoms=symptoms,
            ranking=tuple(ranking),
            expect={cause: one for cause, one in {**ranking, **others}.items() if one is not None},
            where=str(node.place),
        )

    def _note(self, node: Node, message: str, hint: str | None = None) -> None:
        self._problems.note(node.place, message, hint)

    def _symptoms(self, node: Node | None) -> tuple[str, ...] | None:
        return None if node is None else self._names.symptoms_in(node, "'symptoms'", self._problems)

    def _snapshot(self, fields: Fields) -> Path | None:
        """Return the snapshot, whose name is relative to the file that mentions it."""
        node = fields.get("snapshot")
        name = fields.text("snapshot")
        if node is None or not name:
            return None
        path = self._folder / name
        if not path.is_file():
            self._note(node, f"there is no snapshot {name!r}", "it lies beside this file, or relative to it")
        return path

    def _ranking(self, nodes: Iterable[Node]) -> dict[str, Expectation | None]:
        """Return the causes in order; with each what is asked of it beyond its place."""
        ranking: dict[str, Expectation | None] = {}
        for node in nodes:
            cause, expected = self._placed(node)
            if cause is not None and cause in ranking:
                self._note(node, f"'ranking' names {cause!r} twice")
            if cause is not None:
                ranking[cause] = expected
        return ranking

    def _placed(self, node: Node) -> tuple[str | None, Expectation | None]:
        """Read `database-locks`, or {cause: database-locks, at_least: likely}."""
        if isinstance(node, Scalar):
            return self._cause(node), None
        fields = Fields(node, PLACED, self._problems)
        written = fields.get("cause")
        expected = Expectation(
            at_least=fields.word("at_least", _WORDS), at_most=fields.word("at_most", _WORDS)
        )
        return self._cause(written) if written else None, expected

    def _cause(self, node: Node) -> str | None:
        written = read_text(node, "a cause", self._problems)
        if written is None:
            return None
        name = self._names.current(written)
        if name in self._names.causes:
            return name
        self._note(node, f"unknown cause {name!r}", nearest(name, self._names.causes))
        return None

    def _others(self, node: Node | None) -> dict[str, Expectation]:
        if node is None:
            return {}
        expect = {}
        for key, value in read_entries(node, "'causes'", self._problems):
            cause = self._cause(key)
            if cause is not None:
                expect[cause] = read_expectation(value, self._problems)
        return expect

    def _check_once(self, asked: Fields | None, ranking: Iterable[str], others: Iterable[str]) -> None:
        node = asked.get("causes") if asked else None
        for cause in sorted(set(ranking) & set(others)):
            if node is not None:
                self._note(node, f"{cause} stands in 'ranking' as well", "say all of it there")
