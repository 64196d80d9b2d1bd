"""`fastdiag diagnose`: the same judgement on a saved snapshot."""

from __future__ import annotations

import sys
from collections.abc import Sequence
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


HELP: Final = """Diagnose saved or hand-written snapshots; no source is asked.

SNAPSHOT is a file of `snapshot --save` or of `-f json`; - is standard input. The parameters in it win
over those of fastdiag.yaml, so that it yields what it yielded when it was taken.

Several, one of each host, become one view: how many fare how and why, which hosts and workers stand out,
and what only some of them see. What cannot be read is told, and the rest goes on. Standard input may hold
several, one after the other.

The smallest one is {"schema": 1, "signals": {"http.latency.p95": {"value": "4s"}}}.

\b
Examples:
  fastdiag diagnose shop.json
  fastdiag snapshot -f json | fastdiag diagnose -
  fastdiag diagnose web*.json --fail-on critical
  for host in web1 web2; do ssh $host fastdiag snapshot -f json; done |
    fastdiag diagnose -
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  diagnosed, whatever was found
  1  the status, of any host, is at or above --fail-on
  2  wrong use, configuration, rules or snapshot, be it one of several
  3  nothing had been collected
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""


@takes(Config, Rules)
def diagnose(
    *,
    snapshot: Annotated[list[Path], typer.Argument(metavar="SNAPSHOT", hidden=True)],
    flags: Flags,
    format_: FormatOption = Format.AUTO,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    verbose: VerboseOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    how = Presentation(format=format_, output=output, fail_on=fail_on, verbose=verbose, has_page=True)
    return _run(flags, snapshot, how)


def _run(flags: Flags, paths: Sequence[Path], how: Presentation) -> int:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - likewise
    from fastdiag.cli.fleet import given, view  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.cli.show import present  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise

    check_writable("--output", how.output)
    rulebook = pipeline.rules(load_rule_settings(flags))
    saved = given(paths)
    if len(saved) > 1:
        return view(saved, rulebook, how)
    outcome = pipeline.replay(saved[0].read(rulebook), rulebook)
    for text in outcome.notes:
        note(text)
    return present(outcome.diagnosis, how)


def read(snapshot: Path, rulebook: Rulebook) -> Snapshot:
    """Read a snapshot from a file or, for `-`, from standard input. Raise SnapshotError when it is none."""
    from fastdiag.render import snapshot_file  # noqa: PLC0415 - --help must not load the whole program

    if snapshot == STDIN:
        return snapshot_file.read(sys.stdin.buffer, rulebook.catalogue, "standard input")
    return snapshot_file.load(snapshot, rulebook.catalogue)
