"""`fastdiag init`: keep what was found in a fastdiag.yaml."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Targets

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags

STDOUT: Final = Path("-")
HELP: Final = """Write a commented fastdiag.yaml from what is found here and what you name.

Looks for the service as `snapshot` does, but asks no source. Passwords and tokens never stand in the file:
${NAME} does, with a comment that says which variables to export. `fastdiag sources` then tests it.

\b
Examples:
  fastdiag init
  fastdiag init --service shop --prometheus http://prom:9090
  fastdiag init --output -
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  written
  2  wrong use, or the file exists and --force was not given
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
OutputOption = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write it; - is standard output."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]


@takes(Targets)
def init(*, output: OutputOption = Path("fastdiag.yaml"), force: ForceOption = False, flags: Flags) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.files import check_new, check_writable  # noqa: PLC0415 - --help must not load the whole program

    if not force:
        check_new(output)
    check_writable("--output", output)
    _run(flags, output)
    return 0


def _run(flags: Flags, output: Path) -> None:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import write  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.cli.stdout import put_document  # noqa: PLC0415 - likewise
    from fastdiag.config.file import ConfigFile  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise
    from fastdiag.config.template import template  # noqa: PLC0415 - likewise

    # Not from an older file: what is to be replaced must not speak for itself.
    found = pipeline.find(load_settings(flags, file=ConfigFile()))
    for text in found.notes:
        note(text)
    text = template(found.target)
    if output == STDOUT:
        put_document(text)
        return
    write(output, text)
    option = "" if output.name == "fastdiag.yaml" and not output.parent.parts else f" -c {output}"
    print(f"{output} written; next: `fastdiag sources{option}` tests it", file=sys.stderr)
