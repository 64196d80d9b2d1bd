"""`fastdiag demo`: a service with a real fault, diagnosed before your eyes."""

from __future__ import annotations

import sys
import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli import complete
from fastdiag.cli.options import Format, FormatOption, Presentation, VerboseOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastdiag.config.flags import Flags
    from fastdiag.config.settings import Settings
    from fastdiag.demo.plays import Play, Standing
    from fastdiag.model.diagnosis import RankedCause
    from fastdiag.pipeline import Outcome

NAME_WIDTH: Final = 28


def demo(
    incident: Annotated[
        str, typer.Argument(metavar="INCIDENT", hidden=True, autocompletion=complete.incidents)
    ] = "pool",
    list_: Annotated[bool, typer.Option("--list", help="Name the incidents and what each needs.")] = False,
    hold: Annotated[
        bool, typer.Option("--hold", help="Keep the stage up afterwards, to look around.")
    ] = False,
    format_: FormatOption = Format.AUTO,
    verbose: VerboseOption = False,
) -> int:
    """Run a FastAPI service with a real fault under real load, and diagnose it.

    Everything stays on this machine and is removed afterwards; it takes about a minute at most.

    \b
    Incidents of its own, which the service's /metrics page and processes show:
      pool      a drained SQLAlchemy connection pool (the default)
      loop      a blocking call in an async route
      upstream  a slow external dependency
      healthy   nothing is wrong

    In a checkout of the repository whose tests have been run once there are also the incidents of its test
    bench, with PostgreSQL, Prometheus and whatever else the story needs: `fastdiag demo --list`.

    \b
    Examples:
      fastdiag demo
      fastdiag demo loop --hold
      fastdiag demo lock-storm
    """  # noqa: D301 - \b keeps the lines of the list apart
    from fastdiag.cli.show import present  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.demo.plays import find_play, on_stage  # noqa: PLC0415 - likewise

    if list_:
        return _list()
    play = find_play(incident)
    with on_stage(play, progress=_say) as standing:
        outcome = _diagnose(standing)
        code = present(outcome.diagnosis, Presentation(format=format_, verbose=verbose))
        _tell(play, standing, outcome, format_)
        if hold:
            _hold(standing)
    return code


def _list() -> int:
    """Print what can be staged, and what is missing for the rest."""
    from fastdiag.cli.stdout import put, screen  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.demo.plays import bench_plays, own_plays  # noqa: PLC0415 - likewise

    lines = []
    for play in (*own_plays(), *bench_plays()):
        causes = ", ".join(play.causes) or "nothing is wrong"
        needs = f" (needs {', '.join(play.lacks)})" if play.lacks else ""
        lines.append(f"{play.name:<{NAME_WIDTH}} {causes}{needs}"[: screen().width])
    put("\n".join(lines) + "\n")
    return 0


def _say(text: str) -> None:
    """Tell a person what is going on; the lines stay, because the stage is half of the story."""
    if sys.stderr.isatty():
        print(f"  {text}", file=sys.stderr)


def _diagnose(standing: Standing) -> Outcome:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import progress  # noqa: PLC0415 - likewise

    with progress() as report:
        return pipeline.snapshot(_settings(standing.flags), report)


def _settings(flags: Flags) -> Settings:
    """Return what is told of the service on stage, of which this machine's own settings tell nothing."""
    from fastdiag.config.file import ConfigFile  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise

    return load_settings(flags, environ={}, file=None if flags.config else ConfigFile())


def _tell(play: Play, standing: Standing, outcome: Outcome, form: Format) -> None:
    """Print the truth below the diagnosis; beside it where that is for a program."""
    from fastdiag.cli.stdout import put, screen  # noqa: PLC0415 - --help must not load the whole program

    paragraphs = [f"What was injected: {play.truth}"]
    if standing.measured:
        paragraphs.append(f"Measured without fastdiag: {standing.measured}.")
    paragraphs.append(_verdict(play.causes, _failures(outcome.diagnosis.causes)))
    width = screen().width
    text = "\n" + "".join(f"{textwrap.fill(paragraph, width)}\n" for paragraph in paragraphs)
    if form in {Format.AUTO, Format.TERMINAL}:
        put(text)
    else:
        print(text, end="", file=sys.stderr)


def _hold(standing: Standing) -> None:
    """Keep the stage up until the person presses Enter or Ctrl-C; a stdin that has ended is no person."""
    lines = [f"  {what:<{NAME_WIDTH}} {where}" for what, where in standing.places.items()]
    told = ["The stage is still up; its load ends by itself after a few minutes:", *lines]
    print("\n".join(["", *told, "Press Enter to end it."]), file=sys.stderr)
    with suppress(KeyboardInterrupt):
        sys.stdin.readline()


def _failures(causes: Iterable[RankedCause]) -> list[str]:
    """Return the causes that are held against what was injected: what keeps people from seeing is not."""
    from fastdiag.model.rule import Kind  # noqa: PLC0415 - --help must not load the whole program

    return [cause.id for cause in causes if cause.kind is Kind.FAILURE]


def _verdict(truth: Sequence[str], said: Sequence[str]) -> str:
    """Return how the diagnosis did, against the truth."""
    if not truth:
        return f"fastdiag named {said[0]}: wrong." if said else "fastdiag named no cause: right."
    causes = (
        f"The true cause is {truth[0]}" if len(truth) == 1 else f"The true causes are {' and '.join(truth)}"
    )
    if not said:
        return f"{causes}; fastdiag named none."
    places = [str(said.index(cause) + 1) if cause in said else "nowhere" for cause in truth]
    them = "it" if len(truth) == 1 else "them"
    return f"{causes}; fastdiag ranked {them} {' and '.join(places)} of {len(said)}."
