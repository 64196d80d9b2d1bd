"""Reading one rule file from disk: bounded in size, UTF-8, and a named fault for whatever goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastdiag.located.located_yaml import Node, compose
from fastdiag.located.problems import Place, Problems
from fastdiag.located.yaml_faults import place_of

MAX_FILE_BYTES: Final = 1_000_000
"""A rule file is written by people; what is larger is another kind of file, given by mistake."""


def read_yaml(path: Path, label: str, problems: Problems) -> Node | None:
    """Return the tree of a file that places call ``label``; note what is wrong and return None."""
    data = _read_bytes(path, label, problems)
    if data is None:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        problems.note(
            place_of(before, len(before), label),
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            "save the file as UTF-8",
        )
        return None
    return compose(text, label, problems)


def _read_bytes(path: Path, label: str, problems: Problems) -> bytes | None:
    if path.exists() and not path.is_file():  # opening a pipe would wait for its writer
        problems.note(Place(label), "this is not a regular file")
        return None
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        problems.note(Place(label), f"the file cannot be read: {error.strerror}")
        return None
    if len(data) > MAX_FILE_BYTES:
        problems.note(Place(label), f"the file is larger than {MAX_FILE_BYTES:,} bytes")
        return None
    return data
