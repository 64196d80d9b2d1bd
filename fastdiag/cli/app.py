"""The commands and what they share: --help, --version, completion."""

from __future__ import annotations

import os
from typing import Annotated, Final

import typer
from typer.exceptions import TyperException

from fastdiag import __version__
from fastdiag.cli import alerts as alerts_command
from fastdiag.cli import audit as audit_command
from fastdiag.cli import compare as compare_command
from fastdiag.cli import coverage as coverage_command
from fastdiag.cli import diagnose as diagnose_command
from fastdiag.cli import headroom as headroom_command
from fastdiag.cli import init as init_command
from fastdiag.cli import report as report_command
from fastdiag.cli import serve as serve_command
from fastdiag.cli import signals as signals_command
from fastdiag.cli import sources as sources_command
from fastdiag.cli import watch as watch_command
from fastdiag.cli.command import Command, Group
from fastdiag.cli.demo import demo
from fastdiag.cli.explain import explain
from fastdiag.cli.groups import WRONG_USE, show_help_without_command
from fastdiag.cli.history.app import history_app
from fastdiag.cli.notify.app import notify_app
from fastdiag.cli.options import EXIT_CODES
from fastdiag.cli.rules.app import rules_app
from fastdiag.cli.schedule.app import schedule_app
from fastdiag.cli.snapshot import HELP, snapshot
from fastdiag.cli.symptom_help import SnapshotCommand

NAME: Final = "fastdiag"
COMPLETION_VARIABLE: Final = "_FASTDIAG_COMPLETE"
"""Set by the script that --install-completion installs, on every press of the tab key."""

app = typer.Typer(
    name=NAME,
    cls=Group,
    help="Find out why a FastAPI service is slow, hanging or failing: ranked causes, with evidence.",
    epilog="Start with `fastdiag snapshot` on the machine of the service; there is nothing to configure.",
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(
    cls=SnapshotCommand,
    help=HELP,
    epilog=EXIT_CODES,
    short_help="Look at a live service and print ranked causes.",
)(snapshot)
app.command(
    cls=SnapshotCommand,
    help=report_command.HELP,
    epilog=report_command.EXIT_CODES,
    short_help="Report on a service over time.",
)(report_command.report)
app.command(
    cls=Command,
    help=diagnose_command.HELP,
    epilog=diagnose_command.EXIT_CODES,
    short_help="Judge saved snapshots again: one, or those of many hosts as one view.",
)(diagnose_command.diagnose)
app.command(
    cls=Command,
    help=compare_command.HELP,
    epilog=compare_command.EXIT_CODES,
    short_help="Say what changed between two snapshots.",
)(compare_command.compare)
app.command(
    cls=Command,
    help=sources_command.HELP,
    epilog=sources_command.EXIT_CODES,
    short_help="Test every source; say what to grant or set.",
)(sources_command.sources)
app.command(
    cls=Command,
    help=init_command.HELP,
    epilog=init_command.EXIT_CODES,
    short_help="Keep what was found in a fastdiag.yaml.",
)(init_command.init)
app.command(cls=Command, short_help="Say what a cause, a symptom or a signal is.")(explain)
app.command(
    cls=Command,
    help=watch_command.HELP,
    epilog=watch_command.EXIT_CODES,
    short_help="Watch a service on a live screen.",
)(watch_command.watch)
app.command(
    cls=Command,
    help=headroom_command.HELP,
    epilog=headroom_command.EXIT_CODES,
    short_help="Say which limit is reached first.",
)(headroom_command.headroom)
app.command(
    cls=Command,
    help=coverage_command.HELP,
    epilog=coverage_command.EXIT_CODES,
    short_help="Say what can be seen of a service, and what to add.",
)(coverage_command.coverage)
app.command(
    cls=Command,
    help=audit_command.HELP,
    epilog=audit_command.EXIT_CODES,
    short_help="Find in the source code what production will test first.",
)(audit_command.audit)
app.command(
    cls=Command,
    help=signals_command.HELP,
    short_help="Say what can be measured, and its value here.",
)(signals_command.signals)
app.add_typer(rules_app, name="rules")
app.command(
    cls=Command,
    help=alerts_command.HELP,
    epilog=alerts_command.EXIT_CODES,
    short_help="Print alerting rules for Prometheus.",
)(alerts_command.alerts)
app.add_typer(history_app, name="history")
app.add_typer(schedule_app, name="schedule")
app.add_typer(notify_app, name="notify")
app.command(
    cls=Command,
    help=serve_command.HELP,
    epilog=serve_command.EXIT_CODES,
    short_help="Take a snapshot when an alert fires.",
)(serve_command.serve)
app.command(cls=Command, short_help="See a service with a real fault diagnosed.")(demo)


def _print_version(requested: bool) -> None:
    if requested:
        print(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Take the options that come before a command."""
    del version  # its callback has done the work
    show_help_without_command(context)


def _complete() -> int:
    """Answer the tab key. Whatever goes wrong, nothing is printed into the line that somebody is typing."""
    try:
        app([], prog_name=NAME)  # ends the process
    except Exception:  # noqa: BLE001 - see above
        return WRONG_USE
    return 0


def invoke(arguments: list[str]) -> int:
    """Run a command and return its exit code.

    Not through Typer's own main: it would end the process, and with 1 where the reader of a pipe has gone.

    Raises:
        FastdiagError: the command line or what it names is wrong.

    """
    if COMPLETION_VARIABLE in os.environ:
        return _complete()
    command = typer.main.get_command(app)
    try:
        with command.make_context(NAME, arguments) as context:
            outcome = command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except TyperException as error:
        from fastdiag.cli.misuse import complaint  # noqa: PLC0415 - only for who needs it

        raise complaint(error, arguments) from None
    return outcome if isinstance(outcome, int) else 0
