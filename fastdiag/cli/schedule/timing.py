"""What the commands of `fastdiag schedule` have in common: their options, and the way to a job."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from fastdiag.cli.schedule.carries import Carried
    from fastdiag.config.later.job import Asked
    from fastdiag.config.later.present import Present

EVERY: Final = "15m"
COMMAND: Final = "report"
EXIT_CODES: Final = """\b
Exit codes:
  0  printed
  2  wrong use or configuration, or what cannot be scheduled so
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
EveryOption = Annotated[
    str, typer.Option("--every", metavar="TIME", help="How often: what divides an hour or a day, or 7d.")
]
StartOption = Annotated[
    str | None,
    typer.Option("--start", metavar="HH:MM", help="Counted from when. [default: follows from the name]"),
]
NameOption = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="Of the job. [default: fastdiag-SERVICE]")
]
UserOption = Annotated[
    str | None, typer.Option("--user", metavar="USER", help="Who runs it, such as the service's own user.")
]
ProgramOption = Annotated[
    Path | None,
    typer.Option("--program", metavar="PATH", help="Where fastdiag is there. [default: where it is here]"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What was asked of the schedule itself."""

    every: str
    start: str | None
    name: str | None
    user: str | None = None
    program: Path | None = None


def present_of(carried: Carried) -> Present:
    """Return the configuration in force, and say on stderr what a person should know of it."""
    from fastdiag.cli.progress import note  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.later.present import presently  # noqa: PLC0415 - likewise

    present = presently(carried.flags, carried.typed)
    for text in present.notes:
        note(text)
    return present


def asked_of(timing: Timing, present: Present, program: tuple[str, ...] = ()) -> Asked:
    """Return what the job is made of beside the configuration; raises ConfigError for what makes no sense."""
    from fastdiag.config.later.job import Asked, check_user, name_of  # noqa: PLC0415 - likewise
    from fastdiag.config.later.secrets import Typed  # noqa: PLC0415 - likewise
    from fastdiag.schedule.rhythm import rhythm  # noqa: PLC0415 - likewise

    name = name_of(timing.name, present)
    return Asked(
        name=name,
        rhythm=rhythm(timing.every, timing.start, name),
        program=program or _program(timing.program),
        command=COMMAND,
        always=(Typed(name="if_running", option="--if-running", value="skip"),),
        user=check_user(timing.user),
    )


def _program(given: Path | None) -> tuple[str, ...]:
    """Return how this fastdiag is started: by its own command, or as a module of the interpreter."""
    if given is not None:
        return (str(given.absolute()),)
    beside = Path(sys.executable).with_name("fastdiag")
    found = str(beside) if beside.exists() else shutil.which("fastdiag")
    return (found,) if found else (sys.executable, "-m", "fastdiag")
