"""`fastdiag signals`: what can be measured, where it comes from, which rules use it, its value here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli import complete
from fastdiag.cli.options import Format, OutputOption, Presentation, TextFormatOption
from fastdiag.cli.rules.list import LiveOption, seen
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Asking, Config, Rules, Targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdiag.cli.stdout import Screen
    from fastdiag.config.flags import Flags
    from fastdiag.model.rule import Rulebook
    from fastdiag.model.signal import Signal
    from fastdiag.model.snapshot import Snapshot

HELP: Final = """List signals: meaning, unit, sources, how many rules use them, and the value with --live.

NAME is a signal or the beginning of some, such as db.pool; `fastdiag explain NAME` tells all about one.

\b
Examples:
  fastdiag signals
  fastdiag signals db.pool --live
  fastdiag signals http.latency.p95 --in shop.json
  fastdiag signals -f json
"""
InOption = Annotated[
    Path | None, typer.Option("--in", metavar="SNAPSHOT", help="Show the values of a saved snapshot.")
]


@takes(Config, Targets, Asking, Rules)
def signals(
    *,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", hidden=True, autocompletion=complete.signals)
    ] = None,
    flags: Flags,
    live: LiveOption = False,
    saved: InOption = None,
    format_: TextFormatOption = Format.AUTO,
    output: OutputOption = None,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.show import deliver  # noqa: PLC0415 - --help must not load the whole program

    how = Presentation(format=format_, output=output)
    snapshot, book = seen(flags, saved, live=live)
    chosen = _chosen(name or "", book)
    deliver(how, lambda form, on: _text(chosen, book, snapshot, form, on))
    return 0


def _chosen(name: str, book: Rulebook) -> Sequence[Signal]:
    """Return the signal of a name, or all that it begins. Raise FastdiagError when there is none."""
    from fastdiag.errors import FastdiagError, nearest  # noqa: PLC0415 - likewise

    known = book.catalogue.signals
    chosen = [known[name]] if name in known else [one for id_, one in known.items() if id_.startswith(name)]
    if not chosen:
        families = sorted({id_.partition(".")[0] for id_ in known})
        hint = nearest(name, known) or f"signals begin with {', '.join(families)}"
        raise FastdiagError(f"the rules have no signal {name!r}", hint=hint)
    return chosen


def _text(
    chosen: Sequence[Signal], book: Rulebook, snapshot: Snapshot | None, form: Format, on: Screen
) -> str:
    from fastdiag.render import table  # noqa: PLC0415 - likewise

    match form:
        case Format.JSON:
            return table.signals_json(chosen, book, snapshot)
        case Format.MARKDOWN:
            return table.signals_markdown(chosen, book, snapshot)
        case Format.TERMINAL | Format.AUTO | Format.HTML:  # the options refuse html
            return table.signals_screen(
                chosen, book, snapshot, width=on.width, color=on.color, encoding=on.encoding
            )
