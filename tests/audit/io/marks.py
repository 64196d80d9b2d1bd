"""Sources that say themselves what is found in them: `# finds missing-timeout` at the end of a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from fastdiag.model.audit import Finding
from tests.audit.work.ground import Looking, found

_MARK = re.compile(r"# finds (?P<checks>[\w ,-]+)")

Spot = tuple[str, int, str]


def marked(files: Mapping[str, str]) -> set[Spot]:
    """Return file, line and check of every mark."""
    return {
        (name, number, check)
        for name, text in files.items()
        for number, line in enumerate(dedent(text).lstrip("\n").splitlines(), 1)
        if (mark := _MARK.search(line))
        for check in mark["checks"].replace(",", " ").split()
    }


def assert_finds_what_is_marked(folder: Path, look: Looking, files: Mapping[str, str] | str) -> list[Finding]:
    """Fail unless the check finds just what the sources say; return the findings."""
    sources = {"main.py": files} if isinstance(files, str) else files
    findings = found(folder, look, sources)
    spots = {(one.place.file, one.place.line, one.check) for one in findings}
    expected = marked(sources)
    assert spots == expected, f"missed {sorted(expected - spots)}, too many {sorted(spots - expected)}"
    return findings
