"""All surveys of a project put together, and modules found by the names under which they are imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fastdiag.source.model import Call, Class, Function, Module
from fastdiag.source.scopes import Binding, Imported, Scope, Survey


@dataclass(slots=True, eq=False)
class Sources:
    """What was collected.

    roots     the folder from which the name of each module is counted
    spelled   the name that imports use; another application's module may have the same
    by_root   modules by that folder and their name; `("", "app.main")`
    by_name   modules by their name alone: what another folder's modules find
    prefixes  names that are modules or packages of the project
    """

    roots: dict[Module, str] = field(default_factory=dict)
    spelled: dict[Module, str] = field(default_factory=dict)
    by_root: dict[tuple[str, str], Module] = field(default_factory=dict)
    by_name: dict[str, Module] = field(default_factory=dict)
    prefixes: set[str] = field(default_factory=set)
    scopes: dict[Module | Class | Function, Scope] = field(default_factory=dict)
    nodes: dict[ast.AST, Function] = field(default_factory=dict)
    in_class: dict[ast.AST, Scope] = field(default_factory=dict)
    imports: dict[Module, set[str]] = field(default_factory=dict)
    states: dict[str, list[Binding]] = field(default_factory=dict)
    _by_called: dict[str, list[tuple[ast.Call, Scope]]] = field(default_factory=dict)

    def add(self, survey: Survey, root: str, spelled: str) -> None:
        """Add one file; ``spelled`` is the name that imports use for it."""
        module = survey.module
        self.roots[module] = root
        self.spelled[module] = spelled
        self.by_root[root, spelled] = module
        self.by_name.setdefault(spelled, module)
        parts = spelled.split(".")
        self.prefixes.update(".".join(parts[:count]) for count in range(1, len(parts) + 1))
        self.scopes.update(survey.scopes)
        self.nodes.update(survey.nodes)
        self.in_class.update(survey.in_class)
        self.imports[module] = survey.imports
        for name, bindings in survey.states.items():
            self.states.setdefault(name, []).extend(bindings)

    def module(self, name: str, importer: Module) -> Module | None:
        """Return the module that a name means for those who import it.

        Those of their own folder come first; of another one it is none that Python itself has.
        """
        own = self.by_root.get((self.roots[importer], name))
        if own is not None or name.partition(".")[0] in sys.stdlib_module_names:
            return own
        return self.by_name.get(name)

    def is_ours(self, name: str, importer: Module) -> bool:
        """Tell whether a dotted name begins with a module or a regular package of the project."""
        return self.module(name.partition(".")[0], importer) is not None

    def absolute(self, imported: Imported, importer: Module) -> str:
        """Return the whole name of an imported module; "" where the dots lead out of the project."""
        if not imported.level:
            return imported.module
        package = self.spelled[importer].split(".")
        if not importer.file.endswith("__init__.py"):
            package = package[:-1]
        if imported.level - 1 > len(package):
            return ""
        base = package[: len(package) - imported.level + 1]
        return ".".join((*base, imported.module) if imported.module else base)

    def stars(self, scopes: Iterable[Imported], importer: Module) -> Iterable[Module | str]:
        """Return the modules of which everything is imported; those outside by their names."""
        for imported in scopes:
            name = self.absolute(imported, importer)
            found = self.module(name, importer)
            if found is not None:
                yield found
            elif name and not self.is_ours(name, importer):
                yield name

    def called(self, name: str) -> list[tuple[ast.Call, Scope]]:
        """Return the calls of anything with a name, `name(...)` and `any.name(...)`, and where they stand."""
        if not self._by_called:
            for module in self.roots:
                for call in calls_of(module):
                    scope = self.in_class.get(call.node) or self.scopes[call.within or module]
                    self._by_called.setdefault(_last_name(call.node.func), []).append((call.node, scope))
        return self._by_called.get(name, [])

    def scope_of(self, call: ast.Call) -> Scope | None:
        """Return the scope in which a call stands; None of one that is none of the project's."""
        return next((scope for each, scope in self.called(_last_name(call.func)) if each is call), None)

    def packages(self) -> tuple[str, ...]:
        """Return the top-level names of what is imported, without the project and the standard library."""
        found = {
            name
            for module, imported in self.imports.items()
            for name in imported
            if not self.is_ours(name, module)
        }
        return tuple(sorted(found - sys.stdlib_module_names - self.prefixes))


def calls_of(module: Module) -> Iterator[Call]:
    """Yield all calls of a module: those when it is imported, and those of its functions."""
    yield from module.calls
    for function in module.functions:
        yield from function.calls


def _last_name(expr: ast.expr) -> str:
    return expr.attr if isinstance(expr, ast.Attribute) else getattr(expr, "id", "")
