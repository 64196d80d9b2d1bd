"""`fastdiag headroom`: how far away every hard limit is, and which one is reached first."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.options import (
    Format,
    OutputOption,
    Presentation,
    SaveOption,
    TextFormatOption,
    VerboseHeadroomOption,
)
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Asking, Config, Rules, Targets, Times
from fastdiag.errors import FastdiagError

if TYPE_CHECKING:
    from fastdiag.cli.stdout import Screen
    from fastdiag.config.flags import Flags
    from fastdiag.model.headroom import Headroom
    from fastdiag.model.rule import Rulebook
    from fastdiag.model.snapshot import Snapshot

HELP: Final = """Say what breaks first: for each limit how much is used, and at which traffic it is reached.

Limits are pool, database slots, threads, event loop, workers, descriptors, CPU, memory and more. Without
SNAPSHOT the sources are asked as `fastdiag snapshot` does; with the file of `snapshot --save` none is.

The multiple of today's traffic is measured where history exists (Prometheus), else use is taken to grow
in proportion; each line says which. Below come settings that must go together: pools and slots, threads
and pool, timeouts and keep-alive.

\b
Examples:
  fastdiag headroom
  fastdiag headroom --prometheus http://prom:9090 --service shop --before 12h
  fastdiag headroom shop.json -f json
  fastdiag headroom --fail-under 1.5
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  told, whatever was found
  1  the tightest known multiple is below --fail-under
  2  wrong use, configuration, rules or snapshot
  3  nothing could be collected
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
FOUND: Final = 1
NOTHING_COLLECTED: Final = 3


def parse_multiple(text: str) -> float:
    """Return a multiple. Raise FastdiagError for what is none."""
    try:
        number = float(text.lower().removeprefix("x"))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number <= 0:
        raise FastdiagError(f"--fail-under must be a number above 0, such as 1.5, and is {text!r}")
    return number


FailUnderOption = Annotated[
    float | None,
    typer.Option(
        "--fail-under",
        metavar="MULTIPLE",
        parser=parse_multiple,
        help="Exit with 1 when a limit is reached below this multiple of today's traffic.",
    ),
]


@takes(Config, Targets, Asking, Times, Rules)
def headroom(
    *,
    saved: Annotated[Path | None, typer.Argument(metavar="SNAPSHOT", hidden=True)] = None,
    flags: Flags,
    format_: TextFormatOption = Format.AUTO,
    output: OutputOption = None,
    save: SaveOption = None,
    fail_under: FailUnderOption = None,
    verbose: VerboseHeadroomOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    return _run(flags, saved, save, Presentation(format=format_, output=output, verbose=verbose), fail_under)


def _run(
    flags: Flags, saved: Path | None, save: Path | None, how: Presentation, fail_under: float | None
) -> int:
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.looking import look  # noqa: PLC0415 - likewise

    check_writable("--output", how.output)
    check_writable("--save", save)
    return _present(*look(flags, saved, save), how, fail_under)


def _present(taken: Snapshot, rulebook: Rulebook, how: Presentation, fail_under: float | None) -> int:
    from fastdiag.cli.show import deliver  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.engine.headroom import headroom as reckon  # noqa: PLC0415 - likewise

    found = reckon(taken, rulebook)
    deliver(how, lambda form, on: _text(found, form, on, verbose=how.verbose))
    if taken.sources and not taken.readings:
        return NOTHING_COLLECTED
    tightest = found.tightest.reach if found.tightest else None
    return FOUND if fail_under is not None and tightest and tightest.multiple < fail_under else 0


def _text(found: Headroom, form: Format, on: Screen, *, verbose: bool) -> str:
    match form:
        case Format.JSON:
            from fastdiag.render.headroom import json as headroom_json  # noqa: PLC0415 - only what is asked for is loaded

            return headroom_json.render(found)
        case Format.MARKDOWN:
            from fastdiag.render.headroom import markdown as headroom_markdown  # noqa: PLC0415 - likewise

            return headroom_markdown.render(found)
        case Format.TERMINAL | Format.AUTO | Format.HTML:  # the options refuse html
            from fastdiag.render.headroom import terminal as headroom  # noqa: PLC0415 - likewise

            return headroom.render(
                found, width=on.width, color=on.color, encoding=on.encoding, verbose=verbose
            )
