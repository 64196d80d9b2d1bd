"""Everything that may go wrong in a way the user can mend.

    FastdiagError            wrong use, and the root of the tree        exit 2
    ├── ConfigError          an option, the environment, fastdiag.yaml  exit 2
    ├── RuleError            a rule file, with file:line:column         exit 2
    ├── SnapshotError        a snapshot file that cannot be read        exit 2
    └── HistoryError         the history cannot be read or written      exit 2

They are raised where the fault is seen and caught once, in ``fastdiag.__main__``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class FastdiagError(Exception):
    """A fault that a user can mend: what happened, where, and what to do next."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, hint: str | None = None, where: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        """Return the whole story in plain text: place, message, and the hint on its own line."""
        place = f"{self.where}: " if self.where else ""
        tip = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{place}{self.message}{tip}"


class ConfigError(FastdiagError):
    """An option, an environment variable or fastdiag.yaml does not make sense."""


class RuleError(FastdiagError):
    """A rule file is wrong; ``where`` is file:line:column."""


class SnapshotError(FastdiagError):
    """A snapshot file cannot be read."""


class HistoryError(FastdiagError):
    """The history of earlier diagnoses cannot be read or written; ``where`` says where it is kept."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return a hint naming the known word closest to ``word``, or None when none is close."""
    words = [str(item) for item in known]  # the members of an enum would show as what they are
    match = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"did you mean {match[0]!r}?" if match else None
