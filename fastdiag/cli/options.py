"""Options that several commands share, with their help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """Output formats; `auto` goes by the suffix of --output, else the terminal's."""

    AUTO = "auto"
    TERMINAL = "terminal"
    JSON = "json"
    MARKDOWN = "markdown"


class FailOn(StrEnum):
    """The status from which on the exit code is 1."""

    WARNING = "warning"
    CRITICAL = "critical"


FormatOption = Annotated[
    Format, typer.Option("--format", "-f", help="Output format; auto goes by the suffix of --output.")
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the result here instead of to stdout."),
]
FailOnOption = Annotated[
    FailOn | None, typer.Option("--fail-on", help="Exit with 1 when the status is this or worse.")
]
RulesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules", metavar="DIR", help="A folder of your own rules, added to the built-in ones; repeatable."
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Settings; default ./fastdiag.yaml if it exists."),
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show every cause in full and every signal that was not seen.")
]
