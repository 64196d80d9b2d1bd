# ruff: noqa: E501 - an error is compared as users see it: one line
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from fastdiag.errors import ConfigError
from fastdiag.model.quantity import Quantity, Unit
from fastdiag.rulebook.load import load_rulebook
from tests.rulebook.tables import changed, refusal, write


def test_users_set_parameters_to_their_own_objectives(tmp_path: Path) -> None:
    book = load_rulebook(write(tmp_path), overrides={"slow": "250ms", "errors": "0.05", "many": "7"})

    assert book.parameters["slow"] == Quantity(0.25, Unit.SECONDS, "250ms")
    assert book.parameters["errors"] == Quantity(0.05, Unit.RATIO, "0.05")
    assert book.parameters["many"] == Quantity(7.0, None, "7")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "slwo",
            "1s",
            snapshot("""\
unknown parameter 'slwo'
  hint: did you mean 'slow'?\
"""),
        ),
        (
            "slow",
            "5%",
            snapshot("""\
5% does not fit parameter 'slow', which is in seconds
  hint: write 4s or 250ms\
"""),
        ),
        (
            "slow",
            "2",
            snapshot("""\
2 needs a unit: parameter 'slow' is in seconds
  hint: write 2s or 2ms\
"""),
        ),
        (
            "errors",
            "5",
            snapshot("""\
5 needs a unit: parameter 'errors' is a ratio
  hint: write 5%, or 500% if that is meant\
"""),
        ),
        (
            "many",
            "5s",
            snapshot("""\
5s does not fit parameter 'many', which is a bare number
  hint: its default is 5\
"""),
        ),
        (
            "slow",
            "soon",
            snapshot("""\
parameter 'slow': 'soon' is not a number with a unit, such as 95%, 250ms, 4s, 512MiB or 40
  hint: its default is 1s\
"""),
        ),
    ],
)
def test_an_override_that_does_not_fit_is_refused(tmp_path: Path, name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_rulebook(write(tmp_path), overrides={name: value})

    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "slow: 1:30",
            snapshot("""\
rules/parameters.yaml:1:7: 'slow' is 1:30 without quotes, which YAML reads as the number 90
  hint: write a decimal number and its unit, such as 90s or 95%\
"""),
        ),
        (
            "slow: 010",
            snapshot("""\
rules/parameters.yaml:1:7: 'slow' is 010 without quotes, which YAML reads as the number 8
  hint: write a decimal number and its unit, such as 90s or 95%\
"""),
        ),
        (
            "slow: no",
            snapshot("""\
rules/parameters.yaml:1:7: 'slow' is no without quotes, which YAML reads as the truth value false
  hint: write a decimal number and its unit, such as 90s or 95%\
"""),
        ),
        ("slow:", snapshot("rules/parameters.yaml:1:6: 'slow' is empty")),
        (
            "slow: quick",
            snapshot(
                "rules/parameters.yaml:1:7: 'slow': 'quick' is not a number with a unit, such as 95%, 250ms, 4s, 512MiB or 40"
            ),
        ),
        ("slow: [1s]", snapshot("rules/parameters.yaml:1:7: 'slow' must be a single value, and is a list")),
        (
            "slow: 1s\nToo Slow: 4s",
            snapshot("""\
rules/parameters.yaml:2:1: 'Too Slow' cannot be the name of a parameter
  hint: small letters, digits and _, a letter first\
"""),
        ),
    ],
)
def test_a_parameter_that_is_no_quantity_is_refused(tmp_path: Path, line: str, said: str) -> None:
    assert refusal(tmp_path, changed("parameters.yaml", "slow: 1s", line)) == said
