"""`fastdiag rules new`: a rule file to start from."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

from fastdiag.cli import complete

HELP: Final = """Write a commented, valid rule file of your own to start from.

It goes into the folder of --rules, which is made where there is none, and adds to the built-in table; one
of the same id replaces it there. A file that exists is never touched.

\b
Examples:
  fastdiag rules new cause cert-expired
  fastdiag rules new signal shop.queue.depth --rules ./our-rules
  fastdiag rules new scenario black-friday
  fastdiag rules lint --rules ./our-rules
"""
DEFAULT: Final = Path("fastdiag-rules")


def complete_part(incomplete: str) -> Iterable[str]:
    """Complete what is to be written."""
    return complete.matching(("cause", "signal", "scenario"), incomplete)


def new(
    *,
    part: Annotated[
        str, typer.Argument(metavar="cause|signal|scenario", hidden=True, autocompletion=complete_part)
    ],
    name: Annotated[str, typer.Argument(metavar="ID", hidden=True)],
    folder: Annotated[
        Path, typer.Option("--rules", metavar="DIR", help="The folder of your rules.")
    ] = DEFAULT,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.files import write  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.options import word  # noqa: PLC0415 - likewise
    from fastdiag.errors import FastdiagError  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.skeleton import Part, is_name, place, skeleton  # noqa: PLC0415 - likewise

    kind = word(Part, "the first word", part)
    if not is_name(kind, name):
        example = "shop.queue.depth" if kind is Part.SIGNAL else "cert-expired"
        raise FastdiagError(f"{name!r} cannot be the id of a {kind}", hint=f"an id is like {example}")
    file = folder / place(kind, name)
    if file.exists():
        raise FastdiagError(f"{file} exists already", hint="choose another id, or edit that file")
    _make(file.parent)
    write(file, skeleton(kind, name, str(folder)))
    print(f"{file} written; next: `fastdiag rules lint --rules {folder}`", file=sys.stderr)
    return 0


def _make(folder: Path) -> None:
    from fastdiag.errors import FastdiagError  # noqa: PLC0415 - likewise

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FastdiagError(
            f"{folder} cannot be made: {error.strerror}", hint="choose another --rules DIR"
        ) from None
