"""`fastdiag watch`: a live screen, or one line a look; and the flight recorder that waits for symptoms."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastdiag.cli.notify_options import PLACES
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Asking, Config, Kept, Rules, Span, Targets
from fastdiag.cli.watch_options import (
    EveryOption,
    LinesOption,
    LooksOption,
    MaxCpuOption,
    OnOption,
    RecordOption,
    SaveToOption,
)
from fastdiag.errors import ConfigError, FastdiagError

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags
    from fastdiag.config.settings import Settings
    from fastdiag.model.diagnosis import Diagnosis
    from fastdiag.watch.session import Plan

HELP: Final = """Watch a service: verdict, causes and key signals over time, on a live screen.

Looks again and again as `fastdiag snapshot` does, one look at a time, and never uses more of a core than
--max-cpu allows, from look to look; the screen says what it costs. Without a terminal, or with --lines, it
writes one line a look.

Keys: q quit, p pause, s save a snapshot, arrows and enter show a cause in full, ? help.

With --record it is a flight recorder: a look that shows a symptom is kept, limited in rate, number, size and
age (record: in fastdiag.yaml), for `fastdiag diagnose` and `fastdiag compare`; the history has it too, and
whoever is to be told of it is told (notify: in fastdiag.yaml, --notify).

\b
Examples:
  fastdiag watch
  fastdiag watch --every 30s --prometheus http://prom:9090 --service shop
  fastdiag watch --record recordings --on hanging-requests --on error-spike
  fastdiag watch --lines --looks 6 >> watch.log
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  ended by q, Ctrl-C or SIGTERM, or after --looks
  2  wrong use, configuration or rules
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_]+")


@takes(Config, Targets, Asking, Span, Rules, Kept, *PLACES)
def watch(
    *,
    flags: Flags,
    every: EveryOption = None,
    max_cpu: MaxCpuOption = None,
    looks: LooksOption = None,
    lines: LinesOption = False,
    record: RecordOption = None,
    on: OnOption = None,
    save_to: SaveToOption = None,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag.cli.watch_options import check_every, check_max_cpu  # noqa: PLC0415 - only what is asked for

    every_s, limit = check_every(every), check_max_cpu(max_cpu)
    folder = _check_folder(save_to)
    return _run(flags, every_s, limit, looks, lines, record, tuple(on or ()), folder)


def _run(
    flags: Flags,
    every_s: float,
    limit: float,
    looks: int | None,
    lines: bool,
    record: Path | None,
    on: tuple[str, ...],
    folder: Path,
) -> int:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.watch_recording import recording_of  # noqa: PLC0415 - likewise
    from fastdiag.config.places import find_config  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise
    from fastdiag.watch.session import Plan  # noqa: PLC0415 - likewise
    from fastdiag.watch.take import Taker  # noqa: PLC0415 - likewise

    file, notes = find_config(flags.config, os.environ)
    settings = _for_watching(load_settings(flags, file=file), every_s, notes)
    table = pipeline.open_table(settings)
    recording = recording_of(flags, file, settings, table, record, on)
    plan = Plan(
        take=Taker(settings=settings, table=table, recording=recording),
        every_s=every_s,
        limit=limit,
        looks=looks,
        records_to=str(recording.recorder.directory) if recording else None,
    )
    return _show_lines(plan) if lines or not _is_seen() else _show_screen(plan, folder)


def _for_watching(settings: Settings, every_s: float, notes: tuple[str, ...]) -> Settings:
    """Return the settings of every look: unless somebody says otherwise, one is over when the next is due.

    Raises:
        ConfigError: a log is to come from standard input, which is there once.

    """
    from dataclasses import replace  # noqa: PLC0415 - likewise

    from fastdiag.model.log_place import LogStdin  # noqa: PLC0415 - likewise

    if any(isinstance(place, LogStdin) for place in settings.logs):
        raise ConfigError(
            "--log - cannot be watched: what is piped in is there once",
            hint="name the file or the unit: --log FILE, --log journal:UNIT",
        )
    is_given = "deadline" in settings.origin
    deadline_s = settings.deadline_s if is_given else min(settings.deadline_s, every_s)
    return replace(settings, deadline_s=deadline_s, notes=(*notes, *settings.notes))


def _check_folder(folder: Path | None) -> Path:
    """Return the folder for saved snapshots. Raise ConfigError when it is none, or cannot be written."""
    if folder is None:
        return Path()
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        why = "no permission" if folder.is_dir() else "there is no such folder"
        raise ConfigError(f"--save-to {folder} cannot be written: {why}", hint="choose another place")
    return folder


def _is_seen() -> bool:
    """Whether somebody sits at a terminal that can show a screen, and can press keys."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return is_terminal and os.environ.get("TERM", "dumb") != "dumb"


def _show_screen(plan: Plan, folder: Path) -> int:
    from fastdiag.cli.stdout import put, screen  # noqa: PLC0415 - likewise
    from fastdiag.render.watch.words import log_line  # noqa: PLC0415 - likewise
    from fastdiag.watch.screen import Ink, run  # noqa: PLC0415 - likewise
    from fastdiag.watch.terminal import Terminal  # noqa: PLC0415 - likewise

    on = screen()
    terminal = Terminal(sys.stdin.fileno(), sys.stdout.fileno(), on.encoding)
    watched = run(
        plan,
        terminal,
        Ink(color=on.color, encoding=on.encoding),
        lambda diagnosis: _keep(diagnosis, folder),
    )
    if watched.looks:
        put(f"{log_line(watched)}\n")
    return 0


def _show_lines(plan: Plan) -> int:
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.render.watch.words import log_line  # noqa: PLC0415 - likewise
    from fastdiag.watch import lines  # noqa: PLC0415 - likewise

    if plan.records_to is not None:
        note(f"snapshots go to {plan.records_to}")
    lines.run(plan, log_line, _say, note)
    return 0


def _say(line: str) -> None:
    """Print a line at once.

    Raises:
        BrokenPipeError: nobody reads any more: then nobody watches.
        FastdiagError: it cannot be written for another reason.

    """
    encoding = sys.stdout.encoding or "ascii"
    try:
        print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        said = f"the lines cannot be written to standard output: {error.strerror or error}"
        raise FastdiagError(said, hint="send them elsewhere") from None


def _keep(diagnosis: Diagnosis, folder: Path) -> str:
    """Keep a snapshot in a file named after its service and moment. Raises FastdiagError."""
    from fastdiag.cli.files import write  # noqa: PLC0415 - likewise
    from fastdiag.render.json import render_snapshot  # noqa: PLC0415 - likewise

    taken = diagnosis.snapshot
    moment = re.sub("[-:]", "", taken.taken_at)  # the short form of ISO 8601, which sorts by time
    name = _UNFIT.sub("-", taken.service).strip("-") or "snapshot"
    path = folder / f"{name[:48]}-{moment}.json"
    write(path, render_snapshot(taken))
    return f"saved as {path}"
