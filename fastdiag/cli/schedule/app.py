"""The commands of `fastdiag schedule`."""

from __future__ import annotations

import sys
from typing import Final

import typer

from fastdiag.cli.command import Command, Group
from fastdiag.cli.schedule import cron, kubernetes, systemd
from fastdiag.cli.schedule.timing import EXIT_CODES

WRONG_USE: Final = 2
SUMMARY: Final = "Print what takes a report regularly."

schedule_app = typer.Typer(
    cls=Group,
    help="Print what makes systemd, cron or Kubernetes take a report regularly.",
    epilog="Nothing is installed: the comments in what is printed say how it is put to work.",
    short_help=SUMMARY,
    invoke_without_command=True,
    rich_markup_mode=None,
)
schedule_app.command(
    cls=Command, help=systemd.HELP, epilog=EXIT_CODES, short_help="Print a service unit and its timer."
)(systemd.systemd)
schedule_app.command(
    cls=Command, help=cron.HELP, epilog=EXIT_CODES, short_help="Print a line for a crontab."
)(cron.cron)
schedule_app.command(
    cls=Command, help=kubernetes.HELP, epilog=EXIT_CODES, short_help="Print a CronJob and its ConfigMap."
)(kubernetes.kubernetes)


@schedule_app.callback()
def _root(context: typer.Context) -> None:
    """Show what there is when no command follows."""
    if context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(WRONG_USE)
