"""Running the real command, in a process of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.stack.processes import clean_environment, script

LIMIT_S: Final = 60

DRAINED: Final = """\
{"schema": 1, "signals": {
  "service.cpu": {"value": "20%"},
  "http.latency.p95": {"value": "4s"},
  "db.pool.utilization": {"value": "100%"},
  "db.pool.waiting": {"value": 14}
}}
"""
"""A snapshot as a person writes it: the pool is drained, and that is critical."""

SLOWISH: Final = (
    '{"schema": 1, "signals": {"service.cpu": {"value": 0.2}, "http.latency.p95": {"value": "2s"}}}'
)
"""Slow, but not slow enough for more than a warning."""

BLIND: Final = """\
{"schema": 1, "signals": {}, "sources": [{"name": "prometheus", "status": "failed", "error": "refused"}]}
"""
"""What remains of a snapshot when no source gave anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of a command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict:
        """Stdout as JSON."""
        document: dict = json.loads(self.out)
        return document


def fastdiag(
    *arguments: str | Path,
    stdin: str = "",
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    command: Sequence[str] = (),
) -> Ran:
    """Run `fastdiag` with an environment that says nothing but what the test says."""
    done = subprocess.run(
        [*(command or [script("fastdiag")]), *map(str, arguments)],
        input=stdin.encode(),
        cwd=cwd,
        env=environment(environ),
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    return Ran(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a shell in which nobody has configured anything; no run leaves a trace."""
    return {**clean_environment(), "FASTDIAG_HISTORY": "off", **(more or {})}


def shell(line: str, *, cwd: Path, environ: Mapping[str, str] | None = None) -> Ran:
    """Run a line of bash in which `fastdiag` is the real command."""
    path = f"{Path(script('fastdiag')).parent}:{environment()['PATH']}"
    return fastdiag(line, cwd=cwd, environ={**(environ or {}), "PATH": path}, command=["bash", "-c"])


def written(folder: Path, text: str, name: str = "snapshot.json") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
