"""What a person presses, from the bytes of real terminals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.watch.keys import Key, KeyReader


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (b"q", (Key.QUIT,)),
        (b"p s", (Key.PAUSE, Key.PAUSE, Key.SAVE)),
        (b"\x1b[A\x1b[B", (Key.UP, Key.DOWN)),
        (b"\x1bOA\x1bOB", (Key.UP, Key.DOWN)),  # application mode of the keypad
        (b"\x1b[5~\x1b[6~", (Key.PAGE_UP, Key.PAGE_DOWN)),
        (b"\r", (Key.ENTER,)),
        (b"\x1b[1;5A", ()),  # with Ctrl: nothing here
        (b"\x1b[<0;3;4M", ()),  # a mouse
        ("ü€".encode(), ()),
        (b"", ()),
    ],
)
def test_whole_sequences(sent: bytes, keys: tuple[Key, ...]) -> None:
    reader = KeyReader()
    assert reader.feed(sent) == keys
    assert not reader.is_halfway


def test_a_sequence_that_comes_in_pieces_is_one_key() -> None:
    reader = KeyReader()
    assert [reader.feed(bytes([byte])) for byte in b"\x1b[B"] == [(), (), (Key.DOWN,)]


def test_an_escape_is_a_key_only_when_nothing_follows() -> None:
    reader = KeyReader()
    assert reader.feed(b"\x1b") == ()
    assert reader.flush() == (Key.BACK,)
    assert reader.flush() == ()
    assert reader.feed(b"\x1bq") == (Key.BACK, Key.QUIT)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_whatever_is_pasted_nothing_is_kept_for_long(chunks: list[bytes]) -> None:
    reader = KeyReader()
    for chunk in chunks:
        reader.feed(chunk)
    reader.feed(b"A" * 20)
    assert not reader.is_halfway
