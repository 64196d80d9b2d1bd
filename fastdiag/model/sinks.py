"""The calls that block, as rules/audit/sinks.yaml has them, and what outside calls give back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.model.audit import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkKind:
    """One kind of blocking call, e.g. `sync-http`.

    title      what such a call does, after "it": `waits for an HTTP answer`
    severity   how much one on the event loop matters
    mechanism  what it waits for, how long that takes, and what happens meanwhile
    fix        what to call instead
    """

    id: str
    title: str
    severity: Severity
    mechanism: str
    fix: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentTest:
    """Whether a call has an argument with one of some values, as the source spells them.

    position  where it may stand without its name, from 0; None when it must be named
    values    texts such as `False` or `0`; empty = any value
    """

    name: str
    position: int | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A call that blocks: its dotted path, and when it counts.

    path      `requests.get`, `sqlalchemy.orm.Session.execute`; the last part may be `*`
    severity  where it differs from its kind's
    fix       where it is more to the point than its kind's
    only      it blocks only when one of these arguments is given
    unless    it does not block when one of these arguments is given
    """

    path: str
    kind: str
    severity: Severity | None = None
    fix: str = ""
    only: tuple[ArgumentTest, ...] = ()
    unless: tuple[ArgumentTest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkTable:
    """All that the analysis knows of packages that it does not read.

    sinks     by path
    harmless  paths that a `*` of ``sinks`` does not mean
    returns   what a call gives: `requests.Session` (a class) or `sqlalchemy.create_engine` -> dotted class;
              the last part may be `*`; `list[X]` is a container of X
    aliases   another spelling of a path -> the one that the table uses; what is below follows:
              `sqlmodel.Session` -> `sqlalchemy.orm.Session` renames `sqlmodel.Session.get` too
    """

    kinds: Mapping[str, SinkKind]
    sinks: Mapping[str, Sink]
    harmless: frozenset[str] = frozenset()
    returns: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def normal(self, path: str) -> str:
        """Return the spelling of ``path`` that the table uses."""
        return normal(path, self.aliases)

    def sink(self, path: str) -> Sink | None:
        """Return the sink that a call of ``path`` is, or None."""
        path = self.normal(path)
        if path in self.harmless:
            return None
        return self.sinks.get(path) or self.sinks.get(f"{path.rpartition('.')[0]}.*")


_MAX_ALIASES: Final = 4
"""Renamings that lead to renamings; more would be a circle."""


def normal(path: str, aliases: Mapping[str, str]) -> str:
    """Return another spelling of a dotted path: that of its longest beginning that has an alias."""
    for _ in range(_MAX_ALIASES):
        renamed = _renamed(path, aliases)
        if renamed == path:
            break
        path = renamed
    return path


def _renamed(path: str, aliases: Mapping[str, str]) -> str:
    head, tail = path, ""
    while head:
        if head in aliases:
            return aliases[head] + tail
        head, dot, last = head.rpartition(".")
        tail = f"{dot}{last}{tail}"
    return path
