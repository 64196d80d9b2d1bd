"""What `fastdiag audit` leaves out and when it fails, as fastdiag.yaml says it.

audit:
  exclude: [scripts/, "*_pb2.py"]
  skip: [no-tracing]
  fail_on: critical
  baseline: audit-baseline.json
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_texts, read_word
from fastdiag.model.audit import Severity

AUDIT: Final = "audit"
_SHAPE: Final = Shape("'audit'", (), ("exclude", "skip", "fail_on", "baseline"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFile:
    """What a file says under `audit:`; all empty when it says nothing.

    exclude   globs of files that are not read, relative to the audited folder
    skip      ids of checks, with their places; that they exist is checked where the checks are known
    fail_on   the severity from which on the exit code is 1
    baseline  the findings that do not count; relative to the file
    """

    exclude: tuple[str, ...] = ()
    skip: tuple[Scalar, ...] = ()
    fail_on: Severity | None = None
    baseline: Path | None = None


def read_audit(fields: Fields, path: Path, problems: Problems) -> AuditFile:
    """Read the key `audit`."""
    node = fields.get(AUDIT)
    if node is None:
        return AuditFile()
    section = Fields(node, _SHAPE, problems)
    word = section.read("fail_on", _read_severity)
    baseline = section.text("baseline")
    return AuditFile(
        exclude=tuple(one.text.strip() for one in section.read("exclude", read_texts) or ()),
        skip=section.texts("skip"),
        fail_on=Severity(word) if word else None,
        baseline=path.parent / baseline if baseline else None,
    )


def _read_severity(node: Node, what: str, problems: Problems) -> str | None:
    return read_word(node, what, tuple(Severity), problems)
