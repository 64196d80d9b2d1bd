"""The lines of source that findings are about, safe to show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from fastdiag.located.excerpt import excerpt_of, lines_of
from fastdiag.located.problems import Place
from fastdiag.model.audit import CodePlace
from fastdiag.redact import Redactor


def excerpts(root: Path, places: Iterable[CodePlace]) -> dict[CodePlace, tuple[str, int]]:
    """Return the line of each place below ``root``, and after how many of its characters the caret belongs.

    Secrets are masked. A place whose file is gone, or has no such line any more, has no excerpt.
    """
    mask = Redactor.of(())
    files: defaultdict[str, list[CodePlace]] = defaultdict(list)
    for place in dict.fromkeys(places):
        files[place.file].append(place)
    return {
        place: found
        for file, within in files.items()
        for place, found in _of_file(lines_of(root / file), within, mask)
    }


def _of_file(
    lines: Sequence[str], places: Iterable[CodePlace], mask: Redactor
) -> Iterator[tuple[CodePlace, tuple[str, int]]]:
    for place in places:
        about = excerpt_of(lines, Place(place.file, place.line, max(1, place.column)))
        if about is not None:
            indent = len(about.line) - len(about.line.lstrip())
            before = mask.text(about.line[: about.caret])
            yield place, (mask.text(about.line)[indent:], max(0, len(before) - indent))
