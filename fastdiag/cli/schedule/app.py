"""The commands of `fastdiag schedule`."""

from __future__ import annotations

from typing import Final

from fastdiag.cli.command import Command
from fastdiag.cli.groups import group
from fastdiag.cli.schedule import cron, kubernetes, systemd
from fastdiag.cli.schedule.timing import EXIT_CODES

SUMMARY: Final = "Print what takes a report regularly."

schedule_app = group(
    help_="Print what makes systemd, cron or Kubernetes take a report regularly.",
    epilog="Nothing is installed: the comments in what is printed say how it is put to work.",
    short_help=SUMMARY,
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
