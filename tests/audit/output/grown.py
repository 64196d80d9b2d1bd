"""A small source tree that a test writes, audited by the real checks."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from fastdiag.audit.run import Tables, audit
from fastdiag.model.audit import CodeAudit, Finding


class Grown:
    """A folder with a service in it."""

    def __init__(self, folder: Path, tables: Tables) -> None:
        self.folder = folder
        self.tables = tables
        folder.mkdir()

    def write(self, text: str, name: str = "main.py") -> Path:
        """Write a file and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def audit(self, *, exclude: Sequence[str] = (), use_cache: bool = True) -> CodeAudit:
        """Audit it as it is now."""
        return audit(self.folder, self.tables, exclude=exclude, use_cache=use_cache, say=lambda _: None)

    def blocking(self) -> list[Finding]:
        """Return the blocking calls that are found in it."""
        return [one for one in self.audit().findings if one.check == "blocking-call"]
