"""What a search for the service knows so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fastdiag.config import Settings
from fastdiag.discovery.homes import Clue
from fastdiag.host.proc import Proc
from fastdiag.model.target import Secret


@dataclass(slots=True, kw_only=True)
class Search:
    """What is known so far: of each address where it came from, and what is to be told."""

    settings: Settings
    proc: Proc
    origin: dict[str, str]
    notes: list[str] = field(default_factory=list)

    def first(self, name: str, given: Secret | None, clues: Iterable[Clue]) -> Secret | None:
        """Return what was given, else the first clue, whose origin is noted."""
        if given is not None:
            return given
        for origin, address in clues:
            self.origin[name] = origin
            return address
        return None

    def all(self, name: str, given: Sequence[Secret], clues: Iterable[Clue]) -> tuple[Secret, ...]:
        """Likewise of what may be several."""
        if given:
            return tuple(given)
        found: dict[Secret, str] = {}
        for origin, address in clues:
            found.setdefault(address, origin)
        if found:
            self.origin[name] = ", ".join(dict.fromkeys(found.values()))
        return tuple(found)
