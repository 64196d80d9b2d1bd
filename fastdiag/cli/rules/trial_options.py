"""The options of `fastdiag rules test`, and what they may say."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from fastdiag.cli.forms import form_option
from fastdiag.errors import ConfigError

DEFAULT_WITHIN_S: Final = 600.0
MIN_WITHIN_S: Final = 1.0
MAX_WITHIN_S: Final = 86400.0
MAX_JOBS: Final = 64


class Form(StrEnum):
    """How the outcome is told."""

    TERMINAL = "terminal"
    JSON = "json"


def check_jobs(text: str | None) -> int | None:
    """Return a number of processes. Raise ConfigError when it is none, or out of bounds."""
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_JOBS)) and int(text)):
        raise ConfigError(f"--jobs must be 1 to {MAX_JOBS} processes, and is {text!r}")
    return min(int(text), MAX_JOBS)


def check_within(text: str | None, *, is_mutating: bool) -> float:
    """Return a time in seconds. Raise ConfigError when it is none, out of bounds, or bounds nothing."""
    from fastdiag.config.checks import Given, check_duration  # noqa: PLC0415 - --help must not load the whole program

    if text is not None and not is_mutating:
        raise ConfigError("--within bounds --mutate, which is not asked for", hint="add --mutate")
    given = None if text is None else Given(text=text, option="--within", origin="--within")
    return check_duration(given, default_s=DEFAULT_WITHIN_S, least_s=MIN_WITHIN_S, most_s=MAX_WITHIN_S)


FormOption = Annotated[
    Form,
    form_option(Form, "terminal or json."),
]
CoverageOption = Annotated[bool, typer.Option("--coverage", help="List the rows that no example decides.")]
MutateOption = Annotated[
    bool, typer.Option("--mutate", help="Change one thing after another, and list what nobody notices.")
]
WithinOption = Annotated[
    str | None,
    typer.Option(metavar="DURATION", help="Stop --mutate after this; the rest is not tried. [default: 10m]"),
]
JobsOption = Annotated[
    str | None, typer.Option(metavar="N", help="Processes side by side. [default: one a core]")
]
JunitOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the outcome there as JUnit XML, too.")
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Exit with 1 for undecided rows and unnoticed changes, too.")
]
VerboseOption = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="List undecided rows of ledgers and, with --coverage, those never true."
    ),
]
