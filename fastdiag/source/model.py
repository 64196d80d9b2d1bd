"""The words in which source code is spoken of: modules, functions, classes, calls, and what a name may mean.

Nothing here was imported or run: all of it is read from syntax trees.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastdiag.model.audit import CodePlace


@dataclass(slots=True, eq=False, repr=False, kw_only=True)
class Module:
    """One file. ``name`` is dotted, as imports of the project spell it; ``lines`` are its text."""

    name: str
    file: str
    tree: ast.Module
    lines: Sequence[str]
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    """Those that run when it is imported."""

    def __repr__(self) -> str:
        return f"<module {self.name}>"


@dataclass(slots=True, eq=False, repr=False, kw_only=True)
class Function:
    """A `def`, an `async def` or a lambda. Nested ones are functions of their own.

    qualname       module and path within it: `app.orders.Orders.load`, `app.main.create.<locals>.inner`; of
                   several with the same name, the second ends with `#2`
    owner          the class whose body it stands in
    parent         the function whose body it stands in
    calls          calls in its own body, those of nested functions and lambdas excepted
    is_generator   it yields: calling it runs nothing of its body
    """

    qualname: str
    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    owner: Class | None = None
    parent: Function | None = None
    is_async: bool = False
    is_generator: bool = False
    calls: list[Call] = field(default_factory=list)
    nested: list[Function] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<function {self.qualname}>"

    @property
    def name(self) -> str:
        """The last part of its name."""
        return self.qualname.rpartition(".")[2].partition("#")[0]

    @property
    def place(self) -> CodePlace:
        """Where it begins."""
        return CodePlace(self.module.file, self.node.lineno, self.node.col_offset + 1)


@dataclass(slots=True, eq=False, repr=False, kw_only=True)
class Class:
    """A class of the project; ``methods`` are those of its own body."""

    qualname: str
    module: Module
    node: ast.ClassDef
    methods: dict[str, Function] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<class {self.qualname}>"

    @property
    def place(self) -> CodePlace:
        """Where it begins."""
        return CodePlace(self.module.file, self.node.lineno, self.node.col_offset + 1)


@dataclass(slots=True, eq=False, repr=False, kw_only=True)
class Call:
    """One call expression, and how it stands.

    within      the function in whose body it is; None at import time
    is_awaited  `await f()`; also where `async with f()` or `async for x in f()` waits for it
    is_entered  the context expression of a `with` or `async with`
    """

    node: ast.Call
    module: Module
    within: Function | None
    is_awaited: bool = False
    is_entered: bool = False

    def __repr__(self) -> str:
        return f"<call {self.place}>"

    @property
    def place(self) -> CodePlace:
        """Where it stands."""
        return CodePlace(self.module.file, self.node.lineno, self.node.col_offset + 1)


# --- what an expression may be ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outside:
    """A name of another package: `requests.get`, `sqlalchemy.orm.Session` (the class itself)."""

    path: str


@dataclass(frozen=True, slots=True)
class OutsideObject:
    """An object of a class of another package: what `requests.Session()` gives is `requests.Session`.

    ``call`` is the expression that made it, where it is known: its arguments tell timeouts and sizes.
    """

    path: str
    call: ast.Call | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Routine:
    """A function of the project; ``receiver`` is the class of the object that it is bound to."""

    function: Function
    receiver: Class | None = None


@dataclass(frozen=True, slots=True)
class Type:
    """A class of the project, itself."""

    cls: Class


@dataclass(frozen=True, slots=True)
class Object:
    """An object of a class of the project."""

    cls: Class


@dataclass(frozen=True, slots=True)
class Package:
    """A module of the project."""

    module: Module


@dataclass(frozen=True, slots=True)
class Partial:
    """What functools.partial(f, ...) gives: calling it calls ``of``."""

    of: Value


Value = Outside | OutsideObject | Routine | Type | Object | Package | Partial
"""What an expression may be. An empty tuple of values means: not known."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a call may reach; ``sure`` is False where a name or an override was guessed."""

    value: Value
    sure: bool = True


Keywords = Mapping[str, ast.expr]
"""Arguments of a call by name."""
