"""`fastdiag report`: a diagnosis with everything that time adds to it."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastdiag.cli.notify_options import NOTIFY
from fastdiag.cli.options import (
    FailOnOption,
    Format,
    FormatOption,
    OutputOption,
    Presentation,
    SaveOption,
    VerboseOption,
)
from fastdiag.cli.report_options import (
    IfRunningOption,
    MarkOption,
    NoHistoryOption,
    OverOption,
    SavedArgument,
)
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Asking, Config, Kept, Observed, Rules, Targets, Times

if TYPE_CHECKING:
    from fastdiag.cli.stdout import Screen
    from fastdiag.config import Settings
    from fastdiag.config.flags import Flags
    from fastdiag.model.notify import Notify
    from fastdiag.model.report import Report
    from fastdiag.reporting.make import Wishes

HELP: Final = """Report on a service: what is wrong, how it came about, what changed, what recurs.

Looks as `fastdiag snapshot` does, and adds how key signals went (from Prometheus, else the history), what
changed since the last report, causes that come back, and which limit is reached first. The history is a small
file in your state directory; losing it never stops a report. With SNAPSHOT files of one service no source
is asked: the latest is reported, those before are its past.

\b
Examples:
  fastdiag report
  fastdiag report -o shop.html
  fastdiag report --mark "deploy v1.2" -o after.html
  fastdiag report -f markdown | gh issue comment 42 -F -
  fastdiag report monday.json tuesday.json -o week.html
  fastdiag report --if-running skip --fail-on critical
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  reported, whatever was found; or skipped (--if-running skip)
  1  the status is at or above --fail-on
  2  wrong use, configuration, rules or snapshot; another report is under way
  3  nothing could be collected
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
_RENDERERS: Final = {Format.JSON: "report.json", Format.MARKDOWN: "report.markdown", Format.HTML: "html"}
_OF_FILES: Final = frozenset({"config", "service", "rules", "history"})
"""What of the command line has a meaning for saved snapshots, beside what is typed as well."""
_OTHER_NAMES: Final = {"observed": "symptom"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was typed beside what every look at a service takes."""

    over_s: float | None
    mark: str | None
    save: Path | None
    if_running: str | None


@takes(Config, Targets, Observed, Asking, Times, Rules, Kept, *NOTIFY)
def report(
    *,
    saved: SavedArgument = None,
    flags: Flags,
    over: OverOption = None,
    mark: MarkOption = None,
    no_history: NoHistoryOption = False,
    if_running: IfRunningOption = None,
    format_: FormatOption = Format.AUTO,
    output: OutputOption = None,
    save: SaveOption = None,
    fail_on: FailOnOption = None,
    verbose: VerboseOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    how = Presentation(format=format_, output=output, fail_on=fail_on, verbose=verbose, has_page=True)
    asked = _Asked(over_s=over, mark=mark, save=save, if_running=if_running)
    flags = _without_history(flags) if no_history else flags
    return _of_files(saved, flags, asked, how) if saved else _live(flags, asked, how)


def _without_history(flags: Flags) -> Flags:
    from fastdiag.errors import FastdiagError  # noqa: PLC0415 - --help must not load the whole program

    if flags.history is not None:
        raise FastdiagError("--no-history stands beside --history", hint="leave one of them out")
    return replace(flags, history="off")


def _live(flags: Flags, asked: _Asked, how: Presentation) -> int:
    """Look, report and tell, while no other report of the service does."""
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.config.notify import load_notify  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise
    from fastdiag.history.place import state_directory  # noqa: PLC0415 - likewise
    from fastdiag.reporting.lock import (  # noqa: PLC0415 - likewise
        MAX_WAIT_S,
        IfRunning,
        RunningError,
        alone,
        lock_file,
    )

    settings, told = load_settings(flags), load_notify(flags)
    check_writable("--output", how.output)
    check_writable("--save", asked.save)
    otherwise = IfRunning(asked.if_running or IfRunning.FAIL)
    wait_s = MAX_WAIT_S if otherwise is IfRunning.WAIT else 0.0
    try:
        with alone(lock_file(settings, state_directory()), wait_s) as trouble:
            if trouble:
                note(trouble)
            return _look(settings, told, asked, how)
    except RunningError as running:
        if otherwise is not IfRunning.SKIP:
            raise
        note(f"skipped: {running.message}")
        return 0


def _look(settings: Settings, to: Notify, asked: _Asked, how: Presentation) -> int:
    from fastdiag.cli.files import write  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import note, progress  # noqa: PLC0415 - likewise
    from fastdiag.history.place import state_directory  # noqa: PLC0415 - likewise
    from fastdiag.reporting.make import make_report  # noqa: PLC0415 - likewise

    with progress() as say:
        made = make_report(settings, _wishes(settings, asked), say, partial(_get_ready, how))
    code = _present(made.report, how)  # first: what was found is on the screen, whatever happens
    if asked.save is not None:
        from fastdiag.render.json import render_snapshot  # noqa: PLC0415 - only what is asked for is loaded

        write(asked.save, render_snapshot(made.report.diagnosis.snapshot))
    from fastdiag.reporting.deliver import Sender, deliver  # noqa: PLC0415 - likewise

    told = deliver(made.report, to, rulebook=made.rulebook, sender=Sender.here(state_directory()))
    for text in told.notes:
        note(text)
    if to.channels and not told.messages:
        note(f"nobody was told: {told.news.otherwise}")
    return code


def _of_files(saved: Sequence[Path], flags: Flags, asked: _Asked, how: Presentation) -> int:
    """Report on files; nobody is told of what is past, and nothing of it is kept."""
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.diagnose import STDIN, read  # noqa: PLC0415 - likewise
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_history_settings  # noqa: PLC0415 - likewise
    from fastdiag.errors import FastdiagError  # noqa: PLC0415 - likewise
    from fastdiag.reporting.make import report_of  # noqa: PLC0415 - likewise

    if list(saved).count(STDIN) > 1:
        raise FastdiagError("only one SNAPSHOT can be standard input", hint="save the others to files")
    if asked.save is not None:
        raise FastdiagError("--save keeps what is collected, and SNAPSHOT files are there already")
    _check_files_alone(flags)
    settings = load_history_settings(flags)
    check_writable("--output", how.output)
    rulebook = pipeline.rules(settings)
    snapshots = [read(file, rulebook) for file in saved]
    return _present(report_of(snapshots, rulebook, _wishes(settings, asked)).report, how)


def _check_files_alone(flags: Flags) -> None:
    """Refuse what would go unheard: which source to ask, or whom to tell. Raise FastdiagError."""
    from fastdiag.errors import FastdiagError  # noqa: PLC0415 - --help must not load the whole program

    for one in fields(flags):
        typed = getattr(flags, one.name)
        if one.name not in _OF_FILES and typed is not None and typed != ():
            option = _OTHER_NAMES.get(one.name, one.name).replace("_", "-")
            message = f"--{option} stands beside SNAPSHOT files"
            raise FastdiagError(message, hint="of files no source is asked, and nobody is told: leave it out")


def _wishes(settings: Settings, asked: _Asked) -> Wishes:
    from fastdiag.errors import FastdiagError  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.reporting.make import Wishes  # noqa: PLC0415 - likewise

    if asked.mark is not None and settings.history is None:
        raise FastdiagError("--mark needs a history to be kept in", hint="and here there is to be none")
    return Wishes(history=settings.history, over_s=asked.over_s, mark=asked.mark)


def _get_ready(how: Presentation) -> None:
    from fastdiag.cli.show import format_of  # noqa: PLC0415 - not before the sources are asked

    importlib.import_module(f"fastdiag.render.{_RENDERERS.get(format_of(how), 'report.terminal')}")


def _present(found: Report, how: Presentation) -> int:
    from fastdiag.cli.progress import note  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.show import deliver, exit_code, format_of  # noqa: PLC0415 - likewise

    is_seen = how.output is None and format_of(how) is Format.TERMINAL  # there stands the trouble as well
    for text in (*found.notes, *(() if is_seen else filter(None, (found.past.trouble,)))):
        note(text)
    deliver(how, lambda form, on: _text(found, form, on, verbose=how.verbose))
    return exit_code(found.diagnosis, how.fail_on)


def _text(found: Report, form: Format, on: Screen, *, verbose: bool) -> str:
    match form:
        case Format.JSON:
            from fastdiag.render.report import json as report_json  # noqa: PLC0415 - only what is asked for is loaded

            return report_json.render(found)
        case Format.MARKDOWN:
            from fastdiag.render.report import markdown as report_markdown  # noqa: PLC0415 - likewise

            return report_markdown.render(found)
        case Format.HTML:
            from fastdiag.render import html  # noqa: PLC0415 - likewise

            return html.render(found, verbose=verbose)
        case Format.TERMINAL | Format.AUTO:
            from fastdiag.render.report import terminal as report_terminal  # noqa: PLC0415 - likewise

            return report_terminal.render(
                found, width=on.width, color=on.color, encoding=on.encoding, verbose=verbose
            )
