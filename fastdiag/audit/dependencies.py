"""What handlers depend on: `Depends(f)` in defaults, in `Annotated`, in lists; and theirs in turn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from fastdiag.audit.entries import callables
from fastdiag.model.audit import CodePlace, Step
from fastdiag.source.model import Class, Function, Module, Outside, OutsideObject
from fastdiag.source.project import Project

DEPENDS: Final = frozenset({"fastapi.Depends", "fastapi.Security"})
_MAX_DEPTH: Final = 12
"""Dependencies of dependencies; deeper chains are told apart by nobody."""

Chain = tuple[tuple[Step, ...], Function]
"""The dependencies on the way, and the last of them."""


class Dependencies:
    """Finds dependencies; each function is looked at once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._own: dict[Function, tuple[tuple[Step, Function], ...]] = {}
        self._made = {call.node: call for call in project.calls_to(*DEPENDS)}

    def of(self, function: Function) -> Iterator[Chain]:
        """Return all that a handler depends on, directly or not, each once and by its shortest way."""
        yield from self._follow(list(self._direct(function)), {function})

    def named_in(self, expr: ast.expr | None, within: Function | Module) -> Iterator[Chain]:
        """Return all that a list such as `dependencies=[Depends(f)]` brings in, directly or not."""
        if expr is not None:
            yield from self._follow(list(self._in_expression(expr, within, None)), set())

    def _follow(self, first: list[tuple[Step, Function]], seen: set[Function]) -> Iterator[Chain]:
        level: list[Chain] = [((step,), function) for step, function in first]
        for _ in range(_MAX_DEPTH):
            deeper: list[Chain] = []
            for steps, function in level:
                if function in seen:
                    continue
                seen.add(function)
                yield steps, function
                deeper += [((*steps, step), inner) for step, inner in self._direct(function)]
            level = deeper

    def _direct(self, function: Function) -> tuple[tuple[Step, Function], ...]:
        known = self._own.get(function)
        if known is None:
            found = (*self._of_parameters(function), *self._of_owner(function))
            known = self._own[function] = tuple(dict.fromkeys(found))
        return known

    def _of_owner(self, function: Function) -> Iterator[tuple[Step, Function]]:
        """Return what the class of a handler asks for: in its body, or where its objects are made."""
        bases = self._project.bases(function.owner) if function.owner is not None else ()
        for cls in bases:
            if isinstance(cls, Class):
                for statement in cls.node.body:
                    yield from self._of_field(statement, cls)
                init = cls.methods.get("__init__")
                if init is not None and init is not function:
                    yield from self._of_parameters(init)

    def _of_field(self, statement: ast.stmt, cls: Class) -> Iterator[tuple[Step, Function]]:
        match statement:
            case ast.Assign(value=ast.Call() as value):
                yield from self._in_expression(value, cls.module, None)
            case ast.AnnAssign(annotation=annotation, value=value):
                yield from self._of_parameter(value, annotation, cls.module)
            case _:
                pass

    def _of_parameters(self, function: Function) -> Iterator[tuple[Step, Function]]:
        arguments = function.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        defaults = [*missing, *arguments.defaults, *arguments.kw_defaults]
        for parameter, default in zip([*positional, *arguments.kwonlyargs], defaults, strict=True):
            yield from self._of_parameter(default, parameter.annotation, function.parent or function.module)

    def _of_parameter(
        self, default: ast.expr | None, annotation: ast.expr | None, scope: Function | Module
    ) -> Iterator[tuple[Step, Function]]:
        if default is not None:
            yield from self._in_expression(default, scope, annotation)
            yield from self._named(default, scope, annotation)
        if annotation is not None:
            for expr, there in self._project.annotation(annotation, scope):
                yield from self._in_expression(expr, there, _annotated(expr))

    def _named(
        self, expr: ast.expr, scope: Function | Module, annotation: ast.expr | None
    ) -> Iterator[tuple[Step, Function]]:
        """Return the target of `Depends(f)` that has a name: `User = Depends(f)` somewhere else."""
        if not isinstance(expr, ast.Name | ast.Attribute):
            return
        for value in self._project.value(expr, scope):
            made = value.call if isinstance(value, OutsideObject) else None
            call = self._made.get(made) if made is not None else None
            if call is not None:
                yield from self._in_expression(call.node, call.within or call.module, annotation)

    def _in_expression(
        self, expr: ast.expr, within: Function | Module, annotation: ast.expr | None
    ) -> Iterator[tuple[Step, Function]]:
        """Return the targets of every Depends(...) that stands in an expression."""
        for node in ast.walk(expr):
            if not isinstance(node, ast.Call) or not self._is_depends(node, within):
                continue
            target = self._project.argument(node, "dependency", 0) or annotation
            if target is None:
                continue
            module = within.module if isinstance(within, Function) else within
            place = CodePlace(module.file, node.lineno, node.col_offset + 1)
            for function in callables(self._project, self._project.value(target, within)):
                yield (
                    Step(text=f"depends on {function.name}", place=place, function=function.qualname),
                    function,
                )

    def _is_depends(self, node: ast.Call, within: Function | Module) -> bool:
        values = self._project.value(node.func, within)
        return any(isinstance(value, Outside) and value.path in DEPENDS for value in values)


def _annotated(expr: ast.expr) -> ast.expr | None:
    """Return X of Annotated[X, ...]."""
    if isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Tuple) and expr.slice.elts:
        return expr.slice.elts[0]
    return None
