"""`fastdiag history show`: one run in full, judged by the rules of today."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.history.opening import Whose, opened
from fastdiag.cli.options import (
    FailOnOption,
    Format,
    FormatOption,
    OutputOption,
    Presentation,
    SaveOption,
    VerboseOption,
)
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Kept, Rules
from fastdiag.errors import HistoryError

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags
    from fastdiag.history.store import Store
    from fastdiag.model.history import Run

HELP: Final = """Show what a run found, in full; no source is asked.

RUN is a number of `fastdiag history list`, or latest. What it saw is judged by the rules of today; what was
said then stands in a note. --save keeps its snapshot in a file, for `fastdiag compare`.

\b
Examples:
  fastdiag history show latest
  fastdiag history show 17 -f markdown
  fastdiag history show 17 --save before.json
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  shown, whatever it found
  1  its status is at or above --fail-on
  2  wrong use, configuration or rules; no such run; history unreadable
  3  nothing could be collected then
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
LATEST: Final = "latest"
MAX_ID: Final = 2**63 - 1


def complete_run(incomplete: str) -> list[str]:
    """Complete the only word that is no number."""
    from fastdiag.cli.complete import matching  # noqa: PLC0415 - loaded when the tab key is pressed

    return matching([LATEST], incomplete)


@takes(Config, Whose, Kept, Rules)
def show(
    *,
    run: Annotated[str, typer.Argument(metavar="RUN", hidden=True, autocompletion=complete_run)],
    flags: Flags,
    format_: FormatOption = Format.AUTO,
    output: OutputOption = None,
    save: SaveOption = None,
    fail_on: FailOnOption = None,
    verbose: VerboseOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    how = Presentation(format=format_, output=output, fail_on=fail_on, verbose=verbose, has_page=True)
    return _run(flags, run, save, how)


def _run(flags: Flags, wanted: str, save: Path | None, how: Presentation) -> int:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import check_writable, write  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.cli.show import present  # noqa: PLC0415 - likewise
    from fastdiag.render import snapshot_file  # noqa: PLC0415 - likewise
    from fastdiag.render.history.words import then  # noqa: PLC0415 - likewise

    check_writable("--save", save)
    check_writable("--output", how.output)
    with opened(flags) as history:
        run = _find(history.store, wanted, history.settings.service)
        text = history.store.snapshot(run.id)
        where = history.store.where
    rulebook = pipeline.rules(history.settings)
    note(then(run))
    if text is None:
        raise HistoryError(
            f"the snapshot of run {run.id} was dropped to make room",
            hint="`size:` under history",
            where=where,
        )
    outcome = pipeline.replay(snapshot_file.decode(text, rulebook.catalogue, where), rulebook)
    for said in outcome.notes:
        note(said)
    code = present(outcome.diagnosis, how)
    if save is not None:
        write(save, text)
    return code


def _find(store: Store, wanted: str, service: str | None) -> Run:
    """Return the run that is meant. Raise HistoryError when there is none."""
    if wanted == LATEST:
        latest = store.runs(service, limit=1)
        if latest:
            return latest[0]
        raise HistoryError("there is no run yet", hint="`fastdiag report` keeps one", where=store.where)
    number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < len(str(MAX_ID)) else 0
    run = store.run(number)
    if run is None:
        hint = "`fastdiag history list` lists them; latest is the last one"
        raise HistoryError(f"there is no run {wanted!r}", hint=hint, where=store.where)
    return run
