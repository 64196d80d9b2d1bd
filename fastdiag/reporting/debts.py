"""Who is owed a message: the channels that failed when there was news, so that the next run tells them.

One small file for each service and host, in the state directory. It exists only while somebody is owed
something; where it cannot be kept, a message that failed is lost, as it would be without it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "undelivered"
MAX_AGE_S: Final = 86400.0
"""What happened longer ago is no news; the next change will be."""
MAX_FILE_BYTES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Debts:
    """The debts of one service, as seen from one host; ``file`` is None where nothing is remembered."""

    file: Path | None

    @classmethod
    def of(cls, folder: Path | None, service: str, host: str) -> Debts:
        """Return those that are kept in a state directory; None remembers nothing."""
        if folder is None:
            return cls(None)
        name = hashlib.sha256(f"{service}\0{host}".encode("utf-8", "backslashreplace")).hexdigest()[:32]
        return cls(folder / FOLDER / name)

    def read(self) -> frozenset[str]:
        """Return the names of the channels that are owed a message."""
        if self.file is None:
            return frozenset()
        try:
            if time.time() - self.file.stat().st_mtime > MAX_AGE_S:
                return frozenset()
            with self.file.open(encoding="utf-8", errors="replace") as file:
                return frozenset(file.read(MAX_FILE_BYTES).splitlines())
        except OSError:  # there is none, or it is not ours to read
            return frozenset()

    def write(self, names: Collection[str]) -> str | None:
        """Keep who is owed a message now. Return why that could not be done; None when it was."""
        if self.file is None:
            return None
        try:
            if names:
                _replace(self.file, "\n".join(sorted(names)))
            else:
                self.file.unlink(missing_ok=True)
        except OSError as error:
            return f"that a message failed cannot be kept in {self.file.parent}: {error.strerror}"
        return None


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.write(text)
        os.replace(name, file)  # noqa: PTH105 - names as mkstemp gives them
    except BaseException:  # Ctrl-C is none of Exception
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - likewise
        raise
