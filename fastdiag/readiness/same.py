"""Whether the code that was audited is that of the service that runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import Target


def doubts(folder: Path, target: Target, proc: Proc | None = None) -> Iterator[str]:
    """Say why it may be another one: the server works in a folder that is not around the code, or in it."""
    if target.local is None or not target.local.workers:
        yield f"no server was found on this machine: the code in {folder} is taken to be the service's"
        return
    works_in = (proc or Proc()).cwd(target.local.workers[0])
    if isinstance(works_in, Unreadable):
        return
    whole = folder.resolve()
    if not whole.is_relative_to(works_in) and not works_in.is_relative_to(whole):
        name = target.local.app or f"pid {target.local.workers[0]}"
        yield f"{name} works in {works_in}, and the audited code is in {whole}: are they the same?"
