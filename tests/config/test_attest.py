"""`attest:` as people write it: who vouches for what, until when, and what makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.config.flags import Flags
from fastdiag.config.settings import load_settings
from fastdiag.errors import ConfigError
from fastdiag.model.checklist import Attestation


def attested(folder: Path, text: str) -> tuple[Attestation, ...]:
    path = folder / "fastdiag.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(Flags(config=path), {}).attested


def test_without_a_word_nobody_vouches_for_anything(tmp_path: Path) -> None:
    assert attested(tmp_path, "service: shop\n") == ()


def test_who_vouches_says_since_when_and_until_when(tmp_path: Path) -> None:
    text = "attest:\n  spikes-tested: {owner: payments, date: 2026-11-01, until: 2027-05-01, note: k6}\n"
    (one,) = attested(tmp_path, text)
    assert (one.item, one.owner, one.date, one.until, one.note) == (
        "spikes-tested",
        "payments",
        "2026-11-01",
        "2027-05-01",
        "k6",
    )
    assert one.where.endswith("fastdiag.yaml:2:3")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{owner: me, date: 2026-11-01}", "needs 'until'"),
        ("{owner: me, date: 2026-11-01, until: next year}", "no date"),
        ("{owner: me, date: 20261101, until: 2027-01-01}", "no date"),
        ("{owner: me, date: 2026-11-01, until: 2026-02-30}", "no date"),
        ("{owner: me, date: 2026-11-01, until: 2025-11-01}", "never hold"),
        ("{owner: me, date: 2026-11-01, until: 2027-11-01, untill: x}", "no key 'untill'"),
        ("payments", "must be a mapping"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(entry: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        attested(tmp_path, f"attest:\n  spikes-tested: {entry}\n")
    assert said in caught.value.message
    assert str(caught.value.where).startswith(f"{tmp_path}/fastdiag.yaml:2:")
