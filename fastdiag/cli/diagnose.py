"""`fastdiag diagnose`: the same judgement on a saved snapshot."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.options import (
    FailOnOption,
    Format,
    FormatOption,
    OutputOption,
    Presentation,
    VerboseOption,
)
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Rules

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags
    from fastdiag.model.rule import Rulebook
    from fastdiag.model.snapshot import Snapshot

STDIN: Final = Path("-")


@takes(Config, Rules)
def diagnose(
    *,
    snapshot: Annotated[Path, typer.Argument(metavar="SNAPSHOT", hidden=True)],
    flags: Flags,
    format_: FormatOption = Format.AUTO,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    verbose: VerboseOption = False,
) -> int:
    """Diagnose a saved or hand-written snapshot; no source is asked.

    SNAPSHOT is a file of `snapshot --save` or of `-f json`; - is standard input. The parameters in it win
    over those of fastdiag.yaml, so that it yields what it yielded when it was taken.

    The smallest one is {"schema": 1, "signals": {"http.latency.p95": {"value": "4s"}}}.

    \b
    Examples:
      fastdiag diagnose shop.json
      fastdiag snapshot -f json | fastdiag diagnose -
    """  # noqa: D301 - \b keeps the lines of the example apart
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.cli.show import present  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise

    check_writable("--output", output)
    rulebook = pipeline.rules(load_rule_settings(flags))
    outcome = pipeline.replay(read(snapshot, rulebook), rulebook)
    for text in outcome.notes:
        note(text)
    return present(
        outcome.diagnosis, Presentation(format=format_, output=output, fail_on=fail_on, verbose=verbose)
    )


def read(snapshot: Path, rulebook: Rulebook) -> Snapshot:
    """Read a snapshot from a file or, for `-`, from standard input. Raise SnapshotError when it is none."""
    from fastdiag.render import snapshot_file  # noqa: PLC0415 - --help must not load the whole program

    if snapshot == STDIN:
        return snapshot_file.read(sys.stdin.buffer, rulebook.catalogue, "standard input")
    return snapshot_file.load(snapshot, rulebook.catalogue)
