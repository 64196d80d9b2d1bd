"""Standard output: what it can show, and writing to it whatever becomes of its reader."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import Final

from fastdiag.errors import FastdiagError

MAX_WIDTH: Final = 120
"""Longer lines are harder to read, however wide the terminal is."""
PLAIN_WIDTH: Final = 100
"""Of text that goes to a file or a pipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What a text is laid out for: columns, whether colour shows, and which characters there are."""

    width: int = PLAIN_WIDTH
    color: bool = False
    encoding: str = "utf-8"


def screen() -> Screen:
    """Return what stdout is: a terminal of some size, or a pipe or file without colour."""
    is_terminal = sys.stdout.isatty()
    is_sized = is_terminal or os.environ.get("COLUMNS", "").isdecimal()
    width = shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns if is_sized else PLAIN_WIDTH
    return Screen(
        width=min(width, MAX_WIDTH),
        color=is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb",
        encoding=sys.stdout.encoding or "ascii",
    )


def put(text: str) -> None:
    """Write text that was laid out for ``screen()``.

    Whatever the reader of a pipe has seen enough of is dropped: the exit code is the same either way.

    Raises:
        FastdiagError: stdout cannot be written, for another reason than that nobody reads it any more.

    """
    _write(text.encode(sys.stdout.encoding or "ascii", "backslashreplace"))


def put_document(text: str) -> None:
    """Write a document for programs, which is UTF-8 whatever the terminal is. Raises like ``put``."""
    _write(text.encode("utf-8"))


def _write(content: bytes) -> None:
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard()
    except OSError as error:
        _discard()
        raise FastdiagError(
            f"the result cannot be written to standard output: {error.strerror or error}",
            hint="`--output FILE` writes it elsewhere",
        ) from None


def _discard() -> None:
    """Send what is still to come, and what Python flushes at exit, nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
