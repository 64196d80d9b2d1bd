"""What a route's response is made of: the response model, the models inside it, and their fields."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.relationships import classes_in
from fastdiag.source.model import Class, Function, Module
from fastdiag.source.project import Project

_PYDANTIC: Final = ("pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel")
_VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "api_route"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A Pydantic model.

    fields  the names that it reads, inherited ones too, with their annotations and the class they stand in
    """

    cls: Class
    fields: Mapping[str, tuple[ast.expr, Class]]


def models_in(project: Project, annotation: ast.expr, module: Module) -> Iterator[Model]:
    """Yield the models that an annotation names: X of `list[X]`."""
    for cls in dict.fromkeys(classes_in(project, annotation, module)):
        if _is_model(project, cls):
            yield Model(cls=cls, fields=dict(_fields(project, cls)))


def models_of_field(project: Project, model: Model, name: str) -> Iterator[Model]:
    """Yield the models that a field of a model holds."""
    if name in model.fields:
        annotation, owner = model.fields[name]
        yield from models_in(project, annotation, owner.module)


def _is_model(project: Project, cls: Class) -> bool:
    return any(base in _PYDANTIC for base in project.bases(cls))


def response_annotations(route: Function) -> list[ast.expr]:
    """Return what a route says that it answers: `response_model=`, or else its return annotation."""
    node = route.node
    if isinstance(node, ast.Lambda):
        return []
    given = [model for one in node.decorator_list if (model := _response_model(one)) is not None]
    return given or ([node.returns] if node.returns is not None else [])


def _response_model(decorator: ast.expr) -> ast.expr | None:
    match decorator:
        case ast.Call(func=ast.Attribute(attr=verb), keywords=keywords) if verb in _VERBS:
            return next((one.value for one in keywords if one.arg == "response_model"), None)
        case _:
            return None


def _fields(project: Project, cls: Class) -> Iterator[tuple[str, tuple[ast.expr, Class]]]:
    line = [one for one in project.bases(cls) if isinstance(one, Class)]
    for one in reversed([cls, *line]):
        for statement in one.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield statement.target.id, (statement.annotation, one)
