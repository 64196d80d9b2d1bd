"""From a diagnosis to what is printed, and to the exit code."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from fastdiag.cli.options import FailOn, Format
from fastdiag.errors import FastdiagError
from fastdiag.model.diagnosis import Diagnosis, Status

FOUND: Final = 1
NOTHING_COLLECTED: Final = 3
MAX_WIDTH: Final = 120
"""Longer lines are harder to read, however wide the terminal is."""
PIPED_WIDTH: Final = 100
SUFFIXES: Final = {".json": Format.JSON, ".md": Format.MARKDOWN}


def show(diagnosis: Diagnosis, chosen: Format, output: Path | None, *, verbose: bool) -> None:
    """Print a diagnosis, or write it to a file.

    Raises:
        FastdiagError: the file cannot be written.

    """
    text = _text(diagnosis, _format(chosen, output), to_file=output is not None, verbose=verbose)
    if output is None:
        sys.stdout.write(text)
    else:
        write(output, text)


def write(path: Path, text: str) -> None:
    """Write a result to a file. Raise FastdiagError when that is not possible."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FastdiagError(
            f"{path} cannot be written: {error.strerror}", hint="choose another place"
        ) from None


def _format(chosen: Format, output: Path | None) -> Format:
    if chosen is not Format.AUTO:
        return chosen
    return SUFFIXES.get(output.suffix, Format.TERMINAL) if output else Format.TERMINAL


def _text(diagnosis: Diagnosis, chosen: Format, *, to_file: bool, verbose: bool) -> str:
    match chosen:
        case Format.JSON:
            from fastdiag.render import json  # noqa: PLC0415 - only what is asked for is loaded

            return json.render(diagnosis)
        case Format.MARKDOWN:
            from fastdiag.render import markdown  # noqa: PLC0415 - likewise

            return markdown.render(diagnosis)
        case Format.TERMINAL | Format.AUTO:
            from fastdiag.render import terminal  # noqa: PLC0415 - likewise

            is_terminal = sys.stdout.isatty() and not to_file
            width = shutil.get_terminal_size((PIPED_WIDTH, 24)).columns if is_terminal else PIPED_WIDTH
            return terminal.render(diagnosis, width=min(width, MAX_WIDTH), color=is_terminal, verbose=verbose)


def exit_code(diagnosis: Diagnosis, fail_on: FailOn | None) -> int:
    """Return 3 when no source yielded anything, 1 for a finding at or above ``fail_on``, else 0."""
    if diagnosis.snapshot.sources and not diagnosis.snapshot.readings:
        return NOTHING_COLLECTED
    bad = {
        None: frozenset[Status](),
        FailOn.WARNING: frozenset({Status.WARNING, Status.CRITICAL}),
        FailOn.CRITICAL: frozenset({Status.CRITICAL}),
    }
    return FOUND if diagnosis.status in bad[fail_on] else 0
