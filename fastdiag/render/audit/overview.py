"""Which checks found how much, and where most of it is: for those who cannot read a thousand findings."""

from __future__ import annotations

from collections import Counter
from typing import Final

from fastdiag.render.audit.sheet import STYLES, Sheet, groups
from fastdiag.render.paper import Paper
from fastdiag.render.words import count

MAX_FILES: Final = 5
_INDENT: Final = "  "


def write_overview(paper: Paper, sheet: Sheet) -> None:
    """Write one line for each group of findings, and one for each of the files that hold most of them."""
    together = list(groups(sheet))
    names = [group[0].check for group in together]
    longest = max(map(len, names), default=0)
    digits = len(str(max(map(len, together), default=0)))
    paper.blank()
    above = ""
    for group, name in zip(together, names, strict=True):
        first = group[0]
        kind, word = sheet.kind(first), first.severity.value
        lead = (f"{_INDENT}{'' if word == above else word:<8}  ", STYLES[first.severity])
        above = word
        said = f"it {kind.title}" if kind else sheet.title(first.check)
        paper.row(lead, (f"{len(group):>{digits}}  ", "bold"), f"{name:<{longest}}  ", (said, "dim"))
    _write_files(paper, sheet, digits)


def _write_files(paper: Paper, sheet: Sheet, digits: int) -> None:
    files = Counter(sheet.path(one.place.file) for one in sheet.audit.findings).most_common()
    lead = f"{_INDENT}{'most in':<8}  "
    paper.blank()
    for file, number in files[:MAX_FILES]:
        paper.command(f"{lead}{number:>{digits}}  ", file)
        lead = " " * len(lead)
    left = len(files) - MAX_FILES
    if left > 0:
        paper.row(f"{lead}{'':>{digits}}  ", (f"and {count(left, 'other file')}", "dim"))
