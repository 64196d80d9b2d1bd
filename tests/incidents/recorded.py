"""The recorded set: one snapshot of each live incident, as the public command saved it, never edited by hand.

`python -m tests.incidents --record [NAME...]` writes it. Beside the snapshots stands, in `recorded.json`, how
each fault was confirmed without fastdiag, and how long the command took.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("recorded")
LIST: Final = "recorded.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How one recording came about.

    measured     the independent measurement that confirmed the fault
    confirmed_s  seconds from the fault to its confirmation
    answered_s   seconds that `fastdiag snapshot` took
    sha256       of the snapshot file: shows that nobody edited it
    """

    measured: str
    confirmed_s: float
    answered_s: float
    sha256: str


def snapshot_file(name: str, folder: Path = FOLDER) -> Path:
    """Return where the snapshot of an incident is kept."""
    return folder / f"{name}.json"


def records(folder: Path = FOLDER) -> dict[str, Record]:
    """Return what is known of each recording, by the incident's name."""
    file = folder / LIST
    if not file.exists():
        return {}
    listed: Mapping[str, Mapping[str, object]] = json.loads(file.read_text(encoding="utf-8"))
    return {name: Record(**fields) for name, fields in listed.items()}  # type: ignore[arg-type] # our own file


def digest(file: Path) -> str:
    """Return the SHA-256 of a snapshot file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def keep(name: str, record: Record, folder: Path = FOLDER) -> None:
    """Note a recording whose snapshot has been written."""
    listed = {**records(folder), name: record}
    text = json.dumps({key: asdict(listed[key]) for key in sorted(listed)}, indent=1, ensure_ascii=False)
    (folder / LIST).write_text(f"{text}\n", encoding="utf-8")
