"""A small project of our own, laid out for one check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent

from fastdiag.audit.ground import Ground
from fastdiag.audit.reach import reachable
from fastdiag.audit.roots import roots
from fastdiag.model.audit import Check, Finding
from fastdiag.model.sinks import SinkTable
from fastdiag.rulebook.audit.checks import load_checks
from fastdiag.rulebook.audit.sinks import load_sinks
from fastdiag.rulebook.folders import builtin_rules
from fastdiag.source.project import Project, read_project

Looking = Callable[[Ground], Iterable[Finding]]


@cache
def tables() -> tuple[Mapping[str, Check], SinkTable]:
    return load_checks(builtin_rules()), load_sinks(builtin_rules())


def written(folder: Path, files: Mapping[str, str]) -> Project:
    """Write files below a folder and read them as a project."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
    _, sinks = tables()
    return read_project(folder, aliases=sinks.aliases, returns=sinks.returns)


def ground_of(folder: Path, files: Mapping[str, str] | str) -> Ground:
    """Return what checks look at, for some files or for one `main.py`."""
    project = written(folder, {"main.py": files} if isinstance(files, str) else files)
    checks, sinks = tables()
    entries = roots(project)
    return Ground(
        project=project, roots=entries, reach=reachable(project, entries), sinks=sinks, checks=checks
    )


def found(folder: Path, look: Looking, files: Mapping[str, str] | str) -> list[Finding]:
    """Return what a check finds, in the order of places."""
    return sorted(look(ground_of(folder, files)), key=lambda one: (one.place, one.check))
