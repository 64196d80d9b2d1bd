"""How one item of the checklist stands, before the lines that would mend it are looked up."""

from __future__ import annotations

from dataclasses import dataclass

from fastdiag.coverage.quality import Remark
from fastdiag.model.checklist import Evidence, Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An answer with its reasons; see ``fastdiag.model.checklist.Seen``."""

    sight: Sight
    by: tuple[str, ...] = ()
    age_s: float | None = None
    remarks: tuple[Remark, ...] = ()
    evidence: tuple[Evidence, ...] = ()
