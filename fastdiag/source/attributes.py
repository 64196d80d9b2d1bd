"""What an attribute of a value is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastdiag.source import names
from fastdiag.source.inner import Form, Inner, Inners, Maker, Manager, Many, Pending, Row, Super, union
from fastdiag.source.model import (
    Class,
    Function,
    Object,
    Outside,
    OutsideObject,
    Package,
    Partial,
    Routine,
    Type,
)
from fastdiag.source.outside import by_table
from fastdiag.source.parameters import decorator_names

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference

_PROPERTIES: Final = frozenset(
    {"property", "cached_property", "hybrid_property", "computed_field", "async_property"}
)
_ENUMS: Final = ("enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag")


def of(  # noqa: C901, PLR0911 - one a kind of value
    inference: Inference, value: Inner, name: str
) -> Inners:
    """Return what ``value.name`` may be."""
    match value:
        case Package(module):
            return names.in_module(inference, module, name)
        case Outside(path):
            return _of_outside(inference, path, name)
        case OutsideObject(path):
            return (Outside(inference.outsiders.normal(f"{path}.{name}")),)
        case Object(cls):
            return of_class(inference, cls, name, receiver=cls, is_object=True)
        case Type(cls):
            return of_class(inference, cls, name, receiver=cls, is_object=False)
        case Super(cls):
            return of_super(inference, cls, name)
        case Routine(function):
            return _of_function(inference, function, name)
        case Many(kind=kind):
            return (Outside(f"{kind}.{name}"),)
        case Row():
            return (Outside(f"tuple.{name}"),)
        case Partial() | Pending() | Manager() | Maker() | Form():
            return ()


def _of_outside(inference: Inference, path: str, name: str) -> Inners:
    whole = f"{path}.{name}"
    sources = inference.sources
    if whole in sources.prefixes and path in sources.prefixes and whole in sources.by_name:
        return (Package(sources.by_name[whole]),)  # a package without __init__.py
    typed = by_table(inference, path) if inference.outsiders.is_method(path) else ()
    if typed:  # an attribute of an object, as `path.parent`
        return union(*(of(inference, value, name) for value in typed))
    return (Outside(inference.outsiders.normal(whole)),)


def of_class(inference: Inference, cls: Class, name: str, *, receiver: Class, is_object: bool) -> Inners:
    """Return an attribute by the order of the bases: what methods assign to self, what the body defines."""
    question = ("attribute", cls, name, receiver, is_object)
    line = inference.hierarchy.line(cls)
    return inference.solve(question, lambda: _of_line(inference, line, name, receiver, is_object=is_object))


def of_super(inference: Inference, cls: Class, name: str) -> Inners:
    """Return an attribute as `super()` in a method of a class finds it."""
    line = inference.hierarchy.line(cls)[1:]
    return _of_line(inference, line, name, cls, is_object=True)


def _of_line(
    inference: Inference,
    line: tuple[Class | str, ...],
    name: str,
    receiver: Class,
    *,
    is_object: bool,
) -> Inners:
    for base in line:
        if isinstance(base, str):
            continue
        found = own(inference, base, name, receiver, is_object=is_object)
        if found is not None:
            return _as_member(inference, base, found) if not is_object else found
    outside = [base for base in line if isinstance(base, str)]
    return tuple(Outside(inference.outsiders.normal(f"{base}.{name}")) for base in outside[:2])


def own(inference: Inference, cls: Class, name: str, receiver: Class, *, is_object: bool) -> Inners | None:
    """Return what the class itself says of an attribute; None where it says nothing."""
    scope = inference.scope_of(cls)
    method = cls.methods.get(name)
    if method is not None:
        return _method(inference, method, receiver, is_object=is_object)
    assigned, declared = scope.attributes.get(name), scope.names.get(name)
    if assigned is None and declared is None:
        return None
    return union(*(inference.bound(binding) for binding in (*(assigned or ()), *(declared or ()))))


def _method(inference: Inference, method: Function, receiver: Class, *, is_object: bool) -> Inners:
    if is_object and decorator_names(method) & _PROPERTIES:
        return inference.returns(method, receiver)
    scope = inference.scope_of(method).parent
    bound = inference.scope_of(receiver) if scope is None else scope
    found: list[Inner] = []
    for binding in bound.names.get(method.name.partition("#")[0], ()):
        for value in inference.bound(binding):
            is_routine = isinstance(value, Routine) and value.receiver is None
            found.append(
                Routine(value.function, receiver) if is_routine and isinstance(value, Routine) else value
            )
    wanted = [
        value
        for value in found
        if not (isinstance(value, Routine) and _is_other_form(value.function, method))
    ]
    return union(wanted) or (Routine(method, receiver),)


def _is_other_form(function: Function, method: Function) -> bool:
    """Tell whether a function is an overload or a setter of the same name."""
    return function is not method and function.owner is method.owner and function.parent is method.parent


def _as_member(inference: Inference, cls: Class, found: Inners) -> Inners:
    """Return what the class gives for an attribute: of an enumeration, its members."""
    is_enum = any(base in _ENUMS for base in inference.hierarchy.outside(cls))
    is_plain = not any(isinstance(value, Routine | Type) for value in found)
    return (Object(cls),) if is_enum and is_plain else found


def _of_function(inference: Inference, function: Function, name: str) -> Inners:
    """Return an attribute of a function as its outside decorator gives it: `task.delay`."""
    scope = inference.scope_of(function).parent
    if scope is None or name.startswith("__"):
        return ()
    found: list[Inner] = []
    for decorator in getattr(function.node, "decorator_list", ()):
        factory = getattr(decorator, "func", decorator)
        found.extend(
            Outside(inference.outsiders.normal(f"{value.path}.{name}"))
            for value in inference.values(factory, scope)
            if isinstance(value, Outside)
        )
    return union(found)
