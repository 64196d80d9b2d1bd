"""The commands and what they share: --help, --version, completion."""

from __future__ import annotations

import sys
from typing import Annotated

import click
import typer

from fastdiag import __version__
from fastdiag.cli.demo import demo
from fastdiag.cli.diagnose import diagnose
from fastdiag.cli.explain import explain
from fastdiag.cli.snapshot import snapshot

app = typer.Typer(
    name="fastdiag",
    help="Find out why a FastAPI service is slow, hanging or failing: ranked causes, with evidence.",
    epilog="Start with: fastdiag snapshot   (on the machine of the service; nothing to configure)",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(snapshot)
app.command()(diagnose)
app.command()(explain)
app.command()(demo)


def _print_version(requested: bool) -> None:
    if requested:
        print(f"fastdiag {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Take the options that come before a command."""
    del version  # its callback has done the work


def invoke(arguments: list[str]) -> int:
    """Run a command and return its exit code. Wrong use is explained on stderr and gives 2."""
    try:
        outcome = app(arguments, standalone_mode=False)
    except click.ClickException as error:
        error.show(sys.stderr)
        return error.exit_code
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    return outcome if isinstance(outcome, int) else 0
