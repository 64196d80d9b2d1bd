"""The other tools, run on copies of exactly those files that the audit reads."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGES: Final = ("ruff==0.17.6", "flake8-async==26.8.1", "ty-async==0.4.0")
"""What MEASURED.md was written with."""
TIMEOUT_S: Final = 1_800
RUFF: Final = "ruff"
FLAKE8: Final = "flake8-async"
TY: Final = "ty-async"
TY_TRANSITIVE: Final = "ty-async, transitive"
COMMANDS: Final = {
    RUFF: (
        ("ruff", "check", "--isolated", "--no-cache", "--ignore-noqa", "--select", "ASYNC"),
        ("--output-format", "concise", "--exit-zero", "."),
    ),
    FLAKE8: (("flake8-async", "--disable-noqa", "--enable", "ASYNC2"), ()),
    TY: (("ty-async", "--async200-stdlib"), (".",)),
    TY_TRANSITIVE: (("ty-async", "--async200-stdlib", "--async200-transitive"), (".",)),
}
"""How each is called, and with what at the end; flake8-async by itself, for it is slow, with all files named.
Comments that silence ruff and flake8-async are not heeded."""
_LINE: Final = re.compile(
    r"^(?:\./)?(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?P<rule>[A-Z]+\d+T?)\b(?P<text>.*)$"
)
_VIA: Final = re.compile(r"\((?:\./)?(?P<path>[^:()]+):(?P<line>\d+):\d+\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What another tool told; ``sink`` is the place that it says is reached, where that is elsewhere."""

    tool: str
    rule: str
    path: str
    line: int
    sink: tuple[str, int] | None = None

    @property
    def is_blocking(self) -> bool:
        """Whether the rule is about calls that block the event loop."""
        return self.rule.startswith("ASYNC2")


def install(into: Path) -> Path:
    """Return the folder of the tools' commands, in a virtual environment made for them."""
    if not (into / "bin" / "ruff").exists():
        venv.create(into, with_pip=True)
        subprocess.run((str(into / "bin" / "pip"), "install", "--quiet", *PACKAGES), check=True)
    return into / "bin"


def versions(tools: Path) -> dict[str, str]:
    """Return what runs: tool -> version, as the packages beside the commands say."""
    script = "from importlib.metadata import version as v; print(*map(v, {!r}))"
    names = ("ruff", "flake8-async", "ty-async")
    out = subprocess.run(
        (str(tools / "python"), "-c", script.format(names)), check=True, capture_output=True, text=True
    )
    python = ".".join(map(str, sys.version_info[:3]))
    return {**dict(zip(names, out.stdout.split(), strict=True)), "Python": python}


def alerts(tools: Path, tree: Path) -> list[Alert]:
    """Return what all of them tell about a tree."""
    found = []
    for tool, (start, end) in COMMANDS.items():
        files = sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*.py")) if not end else ()
        command = (str(tools / start[0]), *start[1:], *end, *files)
        out = subprocess.run(
            command, cwd=tree, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        ).stdout
        found += [_alert(tool, match) for match in map(_LINE.match, out.splitlines()) if match]
    return found


def _alert(tool: str, match: re.Match[str]) -> Alert:
    via = _VIA.search(match["text"])
    return Alert(
        tool=tool,
        rule=match["rule"],
        path=match["path"],
        line=int(match["line"]),
        sink=(via["path"], int(via["line"])) if via else None,
    )
