"""Relationships of SQLAlchemy and SQLModel classes that are loaded when somebody first reads them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final

from fastdiag.source.model import Class, Module, Outside, Type
from fastdiag.source.project import Project

_MAKERS: Final = frozenset({"sqlalchemy.orm.relationship", "sqlmodel.Relationship"})
_LAZY: Final = frozenset({"select", True, None})
"""Values of `lazy=` that load on first access; None is what stands for "not given" here."""
_NAME: Final = re.compile(r"\w+")
Relationships = Mapping[Class, Mapping[str, ast.expr]]
"""Names of lazily loaded relationships by class, with the call that makes each."""


def lazy_relationships(project: Project) -> Relationships:
    """Return them for each class that has some, inherited ones included."""
    own = {cls: dict(_own(project, cls)) for cls in project.classes.values()}
    found: dict[Class, Mapping[str, ast.expr]] = {}
    for cls in own:
        line = [one for one in project.bases(cls) if isinstance(one, Class)]
        merged = {name: node for one in reversed([cls, *line]) for name, node in own.get(one, {}).items()}
        if merged:
            found[cls] = merged
    return found


def _own(project: Project, cls: Class) -> Iterator[tuple[str, ast.expr]]:
    for statement in cls.node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call):
                pass
            case _:
                continue
        if _is_relationship(project, call, cls) and _is_lazy(call):
            yield name, call


def _is_relationship(project: Project, call: ast.Call, cls: Class) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in {"relationship", "Relationship"}:
        return False
    return any(
        isinstance(one, Outside) and one.path in _MAKERS for one in project.value(call.func, cls.module)
    )


def _is_lazy(call: ast.Call) -> bool:
    """Return whether a relationship is loaded on first access, as far as its call says so plainly."""
    for keyword in call.keywords:
        if keyword.arg == "lazy":
            return isinstance(keyword.value, ast.Constant) and keyword.value.value in _LAZY
        if keyword.arg == "sa_relationship_kwargs":
            return not _names_lazy(keyword.value)
    return all(keyword.arg is not None for keyword in call.keywords)


def _names_lazy(node: ast.expr) -> bool:
    """Return whether a dictionary of options may say how to load; one that cannot be read may."""
    if not isinstance(node, ast.Dict):
        return True
    return any(key is None or (isinstance(key, ast.Constant) and key.value == "lazy") for key in node.keys)


def classes_in(project: Project, annotation: ast.expr | None, around: Module) -> Iterator[Class]:
    """Yield the classes of the project that an annotation names: X of `list[X]`, of `Mapped["X"]`."""
    for node in ast.walk(annotation) if annotation is not None else ():
        if isinstance(node, (ast.Name, ast.Attribute)):
            values = project.value(node, around)
            yield from (value.cls for value in values if isinstance(value, Type))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _named(project, node.value)


def _named(project: Project, text: str) -> Iterator[Class]:
    """Yield the class that a text names, where only one of the project has that name."""
    names = set(_NAME.findall(text))
    found = [cls for cls in project.classes.values() if cls.node.name in names]
    if len(found) == 1:
        yield found[0]
