"""Making findings about one call: how much it weighs where it stands, and the chain that leads to it."""

from __future__ import annotations

import ast
from collections import deque
from typing import Final

from fastdiag.audit.ground import Ground
from fastdiag.model.audit import Confidence, Finding, Severity, Step
from fastdiag.source.model import Call, Function, Module, Outside, OutsideObject
from fastdiag.source.project import Project

MAX_CALLERS: Final = 200
"""Functions that are asked who calls them, for one call: it bounds the cost in a large project."""

_UNSEEN: Final = "no request, task or start is seen to come here"


def at_call(  # noqa: PLR0913 - what a finding is made of, most of it optional
    ground: Ground,
    check: str,
    call: Call,
    message: str,
    *,
    sink: str,
    confidence: Confidence = Confidence.CERTAIN,
    kind: str = "",
    fix: str = "",
) -> Finding:
    """Return a finding about ``call``. Where nothing is seen to lead there, it is only a note."""
    live = is_live(ground, call)
    return Finding(
        check=check,
        place=call.place,
        message=message if live else f"{message} ({_UNSEEN})",
        confidence=confidence,
        severity=ground.checks[check].severity if live else Severity.NOTE,
        chain=chain_to(ground, call.within, Step(text=sink, place=call.place)),
        sink=sink,
        kind=kind,
        fix=fix,
    )


def is_live(ground: Ground, call: Call) -> bool:
    """Return whether a request, a task, the start-up or an import runs through a call.

    What only scripts run, or what only ever stands below `if __name__ == "__main__"`, is not live.
    """
    entered = {entry.function for entry in ground.roots.entries}
    todo, seen = deque([call]), {call.within}
    while todo and len(seen) < MAX_CALLERS:
        one = todo.popleft()
        if one.within is None:
            if not _is_script(one):
                return True
        elif one.within in entered or ground.reach.chain_to(one.within):
            return True
        else:
            fresh = [caller for caller in ground.project.callers(one.within) if caller.within not in seen]
            seen.update(caller.within for caller in fresh)
            todo.extend(fresh)
    return False


def _is_script(call: Call) -> bool:
    """Return whether a call at import time runs only when its file is the program."""
    mains = (one for one in call.module.tree.body if isinstance(one, ast.If) and _asks_for_main(one.test))
    return any(one.lineno <= call.node.lineno <= (one.end_lineno or one.lineno) for one in mains)


def _asks_for_main(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def chain_to(ground: Ground, within: Function | None, last: Step) -> tuple[Step, ...]:
    """Return the steps from a root to ``last`` in ``within``; empty where no root leads there."""
    chain = ground.reach.chain_to(within) if within is not None else ()
    return (*chain, last) if chain else ()


def path_of(project: Project, call: Call) -> str:
    """Return the dotted name of what a call reaches outside of the project; empty where there is none."""
    for target in project.targets(call):
        if isinstance(target.value, (Outside, OutsideObject)):
            return target.value.path
    return ""


def scope_of(call: Call) -> Function | Module:
    """Return where the names of a call's arguments are looked up."""
    return call.within or call.module
