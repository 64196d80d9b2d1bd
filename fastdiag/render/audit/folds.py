"""Findings that are one piece of work to a reader: equal ones in the same function."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastdiag.model.audit import Finding

_MAX_LINES: Final = 8
"""Numbers of lines that are told one by one."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A finding, and those of its function that are mended with it."""

    first: Finding
    others: tuple[Finding, ...] = ()

    @property
    def all(self) -> tuple[Finding, ...]:
        """The findings in the order of their lines."""
        return (self.first, *self.others)

    @property
    def lines(self) -> str:
        """Where the others are: `lines 12, 14 and 3 more of the function`."""
        numbers = list(dict.fromkeys(one.place.line for one in self.others))
        told = ", ".join(map(str, numbers[:_MAX_LINES]))
        more = f" and {len(numbers) - _MAX_LINES} more" if len(numbers) > _MAX_LINES else ""
        return f"line{'s' if len(numbers) > 1 else ''} {told}{more} of the function"


def folds(group: Iterable[Finding]) -> list[Fold]:
    """Return the findings of one group, those together that stand in one function and are mended alike."""
    together: dict[object, list[Finding]] = {}
    for finding in group:
        function = next((step.function for step in reversed(finding.chain) if step.function), "")
        key = (finding.place.file, function, finding.fix, finding.confidence) if function else finding.place
        together.setdefault(key, []).append(finding)
    return [Fold(first, tuple(others)) for first, *others in together.values()]
