"""From a name to what it is bound to: scopes from the inside out, and the bindings that reach its use."""

from __future__ import annotations

import ast
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from fastdiag.source import decorators, parameters
from fastdiag.source.inner import Inners, objects_of, union
from fastdiag.source.knowledge import BUILTINS
from fastdiag.source.model import Module, Outside, OutsideObject, Package, Type
from fastdiag.source.scopes import (
    Assigned,
    Binding,
    Caught,
    Declared,
    Defined,
    Entered,
    Imported,
    Looped,
    Parameter,
    Position,
    Scope,
)

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference

_FIELDS: Final = frozenset({"Field", "PrivateAttr", "Column", "Relationship", "Option", "Argument"})
"""What stands in the place of a value in `name: type = Field(...)`."""

MAX_BINDINGS: Final = 64
"""Bindings of a name that are looked at, the latest ones before its use."""


def look_up(inference: Inference, name: str, scope: Scope, at: Position) -> Inners:
    """Return what a name may be where it is used."""
    here: Scope | None = scope
    while here is not None:
        found = here.outer.get(name, here).names.get(name)
        if found is not None and (here.cls is None or here is scope):
            reaching = _reaching(inference, found, at) if here is scope else _lasting(found)
            if reaching is not None:
                return union(*(inference.bound(binding) for binding in reaching))
        here = here.parent
    starred = _starred(inference, scope.top(), name)
    if starred:
        return starred
    return (Outside(name),) if name in BUILTINS else ()


def _lasting(bindings: list[Binding]) -> list[Binding] | None:
    """Return the bindings that other scopes see; None where the scope does not own the name."""
    return [binding for binding in bindings[-MAX_BINDINGS:] if binding.span is None] or None


def _reaching(inference: Inference, bindings: list[Binding], at: Position) -> list[Binding] | None:
    """Return the bindings that may hold at a position: those before it that no later one replaced.

    None means that the scope does not own the name there: only a part of it, as a comprehension, does.
    """
    if len(bindings) == 1 and bindings[0].span is None:
        return bindings
    kept: list[Binding] = []
    end = bisect_right(bindings, at, key=lambda each: each.at)
    for binding in bindings[max(0, end - MAX_BINDINGS) : end]:
        if binding.span is not None and not binding.span[0] <= at <= binding.span[1]:
            continue
        if binding.span is not None or binding.block[0] <= at[0] <= binding.block[1]:
            kept.clear()
        kept.append(binding)
    if all(inference.is_none(binding) for binding in kept):
        return _lasting(bindings)  # nothing yet: what comes later, in a loop or elsewhere
    return kept


def given(  # noqa: PLR0911 - one a kind of binding
    inference: Inference, binding: Binding
) -> Inners:
    """Return what the source of a binding gives."""
    scope = binding.scope
    match binding.source:
        case Imported() as imported:
            return brought(inference, imported, scope.module)
        case Defined(function):
            return decorators.decorated(inference, function, scope)
        case Declared(cls):
            return (Type(cls),)
        case Assigned(value, annotation):
            return _assigned(inference, value, annotation, scope)
        case Looped(over):
            return inference.iterated(inference.values(over, scope))
        case Entered(manager):
            return inference.entered(inference.values(manager, scope))
        case Parameter() as parameter:
            return parameters.of(inference, parameter, scope)
        case Caught(of):
            return objects_of(inference.values(of, scope))


def _assigned(
    inference: Inference, value: ast.expr | None, annotation: ast.expr | None, scope: Scope
) -> Inners:
    """Return what an assignment gives: the value tells more than the annotation, but for fields."""
    if (
        scope.cls is not None
        and isinstance(value, ast.Call)
        and parameters.is_provider(inference, value, scope)
    ):
        return inference.annotated(annotation, scope) or parameters.provided(inference, value, scope)
    known = inference.values(value, scope) if value is not None else ()
    if annotation is None:
        return known
    plain = tuple(each for each in known if not (isinstance(each, OutsideObject) and _is_field(each.path)))
    return plain or inference.annotated(annotation, scope)


def _is_field(path: str) -> bool:
    return path.rpartition(".")[2] in _FIELDS


def brought(inference: Inference, imported: Imported, importer: Module) -> Inners:
    """Return what an import brings."""
    sources = inference.sources
    module = sources.absolute(imported, importer)
    if not module:
        return ()
    found = sources.module(module, importer)
    if found is not None and not imported.name:
        return (Package(found),)
    if found is not None and found is not importer and (values := in_module(inference, found, imported.name)):
        return values
    if imported.name and (inner := sources.module(f"{module}.{imported.name}", importer)) is not None:
        return (Package(inner),)
    if imported.level or sources.is_ours(module, importer):
        return ()
    path = f"{module}.{imported.name}" if imported.name else module
    return (Outside(inference.outsiders.normal(path)),)


def in_module(inference: Inference, module: Module, name: str) -> Inners:
    """Return what a name of a module is for those who import it."""
    return inference.solve((module, name), lambda: _in_module(inference, module, name))


def _in_module(inference: Inference, module: Module, name: str) -> Inners:
    scope = inference.scope_of(module)
    bindings = scope.names.get(name)
    if bindings is not None:
        return union(*(inference.bound(binding) for binding in bindings))
    starred = _starred(inference, scope, name)
    if starred:
        return starred
    inner = inference.sources.module(f"{inference.sources.spelled[module]}.{name}", module)
    return (Package(inner),) if inner is not None else _made_on_demand(inference, scope, name)


def _made_on_demand(inference: Inference, scope: Scope, name: str) -> Inners:
    """Return what `__getattr__` of a module gives for a name that it spells out, where that is one thing."""
    found: list[Inners] = []
    for binding in scope.names.get("__getattr__", ()):
        if isinstance(binding.source, Defined):
            function = binding.source.function
            texts = {node.value for node in ast.walk(function.node) if isinstance(node, ast.Constant)}
            found.append(inference.returns(function, None) if name in texts else ())
    given = union(*found)
    return given if len(given) == 1 else ()


def _starred(inference: Inference, scope: Scope, name: str) -> Inners:
    """Return what `from module import *` brings under a name; of one outside, that is a guess."""
    for module in inference.sources.stars(scope.stars, scope.module):
        if isinstance(module, Module) and module is not scope.module:
            found = in_module(inference, module, name)
            if found:
                return found
    outside = [m for m in inference.sources.stars(scope.stars, scope.module) if isinstance(m, str)]
    if len(outside) == 1 and name not in BUILTINS:
        return (Outside(inference.outsiders.normal(f"{outside[0]}.{name}")),)
    return ()
