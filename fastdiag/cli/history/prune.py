"""`fastdiag history prune`: what is old goes, and the room is given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.history.opening import opened
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Kept

if TYPE_CHECKING:
    from fastdiag.config.checks import Given
    from fastdiag.config.flags import Flags
    from fastdiag.model.history_place import Pruned

HELP: Final = """Drop what is older than --keep, and of the rest the oldest until it fits --size.

Without them those of fastdiag.yaml count (else 90d and 250MB), by which each new run prunes anyway. When all
does not fit, snapshots go before the runs that they belong to; the latest run stays whole.

\b
Examples:
  fastdiag history prune
  fastdiag history prune --keep 7d
  fastdiag history prune --size 50MB --history /var/lib/fastdiag/h.sqlite
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  pruned, whether there was anything to drop or not
  2  wrong use or configuration; the history cannot be written
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""


@takes(Config, Kept)
def prune(
    *,
    flags: Flags,
    keep: Annotated[str | None, typer.Option(metavar="TIME", help="Keep what is younger: 90d.")] = None,
    size: Annotated[str | None, typer.Option(metavar="SIZE", help="Keep no more than this: 250MB.")] = None,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.stdout import put  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.checks import Given  # noqa: PLC0415 - likewise
    from fastdiag.config.history import check_keep  # noqa: PLC0415 - likewise

    def given(option: str, text: str | None) -> Given | None:
        return None if text is None else Given(text=text, option=option, origin=option)

    with opened(flags) as history:
        bounds = check_keep(given("--keep", keep), given("--size", size), history.keep)
        pruned = history.store.prune(bounds)
        where = history.store.where
    put(f"{_said(pruned)} in {where}\n")
    return 0


def _said(pruned: Pruned) -> str:
    from fastdiag.model.quantity import Unit, format_value  # noqa: PLC0415 - likewise
    from fastdiag.render.words import count  # noqa: PLC0415 - likewise

    if not (pruned.runs or pruned.snapshots or pruned.marks):
        return "nothing was too old or too much"
    parts = (
        f"{count(pruned.runs, 'run')}, {count(pruned.snapshots, 'snapshot')}, {count(pruned.marks, 'mark')}"
    )
    return f"dropped {parts}: {format_value(pruned.size_bytes, Unit.BYTES)}"
