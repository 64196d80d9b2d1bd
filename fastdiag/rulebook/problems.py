"""Everything that is wrong in a set of rule files, gathered so that one run shows it all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from fastdiag.errors import FastdiagError, RuleError

SHOWN_PROBLEMS: Final = 20
"""More than this is no longer read; the first ones are mended first anyway."""


class Place(NamedTuple):
    """A point in a file: line and column count from 1, the column in characters."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: what is wrong, where, and what to do about it. ``where`` sorts like the files read."""

    place: Place
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return str(self.error())

    def error(self) -> RuleError:
        """Return the fault as the error that users see."""
        return RuleError(self.message, hint=self.hint, where=str(self.place))


@dataclass(slots=True)
class Problems:
    """Faults as they are found. Readers note them and go on with a stand-in; nobody uses the outcome."""

    found: list[Problem] = field(default_factory=list)

    def note(self, place: Place, message: str, hint: str | None = None) -> None:
        """Add one fault."""
        self.found.append(Problem(place, message, hint))

    def raise_any(self) -> None:
        """Raise one RuleError that tells all faults, in the order of files and lines, or return."""
        if self.found:
            raise _told_together(sorted(dict.fromkeys(self.found), key=lambda problem: problem.place))


def _told_together(problems: list[Problem]) -> RuleError:
    if len(problems) == 1:
        return problems[0].error()
    return list_errors([problem.error() for problem in problems])


def list_errors(errors: list[RuleError]) -> RuleError:
    """Return one error that lists several, the first SHOWN_PROBLEMS of them in full."""
    lines = [_indented(error) for error in errors[:SHOWN_PROBLEMS]]
    if len(errors) > SHOWN_PROBLEMS:
        lines.append(f"  and {len(errors) - SHOWN_PROBLEMS} more")
    return RuleError("\n".join([f"{len(errors)} faults in the rules", *lines]))


def _indented(error: FastdiagError) -> str:
    return "\n".join(f"  {line}" for line in str(error).splitlines())
