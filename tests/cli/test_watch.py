"""`fastdiag watch` as it is typed; what it does stands in tests/watch."""

from __future__ import annotations

from fastdiag.cli.watch_options import complete_on
from tests.cli.conftest import Here


def test_wrong_use_is_told_before_anything_is_asked(here: Here) -> None:
    for wrong, told in (
        (
            ("--on", "error-spikes"),
            "--on: there is no symptom 'error-spikes'\n  hint: did you mean 'error-spike'",
        ),
        (("--every", "0.1s"), "--every must be 1 s to 60 min, and is '0.1s'"),
        (("--max-cpu", "3"), "--max-cpu must be a share of one core, 0.1% to 100%, and is '3'"),
        (("--looks", "0"), "--looks must be a whole number from 1 on, and is '0'"),
        (("--log", "-"), "--log - cannot be watched"),
        (("--notify", "off"), "--notify is about recordings, and nothing is recorded"),
        (("--save-to", str(here.folder / "nowhere")), "cannot be written: there is no such folder"),
    ):
        ran = here.run("watch", *wrong)
        assert ran.code == 2, ran
        assert told in ran.err
        assert ran.out == ""


def test_the_tab_key_offers_symptoms_and_any() -> None:
    assert complete_on("any") == ["any"]
    assert complete_on("hang") == ["hanging-requests"]
