"""Everything that is wrong in a set of rule files, gathered so that one run shows it all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from fastdiag.errors import FastdiagError, RuleError

SHOWN_PROBLEMS: Final = 20
"""More than this is no longer read; the first ones are mended first anyway."""
SHOWN_CHARACTERS: Final = 400
"""Of one message: it may quote a value that somebody pasted in."""


class Place(NamedTuple):
    """A point in a file: line and column (in characters) count from 1; line 0 means the file as such."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: what is wrong, where, and what to do about it. ``where`` sorts like the files read."""

    place: Place
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return str(self.error())

    def error(self, kind: type[FastdiagError] = RuleError) -> FastdiagError:
        """Return the fault as the error that users see."""
        return kind(self.message, hint=self.hint, where=str(self.place))


@dataclass(slots=True)
class Problems:
    """Faults as they are found. Readers note them and go on with a stand-in; nobody uses the outcome.

    ``kind`` is the error that tells them, ``what`` the files they are in, in a few words.
    """

    kind: type[FastdiagError] = RuleError
    what: str = "the rules"
    found: list[Problem] = field(default_factory=list)

    def note(self, place: Place, message: str, hint: str | None = None) -> None:
        """Add one fault. What the message quotes of a file cannot reach the terminal as a command."""
        self.found.append(Problem(place, _one_line(message), hint and _one_line(hint)))

    def raise_any(self) -> None:
        """Raise one RuleError that tells all faults, in the order of files and lines, or return."""
        if self.found:
            raise list_errors([fault.error(self.kind) for fault in self.sorted()], self.what)

    def sorted(self) -> list[Problem]:
        """Return all faults, each once, in the order of files and lines."""
        return sorted(dict.fromkeys(self.found), key=lambda problem: problem.place)


def _one_line(text: str) -> str:
    shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]} ..."
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown)


def list_errors(errors: Sequence[FastdiagError], what: str = "the rules") -> FastdiagError:
    """Return one error that lists several, the first SHOWN_PROBLEMS in full; a single one as it is."""
    if len(errors) == 1:
        return errors[0]
    lines = [_indented(error) for error in errors[:SHOWN_PROBLEMS]]
    if len(errors) > SHOWN_PROBLEMS:
        lines.append(f"  and {len(errors) - SHOWN_PROBLEMS} more")
    return type(errors[0])("\n".join([f"{len(errors)} faults in {what}", *lines]))


def _indented(error: FastdiagError) -> str:
    return "\n".join(f"  {line}" for line in str(error).splitlines())
