"""A project of Python source: what its names mean and what its calls reach, found out when it is asked.

project = read_project(Path("."))
for call in project.calls_to("requests.*"):
    print(call.place, project.argument(call, "timeout"))
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from fastdiag.model.audit import CodePlace, Unread
from fastdiag.source import attributes, constants, decorators, dispatch
from fastdiag.source.constants import Constant
from fastdiag.source.files import Tree, find
from fastdiag.source.gather import gather
from fastdiag.source.infer import Inference
from fastdiag.source.inner import Form, told
from fastdiag.source.knowledge import Outsiders
from fastdiag.source.model import (
    Call,
    Class,
    Function,
    Module,
    Outside,
    OutsideObject,
    Partial,
    Routine,
    Target,
    Value,
)
from fastdiag.source.scopes import Scope
from fastdiag.source.sources import calls_of
from fastdiag.source.undisturbed import undisturbed

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
Place = Function | Class | Module
"""Where an expression stands: its names are read in that scope."""


def read_project(
    folder: Path,
    *,
    exclude: Sequence[str] = (),
    aliases: Mapping[str, str] = _NOTHING,
    returns: Mapping[str, str] = _NOTHING,
) -> Project:
    """Read the Python files of a folder; whatever cannot be read stands in ``unread``.

    ``aliases`` and ``returns`` are the tables of knowledge.Outsiders.
    """
    return read_tree(find(folder, exclude=exclude), aliases=aliases, returns=returns)


def read_tree(
    tree: Tree,
    *,
    aliases: Mapping[str, str] = _NOTHING,
    returns: Mapping[str, str] = _NOTHING,
) -> Project:
    """Collect what files hold."""
    unread = list(tree.unread)
    with undisturbed():
        sources = gather(tree.folder, tree.files, unread)
    digests = {file.name: file.digest for file in tree.files}
    inference = Inference(sources, Outsiders(aliases=aliases, returns=returns))
    return Project(folder=tree.folder, inference=inference, unread=tuple(unread), digests=digests)


class Project:
    """All modules of a folder.

    folder     what was read
    modules    by dotted name
    functions  by qualified name; of several with the same name, the later ones are called `name#2`
    classes    likewise
    unread     what could not be read, and why
    digests    sha256 of every file
    lines      how many lines were read
    """

    def __init__(
        self,
        *,
        folder: Path,
        inference: Inference,
        unread: tuple[Unread, ...],
        digests: Mapping[str, str],
    ) -> None:
        self.folder = folder
        self.unread = unread
        self.digests = digests
        self._inference = inference
        modules = tuple(inference.sources.roots)
        self.modules: Mapping[str, Module] = {module.name: module for module in modules}
        self.functions: Mapping[str, Function] = _named([f for module in modules for f in module.functions])
        self.classes: Mapping[str, Class] = _named([c for module in modules for c in module.classes])
        self.lines = sum(len(module.lines) for module in modules)

    # --- what is where -------------------------------------------------------------------------

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every call of the project, file by file."""
        return tuple(call for module in self._inference.sources.roots for call in calls_of(module))

    def function_of(self, node: ast.AST) -> Function | None:
        """Return the function that a `def` or a lambda is."""
        return self._inference.sources.nodes.get(node)

    def line(self, place: CodePlace) -> str:
        """Return the text of a line; "" where there is none."""
        module = self._by_file.get(place.file)
        return module.lines[place.line - 1] if module and 0 < place.line <= len(module.lines) else ""

    @cached_property
    def _by_file(self) -> dict[str, Module]:
        return {module.file: module for module in self.modules.values()}

    @cached_property
    def packages(self) -> tuple[str, ...]:
        """Top-level names of what is imported from outside the project and the standard library, sorted."""
        return self._inference.sources.packages()

    # --- what it means -------------------------------------------------------------------------

    def value(self, expr: ast.expr, within: Place) -> tuple[Value, ...]:
        """Return what an expression may be; () means that it is not known."""
        return told(self._inference.values(expr, self._scope(expr, within)))

    def _scope(self, expr: ast.expr, within: Place) -> Scope:
        return self._inference.sources.in_class.get(expr) or self._inference.scope_of(within)

    def scope_of(self, call: Call) -> Scope:
        """Return the scope in which the names of a call are read."""
        inner = self._inference.sources.in_class.get(call.node)
        return inner or self._inference.scope_of(call.within or call.module)

    def targets(self, call: Call) -> tuple[Target, ...]:
        """Return what a call may reach: functions of the project, its constructors, names outside."""
        known = self._targets.get(call)
        if known is None:
            known = self._targets[call] = dispatch.targets(self._inference, call.node, self.scope_of(call))
        return known

    @cached_property
    def _targets(self) -> dict[Call, tuple[Target, ...]]:
        return {}

    def attribute_of(self, cls: Class, name: str) -> Function | tuple[Value, ...]:
        """Return an attribute of the objects of a class: its method, or what else it may be."""
        found = attributes.of_class(self._inference, cls, name, receiver=cls, is_object=True)
        if len(found) == 1 and isinstance(found[0], Routine):
            return found[0].function
        return told(found)

    def wrappers(self, function: Function) -> tuple[Function, ...]:
        """Return what decorators of the project put in the place of a function, or around it."""
        scope = self._inference.scope_of(function).parent
        values = decorators.decorated(self._inference, function, scope) if scope is not None else ()
        found = (value.function for value in values if isinstance(value, Routine))
        return tuple(one for one in dict.fromkeys(found) if one is not function)

    def bases(self, cls: Class) -> tuple[Class | str, ...]:
        """Return a class and all that it descends from, in the order of look-ups; those outside by name."""
        return self._inference.hierarchy.line(cls)

    def outside_path(self, value: Value) -> str | None:
        """Return the dotted name of a value outside the project, or of the class of such an object."""
        match value:
            case Outside(path) | OutsideObject(path):
                return path
            case Partial(of):
                return self.outside_path(of)
            case _:
                return None

    def constant(self, expr: ast.expr, within: Place) -> Constant:
        """Return the literal for which an expression stands; UNKNOWN where the source does not say."""
        return constants.constant(self._inference, expr, self._scope(expr, within))

    def annotation(self, expr: ast.expr, within: Place) -> tuple[tuple[ast.expr, Module], ...]:
        """Return an annotation as it is written: itself, or what an alias stands for, and where that is."""
        scope = self._scope(expr, within)
        forms = [value for value in self._inference.values(expr, scope) if isinstance(value, Form)]
        return tuple((form.expr, form.scope.module) for form in forms) or ((expr, scope.module),)

    # --- who calls what ------------------------------------------------------------------------

    def calls_to(self, *paths: str) -> Iterator[Call]:
        """Yield the calls that reach a name outside, file by file; `requests.*` means all that begin so."""
        matches = _matcher(paths)
        found = {call for path, calls in self._outside_calls.items() if matches(path) for call in calls}
        return iter(sorted(found, key=_order))

    @cached_property
    def _outside_calls(self) -> dict[str, list[Call]]:
        index: dict[str, list[Call]] = {}
        for call in self.calls:
            for target in self.targets(call):
                path = self.outside_path(target.value)
                if path is not None:
                    index.setdefault(path, []).append(call)
        return index

    def callers(self, function: Function) -> tuple[Call, ...]:
        """Return the calls that may reach a function of the project."""
        return tuple(self._callers.get(function, ()))

    @cached_property
    def _callers(self) -> dict[Function, list[Call]]:
        index: dict[Function, list[Call]] = {}
        for call in self.calls:
            for target in self.targets(call):
                if isinstance(target.value, Routine):
                    index.setdefault(target.value.function, []).append(call)
        return index

    def classes_below(self, *paths: str) -> Iterator[Class]:
        """Yield the classes that descend from one outside, at any depth."""
        matches = _matcher(paths)
        for cls in self.classes.values():
            if any(matches(path) for path in self._inference.hierarchy.outside(cls)):
                yield cls

    @staticmethod
    def argument(call: Call | ast.Call, name: str, position: int | None = None) -> ast.expr | None:
        """Return what a call passes for a parameter, by name or by position from 0; None for nothing.

        `**options` may pass it unseen: see ``is_open``.
        """
        node = call.node if isinstance(call, Call) else call
        for keyword in node.keywords:
            if keyword.arg == name:
                return keyword.value
        if position is None or any(isinstance(arg, ast.Starred) for arg in node.args[: position + 1]):
            return None
        return node.args[position] if position < len(node.args) else None

    @staticmethod
    def is_open(call: Call | ast.Call) -> bool:
        """Tell whether a call passes `*args` or `**options` on: it may pass what is not seen."""
        node = call.node if isinstance(call, Call) else call
        return any(keyword.arg is None for keyword in node.keywords) or any(
            isinstance(arg, ast.Starred) for arg in node.args
        )


def _order(call: Call) -> tuple[str, int, int]:
    return call.module.file, call.node.lineno, call.node.col_offset


def _matcher(patterns: Sequence[str]) -> Callable[[str], object]:
    return re.compile("|".join(translate(pattern) for pattern in patterns) or r"(?!)").match


_Named = TypeVar("_Named", Function, Class)


def _named(each: Sequence[_Named]) -> dict[str, _Named]:
    """Return them by qualified name; make those unique that stand more than once."""
    named: dict[str, _Named] = {}
    counts: Counter[str] = Counter()
    for one in each:
        counts[one.qualname] += 1
        if counts[one.qualname] > 1:
            one.qualname = f"{one.qualname}#{counts[one.qualname]}"
        named[one.qualname] = one
    return named
