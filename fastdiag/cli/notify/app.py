"""The commands of `fastdiag notify`."""

from __future__ import annotations

import sys
from typing import Final

import typer

from fastdiag.cli.command import Command, Group
from fastdiag.cli.notify import try_out

WRONG_USE: Final = 2

notify_app = typer.Typer(
    cls=Group,
    help="Who is told of news, and whether messages reach them.",
    epilog="Who is told stands in fastdiag.yaml under notify:, or in --notify of report, watch and serve.",
    short_help="Send a test message to whoever is told of news.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
notify_app.command(
    name="test",
    cls=Command,
    help=try_out.HELP,
    epilog=try_out.EXIT_CODES,
    short_help="Send a test message everywhere.",
)(try_out.send_test)


@notify_app.callback()
def _root(context: typer.Context) -> None:
    """Show what there is when no command follows."""
    if context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(WRONG_USE)
