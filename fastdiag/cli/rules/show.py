"""`fastdiag rules show`: the file of a cause as it stands, to read or to start one's own from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli import complete
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Rules

if TYPE_CHECKING:
    from pathlib import Path

    from fastdiag.config.flags import Flags

HELP: Final = """Print the rule file of a cause, as it stands; stderr says where it lies.

A folder of your own overrides it by id: print it into there, and change it.

\b
Examples:
  fastdiag rules show db-pool-exhaustion
  fastdiag rules show cache-slow > our-rules/causes/cache-slow.yaml
"""


@takes(Config, Rules)
def show(
    *,
    cause: Annotated[str, typer.Argument(metavar="CAUSE", hidden=True, autocompletion=complete.causes)],
    flags: Flags,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.cli.stdout import put_document  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise
    from fastdiag.errors import FastdiagError, nearest  # noqa: PLC0415 - likewise

    book = pipeline.rules(load_rule_settings(flags))
    files, asked = {one.id: one.where for one in book.causes}, cause
    cause = book.current(asked)
    if cause != asked:
        note(f"{asked} is called {cause} now")
    if cause not in files:
        known = f"there are {', '.join(files)}"
        raise FastdiagError(f"the rules have no cause {cause!r}", hint=nearest(cause, files) or known)
    path = _path(files[cause])
    note(str(path))
    put_document(path.read_text(encoding="utf-8-sig"))
    return 0


def _path(where: str) -> Path:
    from fastdiag.located.excerpt import place_of  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.folders import path_of  # noqa: PLC0415 - likewise

    return path_of(place_of(where).file)
