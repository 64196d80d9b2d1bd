"""A command that has commands of its own, and shows them when none follows."""

from __future__ import annotations

import sys
from typing import Final

import typer

from fastdiag.cli.command import Group

WRONG_USE: Final = 2


def group(*, help_: str, epilog: str, short_help: str) -> typer.Typer:
    """Return a group to which commands are added; without one it prints its help, and that is wrong use."""
    made = typer.Typer(
        cls=Group,
        help=help_,
        epilog=epilog,
        short_help=short_help,
        invoke_without_command=True,
        rich_markup_mode=None,
    )
    made.callback()(show_help_without_command)
    return made


def show_help_without_command(context: typer.Context) -> None:
    """Show what there is when no command follows."""
    if context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(WRONG_USE)
