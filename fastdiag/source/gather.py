"""From files to sources: every file parsed, named and surveyed; those that fail are told."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path

from fastdiag.model.audit import CodePlace, Unread
from fastdiag.source.collect import survey
from fastdiag.source.files import SourceFile
from fastdiag.source.naming import module_name, own_package, source_roots
from fastdiag.source.parse import parse
from fastdiag.source.sources import Sources


def gather(folder: Path, files: Sequence[SourceFile], unread: list[Unread]) -> Sources:
    """Parse and survey files of a folder; why one could not be is added to ``unread``.

    The names of modules are those by which they are imported. Where a folder holds several applications with
    modules of the same name, those of all but the first are called by their paths.
    """
    parsed = _parsed(files, unread)
    above = own_package(folder, {file.name: tree for file, tree in parsed})
    roots = source_roots({above + file.name: tree for file, tree in parsed})
    spelled = {name: module_name(name, root) for name, root in roots.items()}
    second = _second_applications(roots, spelled)
    sources = Sources()
    for file, tree in parsed:
        path = above + file.name
        root = roots[path]
        name = module_name(path, "") if root in second else spelled[path]
        try:
            sources.add(survey(name, file, tree), root, spelled[path])
        except RecursionError:
            unread.append(Unread(place=CodePlace(file.name), reason="nested too deeply to be analysed"))
    return sources


def _second_applications(roots: Mapping[str, str], spelled: Mapping[str, str]) -> set[str]:
    """Return the folders in which a name stands that another one, earlier in order, has too."""
    owners: dict[str, str] = {}
    return {root for name, root in roots.items() if owners.setdefault(spelled[name], root) != root}


def _parsed(files: Sequence[SourceFile], unread: list[Unread]) -> list[tuple[SourceFile, ast.Module]]:
    parsed: list[tuple[SourceFile, ast.Module]] = []
    for file in files:
        tree = parse(file)
        if isinstance(tree, Unread):
            unread.append(tree)
        else:
            parsed.append((file, tree))
    return parsed
