"""What modules are called by those who import them; the folders on sys.path are seen from the imports."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

_STANDARD: Final = sys.stdlib_module_names
_SOURCES: Final = frozenset({"src", "lib", "python"})
"""Folders that hold packages and are none."""


def source_roots(trees: Mapping[str, ast.Module]) -> dict[str, str]:
    """Return for every file the folder from which its name is counted; "" is the top of the project.

    A folder is taken for such a root when imports of the files below it are found in it. Of several, the one
    that explains most imports counts.
    """
    known = _known(trees)
    votes: Counter[str] = Counter()
    for name, tree in trees.items():
        imported = _absolute(tree)
        for folder in _ancestors(name):
            found = sum(_is_there(folder, module, name, known) for module in imported)
            if found:
                votes[folder] += found
    return {name: _root(name, votes, known) for name in trees}


def own_package(folder: Path, trees: Mapping[str, ast.Module]) -> str:
    """Return the folders above all files, `shop/`, where what is read is a package; "" where it is none.

    Who reads the folder shop finds `from shop.orders import ...` in it: that name stands before its files.
    """
    here = folder.resolve()
    parts = [here.name]
    while here.name and (here / "__init__.py").is_file() and (here.parent / "__init__.py").is_file():
        here = here.parent
        parts.insert(0, here.name)
    package = ".".join(parts)
    is_below = any(name.startswith((f"{parts[0]}/", f"{parts[0]}.")) for name in trees)
    if not here.name or is_below:
        return ""
    modules = (module for tree in trees.values() for module in _absolute(tree))
    is_named = any(module == package or module.startswith(f"{package}.") for module in modules)
    return f"{'/'.join(parts)}/" if is_named else ""


def _known(trees: Iterable[str]) -> set[str]:
    """Return every file and every folder that holds one."""
    known: set[str] = set()
    for name in trees:
        known.add(name)
        known.update(str(parent) for parent in PurePosixPath(name).parents)
    return known


def _ancestors(name: str) -> list[str]:
    return ["" if str(parent) == "." else str(parent) for parent in PurePosixPath(name).parents]


def _absolute(tree: ast.Module) -> list[str]:
    """Return the modules that a file imports by their whole name, the standard library left out."""
    found: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.append(node.module)
    return [name for name in found if name.partition(".")[0] not in _STANDARD]


def _is_there(folder: str, module: str, importer: str, known: set[str]) -> bool:
    base = f"{folder}/" if folder else ""
    path = base + module.replace(".", "/")
    is_package = f"{base}__init__.py" in known  # what lies in a package is imported by the package's name
    return not is_package and f"{path}.py" != importer and (f"{path}.py" in known or path in known)


def _root(name: str, votes: Counter[str], known: set[str]) -> str:
    above = [folder for folder in _ancestors(name) if votes[folder]]
    if above:
        return max(above, key=lambda folder: (votes[folder], -len(folder)))
    folder = PurePosixPath(name).parent
    while str(folder) != "." and f"{folder}/__init__.py" in known:
        folder = folder.parent
    for parent in (folder, *folder.parents):
        if parent.name in _SOURCES:
            return str(parent)
    return (
        "" if str(folder) == "." or f"{PurePosixPath(name).parent}/__init__.py" not in known else str(folder)
    )


def module_name(name: str, root: str) -> str:
    """Return the dotted name of a file below a root; the project's own `__init__.py` is called so."""
    path = PurePosixPath(name)
    parts = path.relative_to(root).with_suffix("").parts if root else path.with_suffix("").parts
    if len(parts) > 1 and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)
