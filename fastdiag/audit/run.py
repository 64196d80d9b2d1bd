"""One audit from beginning to end: read the tree, find its roots, ask every check, and sift what they say."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from fastdiag.audit import store
from fastdiag.audit.checks import COLLECTIONS, INSPECTIONS
from fastdiag.audit.deployment_files import commands
from fastdiag.audit.fingerprint import named
from fastdiag.audit.ground import Ground
from fastdiag.audit.ignores import sift
from fastdiag.audit.reach import reachable
from fastdiag.audit.roots import roots
from fastdiag.audit.safe import Safe
from fastdiag.errors import ConfigError
from fastdiag.model.audit import Check, CodeAudit, CodePlace, Finding, Unread
from fastdiag.model.sinks import SinkTable
from fastdiag.source.files import Tree, find
from fastdiag.source.project import Project, read_tree
from fastdiag.source.undisturbed import undisturbed

MAX_FINDINGS: Final = 2_000
"""Of one check: nobody reads more, and hostile source must not fill the memory."""
MAX_SECONDS: Final = 600
"""For all checks together. A million lines take about a minute; what takes ten was made to."""
Say = Callable[[str], None]
Asked = TypeVar("Asked")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What the audit knows: kinds of findings by id, and packages that it does not read."""

    checks: Mapping[str, Check]
    sinks: SinkTable


def audit(
    folder: Path, tables: Tables, *, exclude: Sequence[str] = (), use_cache: bool = True, say: Say
) -> CodeAudit:
    """Return all that a source tree tells. Nothing of it is imported or run.

    What cannot be analysed, a file or one of the checks, is told as ``unread``. ``say`` hears how far it is.
    Without ``use_cache`` the last audit is not looked at; this one is kept all the same.

    Raises:
        ConfigError: there is no such folder.

    """
    began = time.perf_counter()
    if not os.path.exists(folder):  # noqa: PTH110 - unlike Path's, it raises nothing
        raise ConfigError(f"there is no file or folder {folder}", hint="fastdiag audit PATH; default: .")
    say("reading the source files")
    tree = find(folder, exclude=exclude)
    beside = tuple(commands(tree.folder))
    key = store.key_of(
        ((one.name, one.digest) for one in tree.files), tables, tuple(exclude), tree.unread, beside
    )
    kept = store.recall(folder, key) if use_cache else None
    if kept is not None:
        return replace(kept, folder=str(folder), seconds=time.perf_counter() - began)
    with undisturbed():
        found = _analyse(folder, tree, tables, say)
    found = replace(found, seconds=time.perf_counter() - began)
    store.keep(folder, key, found)
    return found


def _analyse(folder: Path, tree: Tree, tables: Tables, say: Say) -> CodeAudit:
    say(f"analysing {len(tree.files):,} files")
    project = read_tree(tree, aliases=tables.sinks.aliases, returns=tables.sinks.returns)
    team = _Team(say)
    laid = team.ask("routes", partial(_ground, tables=tables), project)
    findings = [
        one
        for ground in laid
        for inspection in INSPECTIONS
        for one in team.ask(", ".join(inspection.ids), inspection.look, ground)
    ]
    settings = [one for look in COLLECTIONS for one in team.ask("settings", look, project)]
    is_complete = not (team.unread or project.unread)
    sifted = sift(named(findings, project), project, tables.checks, is_complete=is_complete)
    faults = named(sifted.faults, project)
    safe = Safe({module.file: module.lines for module in project.modules.values()})
    unread = (*project.unread, *team.unread, *sifted.unread)
    return CodeAudit(
        folder=str(folder),
        files=len(project.modules),
        lines=project.lines,
        findings=tuple(map(safe.finding, sorted((*sifted.findings, *faults), key=_order))),
        dismissed=tuple(map(safe.dismissed, sifted.dismissed)),
        unread=tuple(map(safe.unread, dict.fromkeys(unread))),
        roots=tuple(safe.root(root) for ground in laid for root in ground.roots.all),
        settings=tuple(map(safe.setting, settings)),
        packages=project.packages,
        digests=project.digests,
    )


def _ground(project: Project, tables: Tables) -> Iterator[Ground]:
    entries = roots(project)
    yield Ground(
        project=project,
        roots=entries,
        reach=reachable(project, entries),
        sinks=tables.sinks,
        checks=tables.checks,
    )


def _order(finding: Finding) -> tuple[CodePlace, str]:
    return finding.place, finding.check


class _Team:
    """Asks one after the other. What fails is told, and takes nothing else down."""

    def __init__(self, say: Say) -> None:
        self.unread: list[Unread] = []
        self._say = say
        self._until = time.monotonic() + MAX_SECONDS

    def ask(self, name: str, look: Callable[[Asked], Iterable[Found]], about: Asked) -> list[Found]:
        """Return what is found; what had been found before a failure counts."""
        self._say(f"looking for {name}")
        found: list[Found] = []
        try:
            for one in islice(look(about), MAX_FINDINGS):
                found.append(one)
                self._check_time()
        except Exception as error:  # noqa: BLE001 - whatever a check does not expect of somebody's source
            self._note(name, f"stopped: {type(error).__name__}: {error}")
        if len(found) >= MAX_FINDINGS:
            self._note(name, f"found more than {MAX_FINDINGS:,} places; the rest is not told")
        return found

    def _check_time(self) -> None:
        if time.monotonic() > self._until:
            raise TimeoutError(f"the audit has taken {MAX_SECONDS} s")

    def _note(self, name: str, what: str) -> None:
        self.unread.append(Unread(place=CodePlace("."), reason=f"the search for {name} {what}"))
