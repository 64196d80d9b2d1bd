"""From folders of rule files to one checked table.

Faults are told all at once, in three steps, since each step rests on the one before: files that cannot
be read; definitions that make no sense or name what does not exist; a table that contradicts itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from fastdiag.located.problems import Problems
from fastdiag.model.rule import Rulebook
from fastdiag.rulebook.alerts import read_alerts
from fastdiag.rulebook.causes import cause_files, read_cause
from fastdiag.rulebook.folders import Folder, builtin_rules, read_folders
from fastdiag.rulebook.groundwork import Groundwork, read_groundwork
from fastdiag.rulebook.limits import read_limits
from fastdiag.rulebook.lint import raise_errors
from fastdiag.rulebook.parameters import override
from fastdiag.rulebook.renames import Renames
from fastdiag.rulebook.symptoms import read_symptom, symptom_rows
from fastdiag.rulebook.vocabulary import Names

__all__ = ["builtin_rules", "complete_rulebook", "load_rulebook"]

JUDGING: Final = ("symptoms", "limits", "alerts", "causes")


def load_rulebook(
    builtin: Path, extra: Sequence[Path] = (), overrides: Mapping[str, str] | None = None
) -> Rulebook:
    """Return the table of ``builtin``, to which the folders of ``extra`` add and which they replace by id.

    ``overrides`` are the user's values of parameters. Raises RuleError, which tells every fault with its
    place, and ConfigError for an override that names no parameter or does not fit its unit.
    """
    problems = Problems()
    folders = read_folders(builtin, extra, problems)
    problems.raise_any()
    book = _read(folders, read_groundwork(folders, problems), problems)
    return dataclasses.replace(book, parameters=override(book.parameters, overrides or {}))


def complete_rulebook(builtin: Path, ground: Groundwork) -> Rulebook:
    """Return the table of ``builtin``, whose groundwork is laid. Raises like ``load_rulebook``."""
    problems = Problems()
    folders = read_folders(builtin, (), problems, JUDGING)
    problems.raise_any()
    return _read(folders, ground, problems)


def _read(folders: Sequence[Folder], ground: Groundwork, problems: Problems) -> Rulebook:
    book = read_judging(folders, ground, problems)
    problems.raise_any()
    raise_errors(book)
    return book


def read_judging(folders: Sequence[Folder], ground: Groundwork, problems: Problems) -> Rulebook:
    """Return the table of folders whose groundwork is laid; note what is wrong. It may contradict itself."""
    rows = symptom_rows(folders, renamed := Renames("symptom", problems), problems)
    files = cause_files(folders, others := Renames("cause", problems))
    # Symptoms and causes name each other: all ids are known before the first is read.
    names = Names(ground.vocabulary, rows.keys(), files.keys(), {**renamed.current, **others.current})
    symptoms = tuple(read_symptom(row, names, problems) for row in rows.values())
    causes = tuple(read_cause(document, names, problems) for document in files.values())
    return Rulebook(
        catalogue=ground.catalogue,
        parameters=ground.parameters,
        symptoms=symptoms,
        causes=causes,
        limits=read_limits(folders, names, problems),
        alerts=read_alerts(folders, names, problems),
        renamed=names.renamed,
    )
