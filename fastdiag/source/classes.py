"""Classes and their bases: order of resolution, those below a class, implementations of a protocol."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from fastdiag.source.model import Class, Outside, Type

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference

Base = Class | str
"""A class of the project, or the dotted name of one outside."""
_NO_BASES: Final = frozenset({"object", "typing.Generic", "typing.Protocol", "abc.ABC"})
_MAX_LINE: Final = 60
"""Classes that one class descends from; no real one has more."""


class Hierarchy:
    """Who descends from whom."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._bases: dict[Class, tuple[Base, ...]] = {}
        self._lines: dict[Class, tuple[Base, ...]] = {}
        self._children: dict[Class, list[Class]] | None = None
        self._alike: dict[Class, tuple[Class, ...]] = {}
        self._depth = 0

    def bases(self, cls: Class) -> tuple[Base, ...]:
        """Return the direct bases as far as they are known, without those that every class has."""
        known = self._bases.get(cls)
        if known is None:
            self._bases[cls] = ()  # a class that descends from itself
            known = self._bases[cls] = tuple(dict.fromkeys(self._direct(cls)))
        return known

    def _direct(self, cls: Class) -> Iterator[Base]:
        outer = self._inference.scope_of(cls).parent
        for expr in cls.node.bases:
            if outer is None or isinstance(expr, ast.Starred):
                continue
            for value in self._inference.values(expr, outer):
                if isinstance(value, Type) and value.cls is not cls:
                    yield value.cls
                elif isinstance(value, Outside) and value.path not in _NO_BASES:
                    yield value.path

    def line(self, cls: Class) -> tuple[Base, ...]:
        """Return the class and all its bases, in the order in which attributes are looked up."""
        known = self._lines.get(cls)
        if known is None:
            if self._depth >= _MAX_LINE:
                return (cls,)
            self._lines[cls] = (cls,)  # a class that descends from itself
            bases = self.bases(cls)
            self._depth += 1
            each: list[list[Base]] = [
                [*self.line(base)] if isinstance(base, Class) else [base] for base in bases
            ]
            self._depth -= 1
            known = self._lines[cls] = (cls, *_merged([*each, list(bases)])[:_MAX_LINE])
        return known

    def outside(self, cls: Class) -> tuple[str, ...]:
        """Return the names of all bases outside the project, nearest first."""
        return tuple(base for base in self.line(cls) if isinstance(base, str))

    def below(self, cls: Class) -> tuple[Class, ...]:
        """Return the classes of the project that descend from a class, at any depth."""
        if self._children is None:
            self._children = {}
            for each in list(self._inference.sources.scopes):
                if isinstance(each, Class):
                    for base in self.line(each)[1:]:
                        if isinstance(base, Class):
                            self._children.setdefault(base, []).append(each)
        return tuple(self._children.get(cls, ()))

    def implementations(self, protocol: Class) -> tuple[Class, ...]:
        """Return the classes of the project that have every method of a protocol."""
        known = self._alike.get(protocol)
        if known is None:
            wanted = set(protocol.methods)
            every = (each for each in self._inference.sources.scopes if isinstance(each, Class))
            found = (cls for cls in every if cls is not protocol and wanted <= set(cls.methods))
            known = self._alike[protocol] = tuple(found)
        return known

    def is_protocol(self, cls: Class) -> bool:
        """Tell whether a class is a typing.Protocol itself."""
        outer = self._inference.scope_of(cls).parent
        return outer is not None and any(
            isinstance(value, Outside) and value.path == "typing.Protocol"
            for expr in cls.node.bases
            for value in self._inference.values(expr, outer)
        )


def _merged(lines: list[list[Base]]) -> list[Base]:
    """Merge as C3 does; where that is impossible, take the next one all the same."""
    merged: list[Base] = []
    while any(lines):
        lines = [line for line in lines if line]
        head = next((line[0] for line in lines if _is_head(line[0], lines)), lines[0][0])
        merged.append(head)
        lines = [[base for base in line if base != head] for line in lines]
    return merged


def _is_head(base: Base, lines: Iterable[list[Base]]) -> bool:
    return all(base not in line[1:] for line in lines)
