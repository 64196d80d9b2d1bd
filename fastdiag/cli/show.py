"""From a diagnosis to what is printed, and to the exit code."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastdiag.cli.files import STDOUT, write
from fastdiag.cli.options import PAGES, FailOn, Format, Presentation
from fastdiag.cli.stdout import Screen, put, put_document, screen
from fastdiag.model.diagnosis import Diagnosis, Status

FOUND: Final = 1
NOTHING_COLLECTED: Final = 3
SUFFIXES: Final = {".json": Format.JSON, ".md": Format.MARKDOWN, ".markdown": Format.MARKDOWN}
_BAD: Final[dict[FailOn | None, frozenset[Status]]] = {
    None: frozenset(),
    FailOn.WARNING: frozenset({Status.WARNING, Status.CRITICAL}),
    FailOn.CRITICAL: frozenset({Status.CRITICAL}),
}


def get_ready(how: Presentation) -> None:
    """Load what ``present`` will need: called while there is time for it."""
    form = format_of(how)
    importlib.import_module(f"fastdiag.render.{Format.TERMINAL if form is Format.AUTO else form}")


def present(diagnosis: Diagnosis, how: Presentation) -> int:
    """Print a diagnosis, or write it to a file, and return the exit code.

    Raises:
        FastdiagError: it cannot be written.

    """
    deliver(how, lambda form, on: _text(diagnosis, form, on, verbose=how.verbose))
    return exit_code(diagnosis, how.fail_on)


def deliver(how: Presentation, text: Callable[[Format, Screen], str]) -> None:
    """Print what ``text`` makes for a format and a screen, or write it to a file.

    Raises:
        FastdiagError: it cannot be written.

    """
    form = format_of(how)
    hand_over(how.output, lambda on: text(form, on), for_people=form is Format.TERMINAL)


def hand_over(output: Path | None, text: Callable[[Screen], str], *, for_people: bool) -> None:
    """Write what ``text`` makes for a screen to a file, or print it: for people as wide as their screen is.

    Raises:
        FastdiagError: it cannot be written.

    """
    if output is not None and output != STDOUT:
        write(output, text(Screen()))
    elif for_people:
        put(text(screen()))
    else:
        put_document(text(Screen()))


def format_of(how: Presentation) -> Format:
    """Return the format that was asked for, or that the name of the output stands for."""
    if how.format is not Format.AUTO:
        return how.format
    return (
        (SUFFIXES | PAGES).get(how.output.suffix.lower(), Format.TERMINAL) if how.output else Format.TERMINAL
    )


def _text(diagnosis: Diagnosis, form: Format, on: Screen, *, verbose: bool) -> str:
    match form:
        case Format.JSON:
            from fastdiag.render import json  # noqa: PLC0415 - only what is asked for is loaded

            return json.render(diagnosis)
        case Format.MARKDOWN:
            from fastdiag.render import markdown  # noqa: PLC0415 - likewise

            return markdown.render(diagnosis)
        case Format.HTML:
            from fastdiag.model.report import Report  # noqa: PLC0415 - likewise
            from fastdiag.render import html  # noqa: PLC0415 - likewise

            return html.render(Report(diagnosis=diagnosis), verbose=verbose)
        case Format.TERMINAL | Format.AUTO:
            from fastdiag.render import terminal  # noqa: PLC0415 - likewise

            return terminal.render(
                diagnosis, width=on.width, color=on.color, encoding=on.encoding, verbose=verbose
            )


def exit_code(diagnosis: Diagnosis, fail_on: FailOn | None) -> int:
    """Return 3 when no source yielded anything, 1 for a finding at or above ``fail_on``, else 0."""
    if diagnosis.snapshot.sources and not diagnosis.snapshot.readings:
        return NOTHING_COLLECTED
    return FOUND if diagnosis.status in _BAD[fail_on] else 0
