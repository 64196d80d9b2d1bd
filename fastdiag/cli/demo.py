"""`fastdiag demo`: a small service with a real fault, diagnosed before your eyes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli import complete
from fastdiag.cli.options import Format, FormatOption, Presentation, VerboseOption

if TYPE_CHECKING:
    from fastdiag.demo import Incident
    from fastdiag.pipeline import Outcome

DEADLINE: Final = "12s"
"""Longer than the default: the demo loads the machine that it looks at."""


def demo(
    incident: Annotated[
        str, typer.Argument(metavar="INCIDENT", hidden=True, autocompletion=complete.incidents)
    ] = "pool",
    format_: FormatOption = Format.AUTO,
    verbose: VerboseOption = False,
) -> int:
    """Run a small FastAPI service with a real fault under real load, and diagnose it.

    Everything stays on this machine and is removed afterwards; it takes less than a minute. No Prometheus and
    no PostgreSQL is needed: fastdiag reads the service's /metrics page and the process table.

    \b
    Incidents:
      pool      a drained SQLAlchemy connection pool (the default)
      loop      a blocking call in an async route
      upstream  a slow external dependency
      healthy   nothing is wrong

    \b
    Examples:
      fastdiag demo
      fastdiag demo loop
    """  # noqa: D301 - \b keeps the lines of the list apart
    from fastdiag.cli.show import present  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.demo import find_incident  # noqa: PLC0415 - likewise

    staged = find_incident(incident)
    outcome = _play(staged)
    code = present(outcome.diagnosis, Presentation(format=format_, verbose=verbose))
    said = [cause.id for cause in outcome.diagnosis.causes]
    _tell([f"What was injected: {staged.injected}", _verdict(staged.true_cause, said)], format_)
    return code


def _play(staged: Incident) -> Outcome:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import progress  # noqa: PLC0415 - likewise
    from fastdiag.config.file import ConfigFile  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import Flags, load_settings  # noqa: PLC0415 - likewise
    from fastdiag.demo import Stage  # noqa: PLC0415 - likewise

    with progress() as report, Stage(staged, progress=report) as scene:
        flags = Flags(
            service="demo",
            app_url=scene.app_url,
            metrics_url=scene.metrics_url,
            pid=str(scene.pid),
            skip=("prometheus", "postgres"),
            deadline=DEADLINE,
        )
        # Neither this machine's environment nor its fastdiag.yaml is about the demo's service.
        return pipeline.snapshot(load_settings(flags, environ={}, file=ConfigFile()), report)


def _tell(paragraphs: list[str], form: Format) -> None:
    """Print the truth below the diagnosis; beside it where that is for a program."""
    import textwrap  # noqa: PLC0415 - --help must not load the whole program

    from fastdiag.cli.stdout import put, screen  # noqa: PLC0415 - likewise

    width = screen().width
    text = "\n" + "".join(f"{textwrap.fill(paragraph, width)}\n" for paragraph in paragraphs)
    if form in {Format.AUTO, Format.TERMINAL}:
        put(text)
    else:
        print(text, end="", file=sys.stderr)


def _verdict(truth: str | None, said: list[str]) -> str:
    """Return how the diagnosis did, against the truth."""
    if truth is None:
        return "fastdiag named no cause: right." if not said else f"fastdiag named {said[0]}: wrong."
    if not said:
        return f"The true cause is {truth}; fastdiag named none."
    place = said.index(truth) + 1 if truth in said else None
    return f"The true cause is {truth}; fastdiag ranked it {place or 'nowhere'} of {len(said)}."
