"""What every check of the audit may use: the project, its roots, what they reach, and the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdiag.model.audit import Check

if TYPE_CHECKING:
    from fastdiag.audit.reach import Reach
    from fastdiag.audit.roots import Roots
    from fastdiag.model.sinks import SinkTable
    from fastdiag.source.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The common ground of one audit, laid once.

    checks  the kinds of findings by id: ``checks["missing-timeout"].severity`` is the one to use
    """

    project: Project
    roots: Roots
    reach: Reach
    sinks: SinkTable
    checks: Mapping[str, Check]
