"""A rule table together with the scenarios that lie beside it: what tests of the table start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastdiag.located.problems import Problems
from fastdiag.model.rule import Rulebook
from fastdiag.model.scenario import Scenario
from fastdiag.rulebook.folders import PARTS, SCENARIOS, read_folders
from fastdiag.rulebook.groundwork import read_groundwork
from fastdiag.rulebook.lint import raise_errors
from fastdiag.rulebook.load import read_judging
from fastdiag.rulebook.scenarios import read_scenarios


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A table and its scenarios; its parameters are those of the rule files, and not a user's own."""

    book: Rulebook
    scenarios: tuple[Scenario, ...]


def load_tested(builtin: Path, extra: Sequence[Path] = ()) -> Tested:
    """Return the table of these folders like ``load_rulebook``, with its scenarios.

    Raises:
        RuleError: a file is wrong; it tells every fault with its place.

    """
    problems = Problems()
    folders = read_folders(builtin, extra, problems, (*PARTS, SCENARIOS))
    problems.raise_any()
    ground = read_groundwork(folders, problems)
    book = read_judging(folders, ground, problems)
    scenarios = read_scenarios(folders, ground.vocabulary, book, problems)
    problems.raise_any()
    raise_errors(book)
    return Tested(book=book, scenarios=scenarios)
