"""What the flight recorder keeps and who may ask it, as fastdiag.yaml says it, references unresolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.config.references import without_references
from fastdiag.config.server_file import read_written
from fastdiag.config.written import Written
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.problems import Problems

SECTIONS: Final = ("record", "serve")
RECORD: Final = Shape("'record'", (), ("directory", "snapshots", "size", "age", "gap", "repeat", "per_hour"))
SERVE: Final = Shape("'serve'", (), ("listen", "secret", "secret_file"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """What a file says under `record:` and under `serve:`, by their keys; empty when it says nothing."""

    record: Mapping[str, Written] = field(default_factory=dict)
    serve: Mapping[str, Written] = field(default_factory=dict)

    @property
    def holds_secrets(self) -> bool:
        """Whether a secret itself stands there, not only the name of a variable that holds it."""
        secret = self.serve.get("secret")
        return secret is not None and bool(without_references(secret.text))


def read_record(fields: Fields, problems: Problems) -> RecordFile:
    """Read the keys of SECTIONS from the mapping that is the file."""
    return RecordFile(
        record=_section(fields, "record", RECORD, problems), serve=_section(fields, "serve", SERVE, problems)
    )


def _section(fields: Fields, name: str, shape: Shape, problems: Problems) -> dict[str, Written]:
    node = fields.get(name)
    if node is None:
        return {}
    section = Fields(node, shape, problems)
    return read_written({key: section.get(key) for key in shape.keys}, problems)
