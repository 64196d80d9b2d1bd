"""`fastdiag schedule systemd`: a service unit and its timer."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.schedule.carries import Carried, carries
from fastdiag.cli.schedule.timing import (
    EVERY,
    EveryOption,
    NameOption,
    ProgramOption,
    StartOption,
    Timing,
    UserOption,
)

if TYPE_CHECKING:
    from fastdiag.model.schedule import Job, ScheduleFile

HELP: Final = """Print a service unit and a timer that take a report regularly.

Takes the options of `fastdiag report`, fastdiag.yaml and the environment as they are here. Secrets are not
printed: the unit reads them from a file of root's. The run has no rights but to look, and writes nothing but
its state. Not taken are --pid, --at and --mark: they do not last.

\b
Examples:
  fastdiag schedule systemd --every 15m --service shop
  fastdiag schedule systemd --every 1d --start 07:30 --notify mail
  sudo fastdiag schedule systemd -c shop.yaml --write /etc/systemd/system
"""
WriteOption = Annotated[
    Path | None,
    typer.Option("--write", metavar="DIR", help="Write the units there instead of printing them."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="With --write: replace units that exist.")]


@carries
def systemd(
    *,
    every: EveryOption = EVERY,
    start: StartOption = None,
    name: NameOption = None,
    user: UserOption = None,
    program: ProgramOption = None,
    write: WriteOption = None,
    force: ForceOption = False,
    carried: Carried,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    timing = Timing(every=every, start=start, name=name, user=user, program=program)
    return _run(carried, timing, write, force=force)


def _run(carried: Carried, timing: Timing, folder: Path | None, *, force: bool) -> int:
    from fastdiag.cli.progress import note  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.schedule.timing import asked_of, present_of  # noqa: PLC0415 - likewise
    from fastdiag.cli.stdout import put_document  # noqa: PLC0415 - likewise
    from fastdiag.config.later.job import job_here  # noqa: PLC0415 - likewise
    from fastdiag.schedule.systemd import install, units  # noqa: PLC0415 - likewise

    present = present_of(carried)
    job = job_here(present, asked_of(timing, present))
    for text in _doubts(job):
        note(text)
    files = units(job)
    if folder is None:
        put_document("\n".join(file.text for file in files))
        return 0
    _write(files, folder, force=force)
    names = " and ".join(file.name for file in files)
    print(f"{names} written to {folder}; next: {install(job)}", file=sys.stderr)
    return 0


def _doubts(job: Job) -> Iterable[str]:
    from fastdiag.config.later.reach import closed_to_others, unwritable_by_others  # noqa: PLC0415 - likewise

    if job.user is not None:
        return
    yield from closed_to_others((*(Path(word) for word in job.program[:1]), *job.reads))
    yield from unwritable_by_others(job.writes)


def _write(files: Iterable[ScheduleFile], folder: Path, *, force: bool) -> None:
    from fastdiag.cli.files import check_new, check_writable, write  # noqa: PLC0415 - likewise

    places = [(folder / file.name, file.text) for file in files]
    for place, _ in places:
        if not force:
            check_new(place)
        check_writable("--write", place)
    for place, text in places:
        write(place, text)
