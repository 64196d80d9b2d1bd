"""`fastdiag compare`: what changed between two snapshots, before and after the deploy or the restart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.options import FailOnOption, Format, OutputOption, Presentation, TextFormatOption
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Rules

if TYPE_CHECKING:
    from fastdiag.cli.stdout import Screen
    from fastdiag.config.flags import Flags
    from fastdiag.model.changes import Changes
    from fastdiag.model.diagnosis import Diagnosis
    from fastdiag.model.rule import Rulebook

HELP: Final = """Say what changed between two saved snapshots: causes first, then signals.

BEFORE and AFTER are files of `snapshot --save` or of `-f json`; one of them may be - for standard input.
Both are judged by the rules of today. What was seen only once is told apart from what has changed.

\b
Examples:
  fastdiag snapshot --save before.json
  systemctl restart shop
  fastdiag snapshot --save after.json
  fastdiag compare before.json after.json
  fastdiag snapshot -f json | fastdiag compare before.json -
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  compared, whatever has changed
  1  the status of AFTER is at or above --fail-on
  2  wrong use, configuration, rules or snapshot
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
VerboseChangesOption = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Show every finding, and every signal that moved by a quarter."),
]


@takes(Config, Rules)
def compare(
    *,
    before: Annotated[Path, typer.Argument(metavar="BEFORE", hidden=True)],
    after: Annotated[Path, typer.Argument(metavar="AFTER", hidden=True)],
    flags: Flags,
    format_: TextFormatOption = Format.AUTO,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    verbose: VerboseChangesOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    how = Presentation(format=format_, output=output, fail_on=fail_on, verbose=verbose)
    return _run(flags, before, after, how)


def _run(flags: Flags, before: Path, after: Path, how: Presentation) -> int:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - likewise
    from fastdiag.cli.show import deliver, exit_code  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise
    from fastdiag.engine.changes import changes  # noqa: PLC0415 - likewise

    check_writable("--output", how.output)
    _refuse_one_stream(before, after)
    rulebook = pipeline.rules(load_rule_settings(flags))
    found = changes(_judge(before, rulebook), _judge(after, rulebook), rulebook)
    deliver(how, lambda form, on: _text(found, rulebook, form, on, verbose=how.verbose))
    return exit_code(found.after, how.fail_on)


def _refuse_one_stream(before: Path, after: Path) -> None:
    from fastdiag.cli.diagnose import STDIN  # noqa: PLC0415 - likewise
    from fastdiag.errors import FastdiagError  # noqa: PLC0415 - likewise

    if before == after == STDIN:
        raise FastdiagError(
            "BEFORE and AFTER cannot both be standard input", hint="save one of them with snapshot --save"
        )


def _judge(file: Path, rulebook: Rulebook) -> Diagnosis:
    from fastdiag import pipeline  # noqa: PLC0415 - likewise
    from fastdiag.cli.diagnose import read  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise

    outcome = pipeline.replay(read(file, rulebook), rulebook)
    for text in outcome.notes:
        note(f"{file}: {text}")
    return outcome.diagnosis


def _text(found: Changes, rulebook: Rulebook, form: Format, on: Screen, *, verbose: bool) -> str:
    match form:
        case Format.JSON:
            from fastdiag.render.changes import json as changes_json  # noqa: PLC0415 - as needed

            return changes_json.render(found)
        case Format.MARKDOWN:
            from fastdiag.render.changes import markdown as changes_markdown  # noqa: PLC0415 - likewise

            return changes_markdown.render(found, rulebook.catalogue)
        case Format.TERMINAL | Format.AUTO | Format.HTML:  # the options refuse html
            from fastdiag.render.changes import terminal as changes  # noqa: PLC0415 - likewise

            return changes.render(
                found,
                rulebook.catalogue,
                width=on.width,
                color=on.color,
                encoding=on.encoding,
                verbose=verbose,
            )
