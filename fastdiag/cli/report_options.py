"""The options that `fastdiag report` has to itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli import complete
from fastdiag.errors import FastdiagError

if TYPE_CHECKING:
    from fastdiag.reporting.lock import IfRunning

_LEAST_OVER_S: Final = 600.0
_MOST_OVER_S: Final = 31 * 86400.0
_IF_RUNNING: Final = ("fail", "skip", "wait")


def parse_over(text: str) -> float:
    """Return a stretch of time in seconds. Raise FastdiagError for what is none, or no sensible one."""
    from fastdiag.model.quantity import Unit, parse_quantity  # noqa: PLC0415 - only where it is given

    try:
        asked = parse_quantity(text)
    except ValueError as error:
        raise FastdiagError(f"--over: {error}", hint="such as 6h or 7d") from None
    if asked.unit is not Unit.SECONDS or not _LEAST_OVER_S <= asked.value <= _MOST_OVER_S:
        raise FastdiagError(f"--over must be from 10min to 31d, and is {text!r}")
    return asked.value


def parse_if_running(text: str) -> IfRunning:
    """Return what is to be done. Raise FastdiagError when it is none of the words."""
    from fastdiag.cli.options import word  # noqa: PLC0415 - only where it is given
    from fastdiag.reporting.lock import IfRunning  # noqa: PLC0415 - likewise

    return word(IfRunning, "--if-running", text)


def complete_if_running(incomplete: str) -> Iterable[str]:
    """Complete --if-running."""
    return complete.matching(_IF_RUNNING, incomplete)


SavedArgument = Annotated[list[Path] | None, typer.Argument(metavar="SNAPSHOT", hidden=True)]
OverOption = Annotated[
    float | None,
    typer.Option(
        "--over", metavar="TIME", parser=parse_over, help="Chart so much of the past. [default: 6h]"
    ),
]
MarkOption = Annotated[
    str | None,
    typer.Option("--mark", metavar="TEXT", help="Put an event on the timeline: 'deploy v1.2'."),
]
NoHistoryOption = Annotated[
    bool, typer.Option("--no-history", help="Know of no earlier report, and keep none: --history off.")
]
IfRunningOption = Annotated[
    str | None,
    typer.Option(
        "--if-running",
        metavar="WHAT",
        parser=parse_if_running,
        autocompletion=complete_if_running,
        help="While another report of the service is under way: fail, skip or wait. [default: fail]",
    ),
]
