"""--baseline and --write-baseline of `fastdiag audit`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastdiag.model.audit import CodeAudit


def baseline_of(known: Path | None, write_to: Path | None) -> Callable[[CodeAudit], CodeAudit]:
    """Read the files that are named, before anything is analysed for them; return what to do with an audit.

    Raises:
        FastdiagError: a file is no baseline, or cannot be read.

    """
    if write_to is not None:
        return _writing(known, write_to)
    return _against(known) if known is not None else lambda code: code


def _against(path: Path) -> Callable[[CodeAudit], CodeAudit]:
    from fastdiag.audit.baseline import apply, gone, read_baseline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.render.words import count  # noqa: PLC0415 - likewise

    baseline = read_baseline(path)

    def set_aside(code: CodeAudit) -> CodeAudit:
        left = apply(code, baseline)
        if number := gone(left.dismissed, baseline):
            entries = count(number, "entry", "entries")
            note(f"{path} names findings that are no more ({entries}); --write-baseline {path} drops them")
        return left

    return set_aside


def _writing(known: Path | None, write_to: Path) -> Callable[[CodeAudit], CodeAudit]:
    """Name all that is found now. Reasons that people wrote into a former file stay."""
    from fastdiag.audit.baseline import apply, baseline_file, read_baseline  # noqa: PLC0415 - likewise
    from fastdiag.cli.files import write  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.render.words import count  # noqa: PLC0415 - likewise

    named = [path for path in (known, write_to) if path is not None]
    former = [read_baseline(path) for path in named if path is known or path.exists()]
    reasons = {name: reason for one in former for name, reason in one.reasons.items()}

    def name_all(code: CodeAudit) -> CodeAudit:
        write(write_to, baseline_file(code.findings, reasons))
        found = count(len(code.findings), "finding")
        note(f"{write_to} names {found}; with --baseline {write_to} only others count")
        return apply(code, read_baseline(write_to))

    return name_all
