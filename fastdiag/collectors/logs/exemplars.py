"""A line that stands for its kind in the report: masked first, and only then cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastdiag.redact import Redactor

MAX_CHARS: Final = 160
"""Two lines of a screen."""
MAX_MASKED_CHARS: Final = 4000
"""Of a longer line the rest is never shown."""
_LEAD: Final = 12
"""A line that says it within so many characters is shown from its beginning."""


@dataclass(frozen=True, slots=True)
class Exemplars:
    """Makes lines fit to be shown."""

    mask: Redactor

    def of(self, line: str, found: str) -> str:
        """Return the part of a line that begins with what was found in it.

        Masking comes first, as half a secret is no longer known for one; so ``found`` may have gone.
        """
        masked = self.mask.text(line[:MAX_MASKED_CHARS])
        place = masked.find(found)
        start = place if place > _LEAD else 0
        shown = masked[start : start + MAX_CHARS]
        return shown if len(masked) <= start + MAX_CHARS else f"{shown[:-1]}…"
