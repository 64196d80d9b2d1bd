"""Users add signatures of their own in YAML; what would be unsafe or senseless is refused with its place."""

from pathlib import Path

import pytest

from fastdiag.errors import RuleError
from fastdiag.model.signal import LogSource
from fastdiag.rulebook.folders import builtin_rules
from fastdiag.rulebook.load import load_rulebook

OWN = """\
logs.ledger_locked:
  unit: count
  title: log records of a ledger that was locked
  sources:
    - {log: 'ledger (?P<name>[a-z]{1,20}) is locked', heard: 'ledger service ready', library: ours}
shop.slow.ratio:
  unit: ratio
  title: share of slow answers
  sources:
    - log: 'shop answered (?P<path>/[^ ]{1,99}+) slowly'
      per: 'shop answered (?P<path>/[^ ]{1,99}+)'
      ignore: health-checks
      bias: only what the shop logs
      library: ours
"""


def own_rules(folder: Path, text: str) -> Path:
    (folder / "signals").mkdir()
    (folder / "signals" / "own.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_signature_of_ones_own_needs_no_python(tmp_path: Path) -> None:
    signals = load_rulebook(builtin_rules(), [own_rules(tmp_path, OWN)]).catalogue.signals
    (locked,) = signals["logs.ledger_locked"].sources
    (slow,) = signals["shop.slow.ratio"].sources
    assert isinstance(locked, LogSource)
    assert isinstance(slow, LogSource)
    assert signals["logs.ledger_locked"].collectors == ("logs",)
    assert locked.pattern.literals == (" is locked",)
    assert locked.heard is not None
    assert slow.per is not None
    assert slow.ignore is not None
    assert slow.bias == "only what the shop logs"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("(?P<name>[a-z]{1,20})", "(?P<name>.*) and .*", "keep this expression busy"),
        ("ledger (?P<name>[a-z]{1,20}) is locked", r"\d{1,9}", "no fixed text"),
        (", heard: 'ledger service ready'", ", heard: '('", "not a regular expression"),
        ("ignore: health-checks", "ignore: '('", "'ignore' is not a regular expression"),
        ("unit: ratio", "unit: count", "'per' does not fit what is a count"),
        ("unit: count", "unit: ratio", "'per' does not fit what is a ratio"),
        ("unit: count", "unit: s", "records of a log are counted"),
        ("per: 'shop", "quantile: 'shop", "has no key 'quantile'"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in OWN
    with pytest.raises(RuleError, match=said) as told:
        load_rulebook(builtin_rules(), [own_rules(tmp_path, OWN.replace(old, new))])
    assert "own.yaml:" in str(told.value)
