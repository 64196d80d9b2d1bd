"""From a diagnosis to what is printed, and to the exit code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from fastdiag.cli.options import FailOn, Format, Presentation
from fastdiag.cli.stdout import Screen, put, put_document, screen
from fastdiag.errors import ConfigError, FastdiagError
from fastdiag.model.diagnosis import Diagnosis, Status

FOUND: Final = 1
NOTHING_COLLECTED: Final = 3
SUFFIXES: Final = {".json": Format.JSON, ".md": Format.MARKDOWN, ".markdown": Format.MARKDOWN}
STDOUT: Final = Path("-")
_BAD: Final[dict[FailOn | None, frozenset[Status]]] = {
    None: frozenset(),
    FailOn.WARNING: frozenset({Status.WARNING, Status.CRITICAL}),
    FailOn.CRITICAL: frozenset({Status.CRITICAL}),
}
_ELSEWHERE: Final = "choose another place"


def present(diagnosis: Diagnosis, how: Presentation) -> int:
    """Print a diagnosis, or write it to a file, and return the exit code.

    Raises:
        FastdiagError: it cannot be written.

    """
    form = _format(how)
    if how.output is not None and how.output != STDOUT:
        write(how.output, _text(diagnosis, form, Screen(), verbose=how.verbose))
    elif form is Format.TERMINAL:
        put(_text(diagnosis, form, screen(), verbose=how.verbose))
    else:
        put_document(_text(diagnosis, form, Screen(), verbose=how.verbose))
    return exit_code(diagnosis, how.fail_on)


def write(path: Path, text: str) -> None:
    """Write a result to a file. Raise FastdiagError when that is not possible."""
    try:
        path.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror if isinstance(error, OSError) else error
        raise FastdiagError(f"{path} cannot be written: {why}", hint=_ELSEWHERE) from None


def check_writable(option: str, path: Path | None) -> None:
    """Refuse a place that cannot be written, before anything is collected for it.

    Raises:
        ConfigError: it cannot, as far as one can tell without writing; the hint says what to do.

    """
    if path is None or path == STDOUT:
        return
    trouble = _trouble(path)
    if trouble:
        raise ConfigError(f"{option} {path} cannot be written: {trouble}", hint=_ELSEWHERE)


def _trouble(path: Path) -> str | None:
    if os.path.isdir(path):  # noqa: PTH112 - unlike Path's, it raises nothing
        return "it is a folder"
    if os.path.exists(path):  # noqa: PTH110 - likewise
        return None if os.access(path, os.W_OK) else "no permission"
    if not os.path.isdir(path.parent):  # noqa: PTH112 - likewise
        return f"there is no folder {path.parent}"
    return None if os.access(path.parent, os.W_OK | os.X_OK) else f"no permission in folder {path.parent}"


def _format(how: Presentation) -> Format:
    if how.format is not Format.AUTO:
        return how.format
    return SUFFIXES.get(how.output.suffix.lower(), Format.TERMINAL) if how.output else Format.TERMINAL


def _text(diagnosis: Diagnosis, form: Format, on: Screen, *, verbose: bool) -> str:
    match form:
        case Format.JSON:
            from fastdiag.render import json  # noqa: PLC0415 - only what is asked for is loaded

            return json.render(diagnosis)
        case Format.MARKDOWN:
            from fastdiag.render import markdown  # noqa: PLC0415 - likewise

            return markdown.render(diagnosis)
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
