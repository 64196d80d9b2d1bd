"""Routes whose response model reads a relationship that no query has loaded."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.audit.effects import callees
from fastdiag.audit.entries import Entry, RootKind
from fastdiag.audit.ground import Ground
from fastdiag.audit.origins import Origin, Origins
from fastdiag.audit.relationships import Relationships, lazy_relationships
from fastdiag.audit.responses import Model, models_in, models_of_field, response_annotations
from fastdiag.audit.shelf import Shelf
from fastdiag.audit.spot import path_of
from fastdiag.model.audit import CodePlace, Confidence, Finding, Root, Severity, Step
from fastdiag.source.model import Class, Function, Type

CHECK: Final = "lazy-loading"
_ASYNC: Final = ("sqlalchemy.ext.asyncio.AsyncSession.", "sqlalchemy.ext.asyncio.async_sessionmaker.")
_LOADERS: Final = frozenset(
    {"selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager", "raiseload", "noload",
     "refresh"},
)  # fmt: skip
_VALIDATING: Final = frozenset({"model_validate", "from_orm", "parse_obj", "validate_python"})
_LIKENESS: Final = 0.5
"""Share of a model's fields that a class must have for the model to be filled from its objects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A route and the functions that run for it."""

    route: Function
    functions: tuple[Function, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Models that are filled from what an expression of a function gives."""

    models: tuple[Model, ...]
    node: ast.expr
    function: Function


def check(ground: Ground) -> Iterator[Finding]:
    """Yield one finding for each relationship that a response reads and the query behind it does not load."""
    lazy = lazy_relationships(ground.project)
    told: set[tuple[CodePlace, str]] = set()
    shelf = Shelf()
    for scene in _scenes(ground) if lazy else ():
        for finding in _of_route(ground, scene, lazy, shelf):
            if (finding.place, finding.sink) not in told:
                told.add((finding.place, finding.sink))
                yield finding


def _scenes(ground: Ground) -> Iterator[Scene]:
    """Yield each route once, with what runs for it: its dependencies too."""
    entries: dict[Root, list[Entry]] = {}
    for entry in ground.roots.entries:
        if entry.root.kind == RootKind.ROUTE:
            entries.setdefault(entry.root, []).append(entry)
    below: dict[Function, tuple[Function, ...]] = {}
    for root, each in entries.items():
        for entry in each:
            if entry.function not in below:
                below[entry.function] = tuple(callees(ground.project, entry.function))
        functions = dict.fromkeys(one for entry in each for one in below[entry.function])
        handlers = (entry for entry in each if entry.function.qualname == root.function)
        yield from (
            Scene(route=one.function, functions=tuple(functions), steps=one.steps) for one in handlers
        )


def _of_route(ground: Ground, scene: Scene, lazy: Relationships, shelf: Shelf) -> Iterator[Finding]:
    for filling in (*_returned(ground, scene), *_validated(ground, scene)):
        origins = (
            Origins(ground.project, lazy, shelf).of(filling.node, filling.function) if filling.models else ()
        )
        for origin in origins:
            for model in filling.models:
                for name in sorted(model.fields.keys() & lazy[origin.cls].keys()):
                    if _is_filled_from(ground, model, origin.cls) and not _is_loaded(scene, name):
                        yield _finding(ground, scene, model, origin, name)


def _returned(ground: Ground, scene: Scene) -> Iterator[Filling]:
    """Yield what the route returns, and what it gives to the model that it makes for that."""
    project, module = ground.project, scene.route.module
    annotations = response_annotations(scene.route)
    declared = tuple(model for one in annotations for model in models_in(project, one, module))
    for node in own_nodes(scene.route) if declared else ():
        if isinstance(node, ast.Return) and node.value is not None:
            yield Filling(models=declared, node=node.value, function=scene.route)
            yield from _made(ground, scene, node.value, declared)


def _made(ground: Ground, scene: Scene, node: ast.expr, declared: tuple[Model, ...]) -> Iterator[Filling]:
    """Yield what is given to `Page(items=...)`, for the models that its fields hold."""
    if not isinstance(node, ast.Call):
        return
    made = {value.cls for value in ground.project.value(node.func, scene.route) if isinstance(value, Type)}
    for model in (one for one in declared if one.cls in made):
        for keyword in node.keywords:
            inner = tuple(models_of_field(ground.project, model, keyword.arg or ""))
            yield Filling(models=inner, node=keyword.value, function=scene.route)


def _validated(ground: Ground, scene: Scene) -> Iterator[Filling]:
    """Yield what goes into `Model.model_validate(...)`."""
    for function in scene.functions:
        for call in function.calls:
            func = call.node.func
            if isinstance(func, ast.Attribute) and func.attr in _VALIDATING and call.node.args:
                models = tuple(models_in(ground.project, func.value, function.module))
                yield Filling(models=models, node=call.node.args[0], function=function)


def _is_filled_from(ground: Ground, model: Model, cls: Class) -> bool:
    """Return whether a model is filled from objects of a class: it has most of the model's fields."""
    if model.cls is cls or not model.fields:
        return False
    line = [one for one in (cls, *ground.project.bases(cls)) if isinstance(one, Class)]
    names = {name for one in line for statement in one.node.body for name in _bound(statement)}
    return len(model.fields.keys() & names) >= _LIKENESS * len(model.fields)


def _bound(statement: ast.stmt) -> Iterable[str]:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.FunctionDef(name=name):
            return (name,)
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case _:
            return ()


def _is_loaded(scene: Scene, name: str) -> bool:
    """Return whether the route or a callee names the relationship to a loader option, or loads it by hand."""
    for function in scene.functions:
        for node in own_nodes(function):
            match node:
                case ast.Call(func=ast.Name(id=loader)) | ast.Call(func=ast.Attribute(attr=loader)) if (
                    loader in _LOADERS and _mentions(node, name)
                ):
                    return True
                case ast.Attribute(value=ast.Attribute(attr="awaitable_attrs"), attr=attribute) if (
                    attribute == name
                ):
                    return True
                case _:
                    continue
    return False


def _mentions(call: ast.AST, name: str) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.Constant) and node.value in {name, "*"})
        for node in ast.walk(call)
    )


def _finding(ground: Ground, scene: Scene, model: Model, origin: Origin, name: str) -> Finding:
    calls = (call for function in scene.functions for call in function.calls)
    is_async = any(path_of(ground.project, call).startswith(_ASYNC) for call in calls)
    then = (
        "an AsyncSession fails there with MissingGreenlet" if is_async else "each object costs one more query"
    )
    whole = origin.cls.node.name
    place = CodePlace(origin.module.file, origin.node.lineno, origin.node.col_offset + 1)
    return Finding(
        check=CHECK,
        place=place,
        message=f"{model.cls.node.name} reads {whole}.{name}, which this does not load: {then}",
        confidence=Confidence.LIKELY,
        severity=Severity.CRITICAL if is_async else ground.checks[CHECK].severity,
        chain=(*scene.steps, Step(text=f"objects of {whole}", place=place)),
        sink=f"{whole}.{name}",
        fix=f"Load it with the query: .options(selectinload({whole}.{name})).",
    )
