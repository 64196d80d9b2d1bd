"""One pass over a file: its functions, classes, calls, and what every name is bound to."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from fastdiag.source import targets
from fastdiag.source.definitions import Definition, class_in, function_in
from fastdiag.source.files import SourceFile
from fastdiag.source.model import Module
from fastdiag.source.reader import Reader
from fastdiag.source.scopes import (
    Assigned,
    Caught,
    Declared,
    Defined,
    Entered,
    Imported,
    Looped,
    Scope,
    Source,
    Survey,
)


def survey(name: str, file: SourceFile, tree: ast.Module) -> Survey:
    """Collect what a file holds.

    Raises:
        RecursionError: it nests more deeply than it can be walked.

    """
    module = Module(name=name, file=file.name, tree=tree, lines=_lines(file.text))
    result = Survey(module=module)
    scope = Scope(module)
    result.scopes[module] = scope
    _Statements(result, scope, None).block(tree.body)
    for calls in (module.calls, *(function.calls for function in module.functions)):
        calls.sort(key=lambda call: (call.node.end_lineno, call.node.end_col_offset))  # as they are evaluated
    for inner in result.scopes.values():
        for bindings in inner.names.values():
            bindings.sort(key=lambda binding: binding.at)
    return result


def _lines(text: str) -> list[str]:
    """Split a text where the syntax tree counts lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


class _Statements(Reader):
    """The statements of one scope, in order."""

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Walk a block of statements."""
        if not body:
            return
        before, self.lines = self.lines, (body[0].lineno, body[-1].end_lineno or body[-1].lineno)
        for statement in body:
            self._statement(statement)
        self.lines = before

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr():
                self.read((node.value,))
            case ast.Assign():
                self.read((node.value, *node.targets))
                for target in node.targets:
                    self.bind(target, Assigned(node.value), node)
            case ast.AnnAssign():
                self.read((node.value, node.annotation, node.target))
                self.bind(node.target, Assigned(node.value, node.annotation), node)
            case ast.AugAssign():
                self.read((node.value, node.target))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node)
            case ast.ClassDef():
                self._declare(node)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Global() | ast.Nonlocal():
                self._move(node)
            case _:
                self._compound(node)

    def _compound(self, node: ast.stmt) -> None:
        match node:
            case ast.If():
                self._branches(node)
            case ast.For() | ast.AsyncFor():
                if isinstance(node, ast.AsyncFor):
                    self.awaited.add(node.iter)
                self.read((node.iter, node.target))
                self.bind(node.target, Looped(node.iter), node.target, inside=node.body)
                self._blocks(node.body, node.orelse)
            case ast.While():
                self.read((node.test,))
                self._blocks(node.body, node.orelse)
            case ast.With() | ast.AsyncWith():
                self._with(node)
            case ast.Try() | ast.TryStar():
                self.block(node.body)
                for handler in node.handlers:
                    self._handler(handler)
                self._blocks(node.orelse, node.finalbody)
            case ast.Match():
                self._match(node)
            case _:
                self.read(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))

    def _blocks(self, *bodies: Sequence[ast.stmt]) -> None:
        for body in bodies:
            self.block(body)

    def _branches(self, node: ast.If) -> None:
        """Walk `if` and its `elif`s in a loop: there may be a thousand of them."""
        while True:
            self.read((node.test,))
            self._narrow(node)
            self.block(node.body)
            if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
                node = node.orelse[0]
                continue
            self.block(node.orelse)
            return

    def _narrow(self, node: ast.If) -> None:
        """Bind the name of `if isinstance(name, X)` in its block to an object of X."""
        tests = [node.test]
        if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And):
            tests = node.test.values
        first, last = node.body[0], node.body[-1]
        start, end = (
            (first.lineno, first.col_offset),
            (last.end_lineno or last.lineno, last.end_col_offset or 0),
        )
        for test in tests:
            match test:
                case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), of]):
                    lines = (start[0], end[0])
                    targets.bind(
                        self.survey, self.scope, name, Caught(of), at=start, block=lines, span=(start, end)
                    )
                case _:
                    continue

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.entered.add(item.context_expr)
            if isinstance(node, ast.AsyncWith):
                self.awaited.add(item.context_expr)
            self.read((item.context_expr, item.optional_vars))
            if item.optional_vars is not None:
                self.bind(item.optional_vars, Entered(item.context_expr), item.optional_vars)
        self.block(node.body)

    def _handler(self, node: ast.ExceptHandler) -> None:
        self.read((node.type,))
        if node.name and node.type is not None:
            self.bind(node.name, Caught(node.type), node, inside=node.body)
        self.block(node.body)

    def _match(self, node: ast.Match) -> None:
        self.read((node.subject,))
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                if isinstance(pattern, ast.MatchAs) and pattern.name:
                    source = _captured(pattern, node.subject)
                    self.bind(pattern.name, source, pattern, inside=case.body)
            self.read((case.guard,))
            self.block(case.body)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            self.survey.imports.update(alias.name.partition(".")[0] for alias in node.names)
        elif not node.level and node.module:
            self.survey.imports.add(node.module.partition(".")[0])
        for alias in node.names:
            if isinstance(node, ast.Import):
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                self.bind(alias.asname or module, Imported(module), node)
            elif alias.name == "*":
                self.scope.stars.append(Imported(node.module or "", "", node.level))
            else:
                source = Imported(node.module or "", alias.name, node.level)
                self.bind(alias.asname or alias.name, source, node)

    def _move(self, node: ast.Global | ast.Nonlocal) -> None:
        outer: Scope | None = self.scope.top() if isinstance(node, ast.Global) else self.scope.parent
        for name in node.names:
            holder = outer
            while isinstance(node, ast.Nonlocal) and holder is not None and name not in holder.names:
                holder = holder.parent
            if holder is not None and holder is not self.scope:
                self.scope.outer[name] = holder

    def _define(self, node: Definition) -> None:
        self.read(node.decorator_list)
        function = function_in(self.survey, self.scope, self.within, node)
        self.bind(node.name, Defined(function), node)
        self.signature(node.args)
        self.read((node.returns,))
        _Statements(self.survey, self.survey.scopes[function], function).block(node.body)

    def _declare(self, node: ast.ClassDef) -> None:
        self.read((*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)))
        cls = class_in(self.survey, self.scope, self.within, node)
        self.bind(node.name, Declared(cls), node)
        _Statements(self.survey, self.survey.scopes[cls], self.within).block(node.body)


def _captured(pattern: ast.MatchAs, subject: ast.expr) -> Source:
    match pattern.pattern:
        case ast.MatchClass(cls=cls):
            return Caught(cls)
        case None:
            return Assigned(subject)
        case _:
            return Assigned(None)
