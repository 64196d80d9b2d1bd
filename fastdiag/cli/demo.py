"""`fastdiag demo`: a small service with a real fault, diagnosed before your eyes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from fastdiag.cli.options import Format, FormatOption, VerboseOption

DEADLINE = "12s"
"""Longer than the default: the demo loads the machine that it looks at."""


def demo(
    incident: Annotated[
        str, typer.Argument(metavar="[INCIDENT]", help="pool, loop, upstream or healthy.", show_default=True)
    ] = "pool",
    format_: FormatOption = Format.AUTO,
    verbose: VerboseOption = False,
) -> int:
    """Run a small FastAPI service with a real fault under real load, and diagnose it.

    Everything stays on this machine and is removed afterwards; it takes less than a minute. No Prometheus and
    no PostgreSQL is needed: fastdiag reads the service's /metrics page and the process table.

    \b
    Incidents:
      pool      a drained SQLAlchemy connection pool
      loop      a blocking call in an async route
      upstream  a slow external dependency
      healthy   nothing is wrong
    """  # noqa: D301 - \b keeps the lines of the list apart
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import progress  # noqa: PLC0415 - likewise
    from fastdiag.cli.show import exit_code, show  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import Flags, load_settings  # noqa: PLC0415 - likewise
    from fastdiag.demo import Stage, find_incident  # noqa: PLC0415 - likewise

    staged = find_incident(incident)
    with progress() as report, Stage(staged, progress=report) as scene:
        flags = Flags(
            service="demo",
            app_url=scene.app_url,
            metrics_url=scene.metrics_url,
            pid=scene.pid,
            skip=("prometheus", "postgres"),
            deadline=DEADLINE,
        )
        outcome = pipeline.snapshot(load_settings(flags, environ={}), report)
    show(outcome.diagnosis, format_, None, verbose=verbose)
    out = sys.stdout if format_ in {Format.AUTO, Format.TERMINAL} else sys.stderr
    print(f"\nWhat was injected: {staged.injected}", file=out)
    print(_verdict(staged.true_cause, [cause.id for cause in outcome.diagnosis.causes]), file=out)
    return exit_code(outcome.diagnosis, None)


def _verdict(truth: str | None, said: list[str]) -> str:
    """Return how the diagnosis did, against the truth."""
    if truth is None:
        return "fastdiag named no cause: right." if not said else f"fastdiag named {said[0]}: wrong."
    if not said:
        return f"The true cause is {truth}; fastdiag named none."
    place = said.index(truth) + 1 if truth in said else None
    return f"The true cause is {truth}; fastdiag ranked it {place or 'nowhere'} of {len(said)}."
