"""`fastdiag history list`: runs and marks in order of time, and what recurs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.history.opening import Whose, opened
from fastdiag.cli.options import Format, OutputOption, Presentation, TextFormatOption
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Kept
from fastdiag.errors import FastdiagError

if TYPE_CHECKING:
    from fastdiag.cli.stdout import Screen
    from fastdiag.config.flags import Flags
    from fastdiag.model.timeline import Timeline

HELP: Final = """List what was found and when, the newest first, and what recurs.

A cause counts where it was at least likely. An episode is an uninterrupted stretch of runs with it; it flaps
when it came back twice within a day, each time less than an hour after it had gone.

\b
Examples:
  fastdiag history list
  fastdiag history list --service shop --since 7d
  fastdiag history list --history /var/lib/fastdiag/history.sqlite -f json
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  listed
  2  wrong use or configuration; the history cannot be read
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
DEFAULT_SHOWN: Final = 30
MAX_SHOWN: Final = 1000


def parse_since(text: str) -> float:
    """Return a moment in seconds since the epoch; `7d` is seven days ago. Raise FastdiagError otherwise."""
    from fastdiag.config.checks import Given  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.moment import check_moment  # noqa: PLC0415 - likewise
    from fastdiag.model.quantity import Unit, parse_quantity  # noqa: PLC0415 - likewise

    try:
        quantity = parse_quantity(text)
    except ValueError:
        moment = check_moment(Given(text=text, option="--since", origin="--since"))
        return time.time() if moment is None else moment
    if quantity.unit is not Unit.SECONDS or quantity.value <= 0:
        raise FastdiagError(f"--since must be a time such as 7d or '2h ago', and is {text!r}")
    return time.time() - quantity.value


def parse_limit(text: str) -> int:
    """Return how many runs are shown. Raise FastdiagError for what is no such number."""
    if text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MAX_SHOWN:
        return int(text)
    raise FastdiagError(f"--limit must be a number from 1 to {MAX_SHOWN}, and is {text!r}")


@takes(Config, Whose, Kept)
def list_(
    *,
    flags: Flags,
    host: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this host found.")] = None,
    since: Annotated[
        float | None,
        typer.Option(metavar="TIME", parser=parse_since, help="Only since then: 7d, '2026-11-22 03:10'."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", metavar="N", parser=parse_limit, help="Show so many runs. [default: 30]"
        ),
    ] = None,
    format_: TextFormatOption = Format.AUTO,
    output: OutputOption = None,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.show import deliver  # noqa: PLC0415 - likewise
    from fastdiag.reporting.timeline import timeline  # noqa: PLC0415 - likewise

    check_writable("--output", output)
    with opened(flags) as history:
        service = history.settings.service
        shown = limit or DEFAULT_SHOWN
        found = timeline(history.store, service=service, host=host, since=since, shown=shown)
    deliver(Presentation(format=format_, output=output), lambda form, on: _text(found, form, on))
    return 0


def _text(found: Timeline, form: Format, on: Screen) -> str:
    match form:
        case Format.JSON:
            from fastdiag.render.history import json as history_json  # noqa: PLC0415 - only what is asked for is loaded

            return history_json.render(found)
        case Format.MARKDOWN:
            from fastdiag.render.history import markdown as history_markdown  # noqa: PLC0415 - likewise

            return history_markdown.render(found)
        case Format.TERMINAL | Format.AUTO | Format.HTML:  # the options refuse html
            from fastdiag.render.history import terminal as history  # noqa: PLC0415 - likewise

            return history.render(found, width=on.width, color=on.color, encoding=on.encoding)
