"""`fastdiag diagnose`: the same judgement on a saved snapshot."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.options import (
    ConfigOption,
    FailOnOption,
    Format,
    FormatOption,
    OutputOption,
    Presentation,
    RulesOption,
    VerboseOption,
)

if TYPE_CHECKING:
    from fastdiag.model.rule import Rulebook
    from fastdiag.model.snapshot import Snapshot

STDIN: Final = Path("-")


def diagnose(
    snapshot: Annotated[Path, typer.Argument(metavar="SNAPSHOT", hidden=True)],
    config: ConfigOption = None,
    rules: RulesOption = None,
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
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.cli.show import check_writable, present  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import Flags, load_rule_settings  # noqa: PLC0415 - likewise

    check_writable("--output", output)
    rulebook = pipeline.rules(load_rule_settings(Flags(config=config, rules=tuple(rules or ()))))
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
