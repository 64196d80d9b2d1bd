"""What goes wrong in here stays in here: one warning in the log, and the application goes on."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Final

LOG: Final = logging.getLogger("fastdiag.instrument")
_told: set[str] = set()


def tell_once(what: str, why: str) -> None:
    """Log one warning about ``what`` in the life of the process."""
    if what not in _told:
        _told.add(what)
        LOG.warning("%s is not measured: %s; the application is not affected", what, why)


class Guard:
    """A context that swallows and reports once whatever fails inside; reusable, and safe in any thread.

    Exceptions that are no errors (cancellation, exit) pass.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        """Enter."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Swallow an error; only its type is told, because its text may hold the application's data."""
        if kind is None or not issubclass(kind, Exception):
            return False
        tell_once(self._what, kind.__name__)
        LOG.debug("what failed", exc_info=(kind, error or kind(), trace))
        return True
