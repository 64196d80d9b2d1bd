"""The commands of `fastdiag notify`."""

from __future__ import annotations

from fastdiag.cli.command import Command
from fastdiag.cli.groups import group
from fastdiag.cli.notify import try_out

notify_app = group(
    help_="Who is told of news, and whether messages reach them.",
    epilog="Who is told stands in fastdiag.yaml under notify:, or in --notify of report, watch and serve.",
    short_help="Send a test message to whoever is told of news.",
)
notify_app.command(
    name="test",
    cls=Command,
    help=try_out.HELP,
    epilog=try_out.EXIT_CODES,
    short_help="Send a test message everywhere.",
)(try_out.send_test)
