"""Small applications of our own, in which a comment marks each line that blocks: `# BLOCKS sync-http`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Final

from fastdiag.audit import blocking
from fastdiag.audit.ground import Ground
from fastdiag.audit.reach import reachable
from fastdiag.audit.roots import roots
from fastdiag.model.audit import Check, Finding, Severity
from fastdiag.model.sinks import SinkTable
from fastdiag.rulebook.audit.sinks import load_sinks
from fastdiag.rulebook.folders import builtin_rules
from fastdiag.source.project import read_project

_MARK: Final = re.compile(r"# BLOCKS ([a-z-]+)$")
_CHECK: Final = Check(
    id=blocking.CHECK, title="blocks", severity=Severity.CRITICAL, mechanism="waits", fix="await"
)


@cache
def table() -> SinkTable:
    return load_sinks(builtin_rules())


def ground_of(folder: Path, sources: dict[str, str], sinks: SinkTable | None = None) -> Ground:
    """Write the sources (file name -> text) and lay the common ground of an audit over them."""
    sinks = sinks or table()
    for name, text in sources.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    project = read_project(folder, aliases=sinks.aliases, returns=sinks.returns)
    found = roots(project)
    return Ground(
        project=project,
        roots=found,
        reach=reachable(project, found),
        sinks=sinks,
        checks={_CHECK.id: _CHECK},
    )


def findings(folder: Path, sources: dict[str, str], sinks: SinkTable | None = None) -> list[Finding]:
    """Return what the check finds in them."""
    return list(blocking.check(ground_of(folder, sources, sinks)))


def blocks(folder: Path, *texts: str, **named: str) -> list[Finding]:
    """Prove that exactly the marked lines are found, each as its kind; return the findings.

    The texts are put together as main.py; a named one is a module of its own.
    """
    sources = {f"{name}.py": dedent(text) for name, text in named.items()}
    if texts:
        sources["main.py"] = "\n".join(dedent(text) for text in texts)
    found = findings(folder, sources)
    assert {(str(one.place), one.kind) for one in found} == _marked(sources)
    return found


def _marked(sources: dict[str, str]) -> set[tuple[str, str]]:
    return {
        (f"{name}:{number}", mark[1])
        for name, text in sources.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if (mark := _MARK.search(line))
    }


def chain(finding: Finding) -> list[str]:
    """Return the texts of a chain."""
    return [step.text for step in finding.chain]
