"""Where state lives that outlasts a request: at the top of modules, in classes and in lone objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.source.model import Class, Function, Module, Package, Type
from fastdiag.source.project import Project

CONTAINERS: Final = frozenset({
    "dict", "list", "set", "defaultdict", "deque", "Counter", "OrderedDict", "TTLCache", "LRUCache",
    "LFUCache", "WeakValueDictionary", "bytearray",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One container that every request of a worker shares; ``name`` is how people call it."""

    name: str
    module: Module
    owner: Class | None = None


@dataclass(slots=True, kw_only=True)
class Shared:
    """All state of a project that outlasts a request.

    names       for each module the containers and plain names at its top: True for a container
    lone        classes of which one object serves all requests, by the name that holds it
    in_objects  for each such class the attributes that hold containers
    in_classes  for each class the containers in its own body
    """

    project: Project
    names: dict[Module, dict[str, bool]] = field(default_factory=dict)
    lone: dict[Class, str] = field(default_factory=dict)
    in_objects: dict[Class, frozenset[str]] = field(default_factory=dict)
    in_classes: dict[Class, frozenset[str]] = field(default_factory=dict)
    imports: dict[Module, Mapping[str, tuple[Module, str]]] = field(default_factory=dict)

    def container(self, node: ast.expr, within: Function) -> Held | None:
        """Return the shared container that an expression in a function names, or None."""
        match node:
            case ast.Name(id=name):
                return self._named(name, within)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                return self._of_object(name, within)
            case ast.Attribute(value=ast.Name() as base, attr=name):
                return self._of_value(base, name, within)
            case _:
                return None

    def _named(self, name: str, within: Function) -> Held | None:
        if self.names.get(within.module, {}).get(name):
            return Held(name=name, module=within.module)
        module, original = self.imports.get(within.module, {}).get(name, (None, ""))
        if module is not None and self.names.get(module, {}).get(original):
            return Held(name=original, module=module)
        return None

    def _of_object(self, name: str, within: Function) -> Held | None:
        owner = _owner(within)
        if owner is None:
            return None
        if name in self.in_classes.get(owner, ()) and name not in self.in_objects.get(owner, ()):
            return Held(name=f"{owner.node.name}.{name}", module=owner.module, owner=owner)
        if owner in self.lone and name in self.in_objects.get(owner, ()):
            return Held(name=f"{self.lone[owner]}.{name}", module=owner.module, owner=owner)
        return None

    def _of_value(self, base: ast.Name, name: str, within: Function) -> Held | None:
        for value in self.project.value(base, within):
            match value:
                case Package(module=module) if self.names.get(module, {}).get(name):
                    return Held(name=name, module=module)
                case Type(cls=cls) if name in self.in_classes.get(cls, ()):
                    return Held(name=f"{cls.node.name}.{name}", module=cls.module, owner=cls)
                case _:
                    pass
        return None


def shared_state(project: Project) -> Shared:
    """Return the state of a project that outlasts a request."""
    shared = Shared(project=project)
    for module in project.modules.values():
        shared.names[module] = dict(_names(module.tree.body))
        shared.imports[module] = _imports(module, project.modules)
    for cls in project.classes.values():
        shared.in_classes[cls] = _containers(cls.node.body)
        shared.in_objects[cls] = _made_in_init(cls)
    for module in project.modules.values():
        shared.lone.update(_lone_objects(module, project))
    return shared


def _names(body: list[ast.stmt]) -> Iterator[tuple[str, bool]]:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, _is_container(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, _is_container(value)
            case _:
                pass


def _containers(body: list[ast.stmt]) -> frozenset[str]:
    return frozenset(name for name, is_container in _names(body) if is_container)


def _is_container(value: ast.expr) -> bool:
    match value:
        case ast.Dict() | ast.List() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in CONTAINERS
        case _:
            return False


def _made_in_init(cls: Class) -> frozenset[str]:
    init = cls.methods.get("__init__")
    found = set()
    for node in own_nodes(init) if init else ():
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=value) if (
                _is_container(value)
            ):
                found.add(name)
            case ast.AnnAssign(
                target=ast.Attribute(value=ast.Name(id="self"), attr=name), value=ast.expr() as value
            ):
                if _is_container(value):
                    found.add(name)
            case _:
                pass
    return frozenset(found)


def _lone_objects(module: Module, project: Project) -> Iterator[tuple[Class, str]]:
    """Yield the classes that a module makes one object of when it is imported, with its name."""
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=made)):
                yield from ((cls, name) for cls in _classes(made, module, project))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=made)):
                yield from ((cls, name) for cls in _classes(made, module, project))
            case _:
                pass


def _classes(made: ast.expr, module: Module, project: Project) -> list[Class]:
    return [value.cls for value in project.value(made, module) if isinstance(value, Type)]


def _imports(module: Module, modules: Mapping[str, Module]) -> dict[str, tuple[Module, str]]:
    """Return what `from m import name` at the top of a module binds, where m is of the project."""
    found: dict[str, tuple[Module, str]] = {}
    for statement in module.tree.body:
        if isinstance(statement, ast.ImportFrom):
            source = modules.get(_absolute(statement, module))
            if source is not None:
                found |= {alias.asname or alias.name: (source, alias.name) for alias in statement.names}
    return found


def _absolute(statement: ast.ImportFrom, module: Module) -> str:
    if not statement.level:
        return statement.module or ""
    is_package = module.file.endswith("__init__.py")
    parts = module.name.split(".")
    kept = parts[: len(parts) - statement.level + is_package]
    return ".".join((*kept, *filter(None, (statement.module,))))


def _owner(within: Function) -> Class | None:
    function: Function | None = within
    while function is not None:
        if function.owner is not None:
            return function.owner
        function = function.parent
    return None
