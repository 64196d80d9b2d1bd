"""Scopes and the names that are bound in them, as syntax tells; what they mean is found out later."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from fastdiag.source.model import Class, Function, Module

Position = tuple[int, int]
"""Line from 1, column from 0, as the syntax tree has them: positions compare."""


@dataclass(frozen=True, slots=True)
class Imported:
    """`import module` (no ``name``) or `from module import name`; ``level`` counts the leading dots."""

    module: str
    name: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Defined:
    """A `def`."""

    function: Function


@dataclass(frozen=True, slots=True)
class Declared:
    """A `class`."""

    cls: Class


@dataclass(frozen=True, slots=True)
class Assigned:
    """`name = value`, `name: annotation = value`, or only the annotation."""

    value: ast.expr | None
    annotation: ast.expr | None = None


@dataclass(frozen=True, slots=True)
class Looped:
    """An element of what is iterated."""

    over: ast.expr


@dataclass(frozen=True, slots=True)
class Entered:
    """What `with manager as name` gives."""

    manager: ast.expr


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; ``stars`` is 1 for `*name`, 2 for `**name`."""

    function: Function
    arg: ast.arg
    default: ast.expr | None = None
    stars: int = 0


@dataclass(frozen=True, slots=True)
class Caught:
    """An object of the class that an expression names: `except E as name`, `case E() as name`."""

    of: ast.expr


Source = Imported | Defined | Declared | Assigned | Looped | Entered | Parameter | Caught


@dataclass(slots=True, eq=False)
class Binding:
    """A name gets a value at a position.

    scope   where the expressions of ``source`` are to be read
    path    which part of the value: (0, 1) is `b` of `(a, b), c = value`
    block   the lines of the innermost block that the binding stands in: after it, in the block, it holds
    span    where it holds at all: the variable of a comprehension, a name in `if isinstance(name, X)`
    """

    source: Source
    scope: Scope
    at: Position
    block: tuple[int, int]
    path: tuple[int, ...] = ()
    span: tuple[Position, Position] | None = None


@dataclass(slots=True, eq=False)
class Scope:
    """A module, the body of a class, or a function.

    names       every binding of a name in it
    attributes  of a class: what its methods assign to self
    stars       modules of which everything is imported
    outer       names that `global` or `nonlocal` moves into another scope
    """

    module: Module
    parent: Scope | None = None
    function: Function | None = None
    cls: Class | None = None
    names: dict[str, list[Binding]] = field(default_factory=dict)
    attributes: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[Imported] = field(default_factory=list)
    outer: dict[str, Scope] = field(default_factory=dict)

    def bind(self, name: str, binding: Binding) -> None:
        """Add a binding, to this scope or to the one to which the name belongs."""
        self.outer.get(name, self).names.setdefault(name, []).append(binding)

    def top(self) -> Scope:
        """Return the scope of the module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(slots=True, eq=False, kw_only=True)
class Survey:
    """What one pass over a file collects.

    scopes      of the module, of each class and of each function, by what they are the scope of
    nodes       the function of each `def` and lambda
    in_class    calls in the body of a class, which are read in its scope
    imports     the first parts of all names that it imports, relative ones excepted
    states      `<anything>.state.name = value`, by name: where applications keep what is one per process
    """

    module: Module
    scopes: dict[Module | Class | Function, Scope] = field(default_factory=dict)
    nodes: dict[ast.AST, Function] = field(default_factory=dict)
    in_class: dict[ast.AST, Scope] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    states: dict[str, list[Binding]] = field(default_factory=dict)
