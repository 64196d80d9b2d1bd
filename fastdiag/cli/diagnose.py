"""`fastdiag diagnose`: the same judgement on a saved snapshot."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from fastdiag.cli.options import (
    ConfigOption,
    FailOnOption,
    Format,
    FormatOption,
    OutputOption,
    RulesOption,
    VerboseOption,
)

STDIN: Final = Path("-")


def diagnose(
    snapshot: Annotated[
        Path,
        typer.Argument(
            metavar="SNAPSHOT", help="A file of `snapshot --save` or `-f json`; - is standard input."
        ),
    ],
    config: ConfigOption = None,
    rules: RulesOption = None,
    format_: FormatOption = Format.AUTO,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    verbose: VerboseOption = False,
) -> int:
    """Diagnose a saved or hand-written snapshot; no source is asked.

    The smallest snapshot is {"schema": 1, "signals": {"http.latency.p95": {"value": 4.2}}}.

    \b
    Examples:
      fastdiag diagnose before.json
      fastdiag snapshot -f json | fastdiag diagnose -
    """  # noqa: D301 - \b keeps the lines of the example apart
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.show import exit_code, show  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import Flags, load_settings  # noqa: PLC0415 - likewise
    from fastdiag.render import snapshot_file  # noqa: PLC0415 - likewise

    settings = load_settings(Flags(config=config, rules=tuple(rules or ())))
    rulebook = pipeline.rules(settings)
    if snapshot == STDIN:
        saved = snapshot_file.read(sys.stdin.buffer, rulebook.catalogue, "standard input")
    else:
        saved = snapshot_file.load(snapshot, rulebook.catalogue)
    diagnosis = pipeline.replay(saved, rulebook)
    show(diagnosis, format_, output, verbose=verbose)
    return exit_code(diagnosis, fail_on)
