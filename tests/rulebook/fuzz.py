"""What has to come of a damaged rule file: a located fault or a valid definition, and nothing executed."""

import sys
from functools import cache
from typing import Final, Self

from fastdiag.located.located_yaml import Node, compose
from fastdiag.located.problems import Place, Problems
from fastdiag.rulebook.alerts import read_alerts
from fastdiag.rulebook.causes import read_cause
from fastdiag.rulebook.condition import read_condition
from fastdiag.rulebook.declared import undeclared
from fastdiag.rulebook.folders import LISTS, Document, Folder, builtin_rules
from fastdiag.rulebook.groundwork import load_groundwork
from fastdiag.rulebook.limits import read_limits
from fastdiag.rulebook.load import load_rulebook
from fastdiag.rulebook.parameters import read_parameters
from fastdiag.rulebook.renames import Renames
from fastdiag.rulebook.signals import read_signals
from fastdiag.rulebook.symptoms import read_symptom, symptom_rows
from fastdiag.rulebook.vocabulary import Names
from tests.rulebook.damage import Case

FILE: Final = "rules/x.yaml"


@cache
def names() -> Names:
    """Return what files of the table may name."""
    ground = load_groundwork(builtin_rules())
    book = load_rulebook(builtin_rules())
    return Names(ground.vocabulary, [one.id for one in book.symptoms], [one.id for one in book.causes])


def outcome(case: Case) -> tuple[bool, Problems]:
    """Read a case as the loader does; return whether something came of it, and the faults noted."""
    problems = Problems()
    tree = compose(case.text, FILE, problems)
    if tree is None:
        return False, problems
    if case.kind == "condition":
        return read_condition(tree, "'when'", names().vocabulary, problems) is not None, problems
    _read(case.kind, undeclared(tree, case.kind if case.kind in LISTS else None, problems), problems)
    return not problems.found, problems


def _read(kind: str, tree: Node, problems: Problems) -> None:
    document = Document(FILE, "x", tree)
    match kind:
        case "causes":
            Renames("cause", problems).read({"x": tree})
            read_cause(document, names(), problems)
        case "signals":
            read_signals([Folder(signals=(document,))], problems)
        case "parameters":
            read_parameters([Folder(parameters=(document,))], problems)
        case "symptoms":
            rows = symptom_rows([Folder(symptoms=(document,))], Renames("symptom", problems), problems)
            for row in rows.values():
                read_symptom(row, names(), problems)
        case "limits":
            read_limits([Folder(limits=(document,))], names(), problems)
        case "alerts":
            read_alerts([Folder(alerts=(document,))], names(), problems)


def complaint(case: Case) -> str | None:
    """Return what is wrong with how a case ends; None when it is as it should be."""
    is_read, problems = outcome(case)
    if not is_read and not problems.found:
        return "neither a definition nor a fault"
    lines = case.text.count("\n") + case.text.count("\r") + 2
    for problem in problems.found:
        if misplaced := _misplaced(problem.place, lines):
            return f"{misplaced}: {problem.message}"
        if not problem.message.strip() or not str(problem).replace("\n", "").isprintable():
            return f"cannot be printed: {problem.message!r}"
    return None


def _misplaced(place: Place, lines: int) -> str | None:
    if place.file != FILE:
        return f"in another file, {place.file}"
    return f"in line {place.line} of {lines}" if not 0 <= place.line <= lines else None


# --- nothing is executed ----------------------------------------------------------------------

_DANGEROUS: Final = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "subprocess.Popen",
    "exec",
    "import",
    "socket.connect",
)
_WRITING: Final = ("w", "a", "x", "+")


class Watch:
    """Notes what the interpreter is asked to do while it is on: commands, code, imports, files written."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._is_on = False
        sys.addaudithook(self._note)  # cannot be taken off again: hence the switch

    def __enter__(self) -> Self:
        self._is_on = True
        return self

    def __exit__(self, *_: object) -> None:
        self._is_on = False

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._is_on:
            return
        is_written = event == "open" and any(sign in str(arguments[1]) for sign in _WRITING)
        if event in _DANGEROUS or is_written:
            self.seen.append(f"{event} {arguments[:2]}")
