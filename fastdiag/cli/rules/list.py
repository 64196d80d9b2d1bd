"""`fastdiag rules list`: the causes of the table, and how much of each is visible here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.options import Format, OutputOption, Presentation, TextFormatOption
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Asking, Config, Rules, Targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdiag.cli.stdout import Screen
    from fastdiag.config.flags import Flags
    from fastdiag.model.rule import Rulebook
    from fastdiag.model.snapshot import Snapshot
    from fastdiag.render.table import Row

HELP: Final = """List the causes that fastdiag knows: id, title, symptoms, and the signals they rest on.

With --live or the SNAPSHOT of `snapshot --save` it is said how many of these signals are seen in your
setup: a cause of which nothing is visible can only be suspected.

\b
Examples:
  fastdiag rules list
  fastdiag rules list --live
  fastdiag rules list shop.json -f json
"""
LiveOption = Annotated[bool, typer.Option("--live", help="Ask the sources, as `fastdiag snapshot` does.")]


@takes(Config, Targets, Asking, Rules)
def list_(
    *,
    saved: Annotated[Path | None, typer.Argument(metavar="SNAPSHOT", hidden=True)] = None,
    flags: Flags,
    live: LiveOption = False,
    format_: TextFormatOption = Format.AUTO,
    output: OutputOption = None,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.show import deliver  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.render.table import rows  # noqa: PLC0415 - likewise

    snapshot, book = seen(flags, saved, live=live)
    table = rows(book, snapshot)
    deliver(Presentation(format=format_, output=output), lambda form, on: _text(table, form, on))
    return 0


def seen(flags: Flags, saved: Path | None, *, live: bool) -> tuple[Snapshot | None, Rulebook]:
    """Return the table, with a snapshot where one is given or asked for."""
    from fastdiag import pipeline  # noqa: PLC0415 - likewise
    from fastdiag.cli.looking import look  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise

    if live or saved is not None:
        return look(flags, saved)
    return None, pipeline.rules(load_rule_settings(flags))


def _text(table: Sequence[Row], form: Format, on: Screen) -> str:
    from fastdiag.render import table as paper  # noqa: PLC0415 - likewise

    match form:
        case Format.JSON:
            return paper.causes_json(table)
        case Format.MARKDOWN:
            return paper.causes_markdown(table)
        case Format.TERMINAL | Format.AUTO | Format.HTML:  # the options refuse html
            return paper.causes_screen(table, width=on.width, color=on.color, encoding=on.encoding)
