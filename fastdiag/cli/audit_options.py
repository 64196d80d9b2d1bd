"""The options of `fastdiag audit`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from fastdiag.cli import complete
from fastdiag.cli.forms import form_option
from fastdiag.cli.options import word


class Form(StrEnum):
    """How an audit is told; `auto` goes by the suffix of --output, else it is the terminal's."""

    AUTO = "auto"
    TERMINAL = "terminal"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    GITHUB = "github"


SUFFIXES: Final = {
    ".json": Form.JSON,
    ".md": Form.MARKDOWN,
    ".markdown": Form.MARKDOWN,
    ".sarif": Form.SARIF,
}


class Gate(StrEnum):
    """The severity from which on the exit code is 1; the words are those of ``model.audit.Severity``."""

    NOTE = "note"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """How an audit is to be shown, and what its findings mean to the exit code."""

    form: Form = Form.AUTO
    output: Path | None = None
    fail_on: Gate | None = None
    verbose: bool = False

    @property
    def resolved(self) -> Form:
        """The form that was asked for, or that the name of the output stands for."""
        if self.form is not Form.AUTO:
            return self.form
        return SUFFIXES.get(self.output.suffix.lower(), Form.TERMINAL) if self.output else Form.TERMINAL


def parse_gate(text: str) -> Gate:
    """Return the severity of that name. Raise FastdiagError when there is none."""
    return word(Gate, "--fail-on", text)


def complete_gate(incomplete: str) -> Iterable[str]:
    """Complete --fail-on."""
    return complete.matching(Gate, incomplete)


PathArgument = Annotated[Path, typer.Argument(metavar="PATH", hidden=True)]
FormOption = Annotated[
    Form,
    form_option(
        Form,
        "terminal, json, markdown, sarif or github (annotations of a workflow); auto goes by the suffix of"
        " --output.",
    ),
]
GateOption = Annotated[
    Gate | None,
    typer.Option(
        "--fail-on",
        metavar="SEVERITY",
        parser=parse_gate,
        autocompletion=complete_gate,
        help="Exit with 1 for a finding of this severity or worse: note, warning or critical.",
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="CHECK", autocompletion=complete.checks, help="Tell only this check; repeatable."
    ),
]
SkipOption = Annotated[
    list[str] | None,
    typer.Option(
        "--skip", metavar="CHECK", autocompletion=complete.checks, help="Do not tell this check; repeatable."
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="GLOB",
        help="Leave out these files, such as 'scripts/' or '*_pb2.py'; repeatable. Tests, virtual"
        " environments and hidden folders are left out anyway.",
    ),
]
BaselineOption = Annotated[
    Path | None,
    typer.Option("--baseline", metavar="FILE", help="Set aside the findings that this file names."),
]
WriteBaselineOption = Annotated[
    Path | None,
    typer.Option(
        "--write-baseline", metavar="FILE", help="Name the findings of today in a file for --baseline."
    ),
]
ListOption = Annotated[bool, typer.Option("--list", help="List the checks, and look at nothing.")]
NoCacheOption = Annotated[
    bool, typer.Option("--no-cache", help="Analyse again, even if nothing has changed since the last audit.")
]
VerboseAuditOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show every finding in full, and what was set aside.")
]
