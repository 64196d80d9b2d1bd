"""The options of `fastdiag watch`, and what they may say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

from fastdiag.cli import complete
from fastdiag.errors import ConfigError

DEFAULT_EVERY_S: Final = 10.0
MIN_EVERY_S: Final = 1.0
MAX_EVERY_S: Final = 3600.0
DEFAULT_MAX_CPU: Final = 0.1
MIN_MAX_CPU: Final = 0.001
_MAX_LOOKS: Final = 10_000_000


def check_every(text: str | None) -> float:
    """Return the period in seconds. Raise ConfigError when it is none, or out of bounds."""
    from fastdiag.config.checks import Given, check_duration  # noqa: PLC0415 - --help must not load the whole program

    given = None if text is None else Given(text=text, option="--every", origin="--every")
    return check_duration(given, default_s=DEFAULT_EVERY_S, least_s=MIN_EVERY_S, most_s=MAX_EVERY_S)


def check_max_cpu(text: str | None) -> float:
    """Return a share of one core. Raise ConfigError for what is none."""
    from fastdiag.model.quantity import Unit, parse_quantity  # noqa: PLC0415 - likewise

    if text is None:
        return DEFAULT_MAX_CPU
    try:
        share = parse_quantity(text)
    except ValueError:
        share = None
    if share is None or not share.fits(Unit.RATIO) or not MIN_MAX_CPU <= share.value <= 1:
        raise ConfigError(
            f"--max-cpu must be a share of one core, 0.1% to 100%, and is {text!r}", hint="such as 5%"
        )
    return share.value


def parse_looks(text: str) -> int:
    """Return a number of looks. Raise ConfigError for what is none."""
    if not (text.isdecimal() and text.isascii() and 1 <= int(text[:9]) <= _MAX_LOOKS):
        raise ConfigError(f"--looks must be a whole number from 1 on, and is {text!r}")
    return int(text)


def complete_on(incomplete: str) -> Iterable[str]:
    """Complete --on."""
    return complete.matching(["any", *complete.symptoms("")], incomplete)


EveryOption = Annotated[
    str | None,
    typer.Option(
        "--every", metavar="TIME", help="Start a look so often, the one before it being over. [default: 10s]"
    ),
]
MaxCpuOption = Annotated[
    str | None,
    typer.Option(
        "--max-cpu",
        metavar="SHARE",
        help="Of one core, used at most from look to look; looks wait for that. [default: 10%]",
    ),
]
LooksOption = Annotated[
    int | None,
    typer.Option("--looks", metavar="NUMBER", parser=parse_looks, help="End after so many looks."),
]
LinesOption = Annotated[bool, typer.Option("--lines", help="Write one line a look, at a terminal too.")]
RecordOption = Annotated[
    Path | None,
    typer.Option(
        "--record",
        metavar="DIR",
        help="Keep looks that show a symptom here. [default with --on: recordings/ in the state directory]",
    ),
]
OnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--on",
        metavar="SYMPTOM",
        autocompletion=complete_on,
        help="Record this symptom; repeatable. [default with --record: any]",
    ),
]
SaveToOption = Annotated[
    Path | None,
    typer.Option("--save-to", metavar="DIR", help="Where the key s saves. [default: the present folder]"),
]
