"""The commands of `fastdiag history`."""

from __future__ import annotations

from fastdiag.cli.command import Command
from fastdiag.cli.groups import group
from fastdiag.cli.history import list as list_command
from fastdiag.cli.history import mark, prune, show

history_app = group(
    help_="See what earlier diagnoses found, what recurs, and what happened in between.",
    epilog="`fastdiag report` keeps what it finds; `history:` in fastdiag.yaml says where and how much.",
    short_help="See earlier diagnoses and what recurs.",
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
