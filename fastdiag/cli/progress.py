"""What goes to stderr: progress, while there is somebody to see it, and notes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows what is going on; it does nothing when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for a person
    from rich.text import Text  # noqa: PLC0415 - likewise

    console = Console(stderr=True)
    with console.status(Text("starting")) as status:
        yield lambda message: status.update(Text(message))


def note(text: str) -> None:
    """Say something on stderr that is not part of the result; it may quote the name of a process."""
    from fastdiag.redact import Redactor  # noqa: PLC0415 - seldom needed before the sources are asked

    with suppress(OSError):  # nobody reads it
        print(f"note: {Redactor.of(()).text(text)}", file=sys.stderr)
