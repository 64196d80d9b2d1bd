"""A signal of which a snapshot says nothing: given by hand, or taken before the table knew the signal."""

from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.engine.look import Look
from fastdiag.model.signal import CollectorSource, Missing, Reason
from fastdiag.model.snapshot import SourceState, SourceStatus
from tests.engine.tables import book, seen


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        ("logs", SourceStatus.OK, Reason.ABSENT),
        ("logs", SourceStatus.PARTIAL, Reason.ABSENT),
        ("logs", SourceStatus.FAILED, Reason.NOT_CONFIGURED),
        ("logs", SourceStatus.SKIPPED, Reason.NOT_CONFIGURED),
        ("postgres", SourceStatus.OK, Reason.NOT_CONFIGURED),
        (None, SourceStatus.OK, Reason.NOT_CONFIGURED),
    ],
)
def test_what_a_source_that_answered_was_not_asked_for_is_no_doubt(
    tmp_path: Path, source: str | None, status: SourceStatus, reason: Reason
) -> None:
    table = book(tmp_path)
    newer = replace(
        table.catalogue.signals["x.lag"], sources=(CollectorSource(collector="logs", needs=None),)
    )
    catalogue = replace(table.catalogue, signals={**table.catalogue.signals, "x.lag": newer})
    states = () if source is None else (SourceState(name=source, status=status),)
    found = Look(
        replace(seen(table, x_cpu=0.5), sources=states), replace(table, catalogue=catalogue)
    ).reading("x.lag")

    assert isinstance(found, Missing)
    assert found.reason is reason
