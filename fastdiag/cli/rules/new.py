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
of the same id replaces it there. A file that exists is never touched. Beside it lie JSON Schemas, by which an
editor completes and explains what you write; `fastdiag rules schema` makes them anew with your own ids.

\b
Examples:
  fastdiag rules new cause cert-expired
  fastdiag rules new signal shop.queue.depth --rules ./our-rules
  fastdiag rules new scenario black-friday
  fastdiag rules lint --rules ./our-rules
"""
DEFAULT: Final = Path("fastdiag-rules")
ELSEWHERE: Final = "choose another --rules DIR"


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
    from fastdiag.cli.files import make_folder, write  # noqa: PLC0415 - --help must not load the whole program
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
    make_folder(file.parent, ELSEWHERE)
    write(file, skeleton(kind, name, str(folder)))
    _help_editors(folder)
    print(f"{file} written; next: `fastdiag rules lint --rules {folder}`", file=sys.stderr)
    return 0


def _help_editors(folder: Path) -> None:
    """Write the schemas that the first line of the file names; the ids are those of the built-in table.

    What stands there already may know more: it was made with the rules of this folder.
    """
    from fastdiag.cli.files import make_folder, write  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.editor import FOLDER, texts  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.load import builtin_rules, load_rulebook  # noqa: PLC0415 - likewise

    if (folder / FOLDER).exists():
        return
    make_folder(folder / FOLDER, ELSEWHERE)
    for name, text in texts(load_rulebook(builtin_rules())).items():
        write(folder / FOLDER / name, text)
