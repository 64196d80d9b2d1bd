"""Any snapshot at all, for properties."""

from __future__ import annotations

from hypothesis import strategies as st

from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Missing, Part, Range, Reading, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus

texts = st.text(max_size=30)
maybe_text = st.none() | texts
names = st.text("abcdefgh_.", min_size=1, max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
maybe_number = st.none() | numbers
wholes = st.integers(min_value=0, max_value=10**9)

parts = st.builds(
    Part,
    labels=st.dictionaries(texts, texts, max_size=3).map(lambda labels: tuple(sorted(labels.items()))),
    value=numbers,
    before=maybe_number,
    count=maybe_number,
)
windows = st.none() | st.builds(Range, lowest=numbers, highest=numbers, samples=wholes)


def readings(signal: st.SearchStrategy[str]) -> st.SearchStrategy[Reading]:
    return st.builds(
        Reading,
        signal=signal,
        unit=st.sampled_from(Unit),
        source=texts,
        value=maybe_number,
        before=maybe_number,
        by=st.lists(parts, max_size=3).map(tuple),
        window=windows,
        bias=maybe_text,
    )


states = st.builds(
    SourceState,
    name=texts,
    status=st.sampled_from(SourceStatus),
    target=maybe_text,
    readings=wholes,
    seconds=numbers,
    requests=wholes,
    error=maybe_text,
    hint=maybe_text,
)
snapshots = st.builds(
    Snapshot,
    service=texts,
    taken_at=texts,
    window_s=numbers,
    readings=st.lists(readings(names), max_size=4).map(lambda found: {one.signal: one for one in found}),
    missing=st.dictionaries(names, st.builds(Missing, st.sampled_from(Reason), texts), max_size=4),
    sources=st.lists(states, max_size=3).map(tuple),
    parameters=st.dictionaries(names, texts, max_size=3),
    also=st.lists(readings(names), max_size=3).map(tuple),
    observed=st.lists(texts, max_size=3).map(tuple),
    fastdiag=texts,
)
