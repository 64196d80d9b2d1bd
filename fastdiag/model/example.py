"""Examples of causes as typed data: a situation, and what the table must say of the cause in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastdiag.model.quantity import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One signal of an example; None is a signal that was looked for and is missing."""

    value: Quantity | None
    before: Quantity | None = None
    pinned: bool | None = None
    parts: tuple[Quantity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What an example demands of its cause: a rank, a verdict at least / at most, or both."""

    rank: int | None = None
    at_least: str | None = None
    at_most: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A situation and what the table must say of the cause in it.

    observed  symptoms that a person reports, which no signal shows
    """

    name: str
    given: Mapping[str, Given]
    expect: Expectation
    observed: tuple[str, ...] = ()
    where: str = ""
