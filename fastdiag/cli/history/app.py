"""The commands of `fastdiag history`."""

from __future__ import annotations

import sys

import typer

from fastdiag.cli.command import Command, Group
from fastdiag.cli.history import list as list_command
from fastdiag.cli.history import mark, prune, show

WRONG_USE = 2

history_app = typer.Typer(
    cls=Group,
    help="See what earlier diagnoses found, what recurs, and what happened in between.",
    epilog="`fastdiag report` keeps what it finds; `history:` in fastdiag.yaml says where and how much.",
    short_help="See earlier diagnoses and what recurs.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
history_app.command(
    name="list",
    cls=Command,
    help=list_command.HELP,
    epilog=list_command.EXIT_CODES,
    short_help="List runs and marks, and what recurs.",
)(list_command.list_)
history_app.command(
    cls=Command, help=show.HELP, epilog=show.EXIT_CODES, short_help="Show what a run found, in full."
)(show.show)
history_app.command(
    cls=Command, help=mark.HELP, epilog=mark.EXIT_CODES, short_help="Put an event on the timeline: a deploy."
)(mark.mark)
history_app.command(cls=Command, help=prune.HELP, epilog=prune.EXIT_CODES, short_help="Drop what is old.")(
    prune.prune
)


@history_app.callback()
def _root(context: typer.Context) -> None:
    """Show what there is when no command follows."""
    if context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(WRONG_USE)
