"""Lines that make an item visible, and whom they serve."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

APP: Final = "main.py, after app = FastAPI()"
OTEL: Final = "opentelemetry-instrumentation-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Lines to add.

    needs   items, or flaws of an item, that they mend
    uses    one of these libraries must be in use; empty: for any service
    unless  and none of these
    add_to  where they go
    """

    needs: frozenset[str]
    lines: str
    add_to: str
    uses: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()

    def fits(self, need: str, uses: Collection[str]) -> bool:
        """Whether it serves a need of a service that uses these libraries."""
        has = not self.uses or not self.uses.isdisjoint(uses)
        return need in self.needs and has and self.unless.isdisjoint(uses)
