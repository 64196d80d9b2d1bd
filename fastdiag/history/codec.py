"""Runs and snapshots as compressed bytes, the same for every store.

A run is small and read by the thousand: zlib. A snapshot is large and read one at a time: bz2, which takes a
tenth less. What is read back is checked: a shared database is no more trusted than a file.
"""

from __future__ import annotations

import bz2
import json
import zlib
from collections.abc import Mapping
from typing import Final, TypeVar

from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.history import CauseSeen, Mark, Occasion, Run
from fastdiag.model.moment import iso_of
from fastdiag.model.rule import Kind

MAX_RUN_BYTES: Final = 2**20
MAX_SNAPSHOT_BYTES: Final = 8 * 2**20
"""As much as a snapshot file may hold."""
_DIGITS: Final = 6
"""Of a signal: more than a chart shows. The snapshot has it exactly."""

Content = TypeVar("Content")


class DamagedError(Exception):
    """Bytes that are no run or no snapshot."""


def pack_run(run: Run) -> bytes:
    """Return a run without its id, which the store gives."""
    document = {
        "host": run.host,
        "service": run.service,
        "taken_at": run.taken_at,
        "occasion": run.occasion.value,
        "status": run.status.value,
        "conclusive": run.conclusive,
        "symptoms": list(run.symptoms),
        "causes": [_cause_document(cause) for cause in run.causes],
        "signals": {name: float(f"{value:.{_DIGITS}g}") for name, value in run.signals.items()},
        "sources": dict(run.sources),
    }
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 9)


def unpack_run(content: bytes, id: int) -> Run:  # noqa: A002 - the name of the field
    """Return the run that ``pack_run`` was given. Raise DamagedError when there is none in it."""
    try:
        unpacked = zlib.decompressobj().decompress(content, MAX_RUN_BYTES)
        document = json.loads(unpacked)
        return Run(
            id=id,
            host=_as(str, document["host"]),
            service=_as(str, document["service"]),
            taken_at=_as(str, document["taken_at"]),
            occasion=Occasion(document["occasion"]),
            status=Status(document["status"]),
            conclusive=_as(bool, document["conclusive"]),
            symptoms=tuple(_as(str, symptom) for symptom in document["symptoms"]),
            causes=tuple(_cause(cause) for cause in document["causes"]),
            signals={_as(str, name): float(value) for name, value in document["signals"].items()},
            sources={_as(str, name): _as(str, word) for name, word in document["sources"].items()},
        )
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(f"run {id} cannot be read: {type(error).__name__}") from None


def pack_snapshot(text: str) -> bytes:
    """Return the JSON text of a snapshot."""
    return bz2.compress(text.encode())


def unpack_snapshot(content: bytes, id: int) -> str:  # noqa: A002 - the name of the field
    """Return the text that ``pack_snapshot`` was given. Raise DamagedError when there is none in it."""
    try:
        unpacking = bz2.BZ2Decompressor()
        text = unpacking.decompress(content, MAX_SNAPSHOT_BYTES).decode()
    except (OSError, ValueError, TypeError) as error:
        raise DamagedError(f"the snapshot of run {id} cannot be read: {type(error).__name__}") from None
    if not unpacking.eof:
        raise DamagedError(f"the snapshot of run {id} is cut off, or is none")
    return text


def mark_from(id: int, service: object, at: object, text: object) -> Mark:  # noqa: A002 - as above
    """Return the mark in a row of a store. Raise DamagedError when there is none in it."""
    try:
        moment = iso_of(_as(float, at))
        return Mark(
            id=id, service=None if service is None else _as(str, service), at=moment, text=_as(str, text)
        )
    except (TypeError, ValueError) as error:
        raise DamagedError(f"mark {id} cannot be read: {error}") from None


def _cause_document(cause: CauseSeen) -> dict[str, object]:
    return {
        "id": cause.id,
        "title": cause.title,
        "kind": cause.kind.value,
        "rank": cause.rank,
        "probability": round(cause.probability, 4),
        "root": round(cause.root, 4),
        "verdict": cause.verdict.words,
        "driven_by": cause.driven_by,
    }


_VERDICTS: Final = {verdict.words: verdict for verdict in Verdict}


def _cause(document: Mapping[str, object]) -> CauseSeen:
    driver = document["driven_by"]
    return CauseSeen(
        id=_as(str, document["id"]),
        title=_as(str, document["title"]),
        kind=Kind(_as(str, document["kind"])),
        rank=_as(int, document["rank"]),
        probability=_as(float, document["probability"]),
        root=_as(float, document["root"]),
        verdict=_VERDICTS[_as(str, document["verdict"])],
        driven_by=None if driver is None else _as(str, driver),
    )


def _as(kind: type[Content], value: object) -> Content:
    if kind is float and isinstance(value, int):
        value = float(value)
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} where a {kind.__name__} belongs")
    return value
