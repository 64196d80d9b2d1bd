"""`fastdiag history mark`: an event on the timeline, from a person or a pipeline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.history.opening import opened
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Kept

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags

HELP: Final = """Put an event on the timeline: a deploy, a restart, a change of configuration.

Reports show it beside what was measured, and name the last one before a cause began. It concerns the service
of --service or fastdiag.yaml, or every service. `fastdiag report --mark TEXT` does both at once.

\b
Examples:
  fastdiag history mark "deploy v1.2"
  fastdiag history mark "failover to db-2" --service shop --at '10min ago'
  fastdiag history mark "deploy $GITHUB_SHA" --history "$HISTORY_DSN"
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  noted
  2  wrong use or configuration; the history cannot be written
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""


class _Concerned:
    """The service that an event concerns."""

    service: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The service that it concerns. [default: that of fastdiag.yaml]"),
    ]


@takes(Config, _Concerned, Kept)
def mark(
    *,
    text: Annotated[str, typer.Argument(metavar="TEXT", hidden=True)],
    flags: Flags,
    at: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="When it happened, if not now: '10min ago'.")
    ] = None,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.stdout import put  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.checks import Given  # noqa: PLC0415 - likewise
    from fastdiag.config.moment import check_moment  # noqa: PLC0415 - likewise
    from fastdiag.history.reading import mark_of  # noqa: PLC0415 - likewise
    from fastdiag.render.words import moment  # noqa: PLC0415 - likewise

    when = check_moment(None if at is None else Given(text=at, option="--at", origin="--at"))
    with opened(flags) as history:
        service = history.settings.service
        made = mark_of(text, service, time.time() if when is None else when)
        history.store.mark(made)
        where = history.store.where
    put(f"{moment(made.at)}  {made.text}  ({service or 'every service'}), kept in {where}\n")
    return 0
