"""`fastdiag snapshot`: collect live signals, match, print ranked causes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

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
from fastdiag.cli.target_options import Asking, Config, Observed, Rules, Targets, Times

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags

HELP: Final = """Collect live signals, match them against the rules, and print ranked causes.

Reads only. Sources: prometheus, scrape, postgres, pgbouncer, processes, stacks, host, workers, queue, cache,
probe, logs; those that are not given are looked for on this machine, and those that fail are reported while
the others answer. Options win over fastdiag.yaml, and that over the environment.

\b
Examples, from nothing to everything:
  fastdiag snapshot
  fastdiag snapshot --prometheus http://prom:9090 --service shop
  fastdiag snapshot --postgres postgresql://fastdiag@db/shop --save shop.json
  kubectl logs POD | fastdiag snapshot --log -
  fastdiag snapshot --queue redis://broker:6379/0 --cache redis://cache:6379/0
  fastdiag snapshot --symptom restart-fixes-temporarily
  fastdiag snapshot --at '2h ago' --window 15m
  fastdiag snapshot -f json --fail-on critical
  fastdiag snapshot -o shop.html
"""


@takes(Config, Targets, Observed, Asking, Times, Rules)
def snapshot(
    *,
    flags: Flags,
    format_: FormatOption = Format.AUTO,
    output: OutputOption = None,
    save: SaveOption = None,
    fail_on: FailOnOption = None,
    verbose: VerboseOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    how = Presentation(format=format_, output=output, fail_on=fail_on, verbose=verbose, has_page=True)
    return _run(flags, save, how)


def _run(flags: Flags, save: Path | None, how: Presentation) -> int:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import check_writable, write  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note, progress  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise

    settings = load_settings(flags)
    check_writable("--save", save)
    check_writable("--output", how.output)
    with progress() as report:
        outcome = pipeline.snapshot(settings, report, partial(_get_ready, how))
    for text in outcome.notes:
        note(text)
    from fastdiag.cli.show import present  # noqa: PLC0415 - loaded while the sources were out

    code = present(outcome.diagnosis, how)  # first: what was collected is on the screen, whatever happens
    if save is not None:
        from fastdiag.render.json import render_snapshot  # noqa: PLC0415 - likewise

        write(save, render_snapshot(outcome.diagnosis.snapshot))
    return code


def _get_ready(how: Presentation) -> None:
    from fastdiag.cli.show import get_ready  # noqa: PLC0415 - not before the sources are asked

    get_ready(how)
