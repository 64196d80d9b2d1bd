"""The part of the rule table that must be known before a source is asked: signals and parameters.

The larger part, by which the answers are judged, can be read while the sources are out (see ``load``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.located.problems import Problems
from fastdiag.model.quantity import Quantity
from fastdiag.model.signal import Catalogue
from fastdiag.rulebook.folders import Folder, read_folders
from fastdiag.rulebook.parameters import read_parameters
from fastdiag.rulebook.signals import read_signals
from fastdiag.rulebook.vocabulary import Vocabulary

PARTS: Final = ("parameters", "signals")


@dataclass(frozen=True, slots=True)
class Groundwork:
    """What sources are asked for, and the words that rules may use of it."""

    catalogue: Catalogue
    vocabulary: Vocabulary

    @property
    def parameters(self) -> Mapping[str, Quantity]:
        """The thresholds that users set, with the values of the table."""
        return {name: value for name, value in self.vocabulary.parameters.items() if value is not None}


def load_groundwork(builtin: Path) -> Groundwork:
    """Return the signals and parameters of ``builtin``.

    Raises:
        RuleError: one of their files is wrong.

    """
    problems = Problems()
    folders = read_folders(builtin, (), problems, PARTS)
    problems.raise_any()
    ground = read_groundwork(folders, problems)
    problems.raise_any()
    return ground


def read_groundwork(folders: Sequence[Folder], problems: Problems) -> Groundwork:
    """Return the signals and parameters of folders that have been read; note what is wrong."""
    parameters = read_parameters(folders, problems)
    signals = read_signals(folders, problems)
    return Groundwork(
        Catalogue(signals.by_id, signals.renamed), Vocabulary(signals.units, parameters, signals.renamed)
    )
