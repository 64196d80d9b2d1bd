"""Metrics in a file for node_exporter's textfile collector, which may read it at any moment."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from fastdiag.channels.failure import DeliveryError

MODE: Final = 0o644
"""node_exporter reads as a user of its own."""


def write(path: Path, text: str) -> None:
    """Replace the file as a whole: who reads it sees the old metrics or the new ones.

    Raises:
        DeliveryError: it cannot be written; what stood there is unharmed.

    """
    try:
        _replace(path.resolve(), text.encode())
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in its name, or links in a circle
        raise _fault(path, error) from None


def check(path: Path) -> None:
    """Find out whether the file could be written, without touching it. Raise DeliveryError otherwise."""
    target = path.resolve()
    try:
        if target.is_dir():
            raise DeliveryError(f"{path} is a folder")
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name[:64]}."):
            pass
    except (OSError, ValueError, RuntimeError) as error:
        raise _fault(path, error) from None


def _replace(target: Path, content: bytes) -> None:
    """Write beside the file and rename; the name in between has no suffix that a collector would read."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:64]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), MODE)
        os.replace(name, target)  # noqa: PTH105 - names as mkstemp gives them
    except BaseException:  # Ctrl-C is none of Exception
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - likewise
        raise


def _fault(path: Path, error: Exception) -> DeliveryError:
    why = error.strerror if isinstance(error, OSError) else error
    hint = "the folder must exist, and whoever runs fastdiag must be allowed to write there"
    return DeliveryError(f"{path} cannot be written: {why}", hint=hint)
