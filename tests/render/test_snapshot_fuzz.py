"""Whatever a file holds, reading it ends in a Snapshot or in a SnapshotError."""

from __future__ import annotations

import copy
import functools
import io
import json
import operator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.errors import SnapshotError
from fastdiag.model.signal import Catalogue
from fastdiag.model.snapshot import Snapshot
from fastdiag.render import json as render_json
from fastdiag.render import snapshot_file
from tests.render.diagnoses import POOL_DRAINED

WHOLE: Final = json.loads(render_json.render_snapshot(POOL_DRAINED.snapshot))
ODD = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.just("4s"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
Path = tuple[str | int, ...]


def paths(node: object, here: Path = ()) -> list[Path]:
    """Return every place of a document in which something else could stand."""
    match node:
        case dict():
            members = list(node.items())
        case list():
            members = list(enumerate(node))
        case _:
            members = []
    return [path for key, child in members for path in ((*here, key), *paths(child, (*here, key)))]


@given(st.data())
def test_a_snapshot_with_something_odd_in_it(data: st.DataObject) -> None:
    document = copy.deepcopy(WHOLE)
    *way, last = data.draw(st.sampled_from(paths(document)))
    functools.reduce(operator.getitem, way, document)[last] = data.draw(ODD)
    try:
        snapshot = snapshot_file.decode(json.dumps(document), Catalogue(), "s.json")
    except SnapshotError as error:
        assert str(error).startswith("s.json: ")  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(snapshot, Snapshot)
        assert snapshot_file.decode(render_json.render_snapshot(snapshot), Catalogue(), "s.json") == snapshot


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_complaint(content: bytes) -> None:
    with pytest.raises(SnapshotError):
        snapshot_file.read(io.BytesIO(content), Catalogue(), "s.json")
