"""scenarios/*.yaml: what stands in them, and what is wrong with it, told at its place."""

from pathlib import Path
from typing import Final

import pytest

from fastdiag.errors import RuleError
from fastdiag.model.diagnosis import Status
from fastdiag.model.scenario import Scenario
from fastdiag.rulebook.examine import examine
from fastdiag.rulebook.load import load_rulebook
from fastdiag.rulebook.tested import load_tested
from tests.rulebook.tables import TABLE, write

FILE: Final = "scenarios/friday.yaml"
FRIDAY: Final = """\
- name: black friday
  given: {service.cpu: 20%, http.latency.p95: 4s, db.pool.utilization: missing}
  observed: [low-cpu-high-latency]
  expect:
    status: warning
    ranking: [{cause: db-pool-exhaustion, at_least: possible}]
"""


def scenarios(folder: Path, text: str) -> tuple[Scenario, ...]:
    """Read the scenarios of a user's folder beside a table."""
    builtin = write(folder / "builtin", TABLE)
    return load_tested(builtin, [write(folder / "ours", {FILE: text})]).scenarios


def test_a_scenario_is_read_as_it_stands(tmp_path: Path) -> None:
    (friday,) = scenarios(tmp_path, FRIDAY)
    assert (friday.name, friday.status, friday.ranking) == (
        "black friday",
        Status.WARNING,
        ("db-pool-exhaustion",),
    )
    assert friday.expect["db-pool-exhaustion"].at_least == "possible"
    assert friday.observed == ("low-cpu-high-latency",)
    assert friday.given["db.pool.utilization"].value is None
    assert friday.where.endswith(f"{FILE}:1:3")


def test_a_snapshot_lies_beside_the_file_that_names_it(tmp_path: Path) -> None:
    write(tmp_path / "ours", {"scenarios/friday.json": "{}"})
    text = "- {name: friday, snapshot: friday.json, expect: {causes: {db-pool-exhaustion: ruled out}}}"
    (friday,) = scenarios(tmp_path, text)
    assert friday.snapshot == tmp_path / "ours" / "scenarios" / "friday.json"
    assert friday.expect["db-pool-exhaustion"].at_most == "ruled out"
    assert (friday.ranking, friday.status) == ((), None)


def test_that_no_symptom_holds_is_an_expectation_too(tmp_path: Path) -> None:
    calm = "- {name: calm, given: {service.cpu: 1%}, expect: {symptoms: []}}"
    high = "- {name: high, given: {service.cpu: 1%}, expect: {symptoms: [low-cpu-high-latency]}}"
    found = scenarios(tmp_path, f"{calm}\n{high}\n")
    assert [one.symptoms for one in found] == [(), ("low-cpu-high-latency",)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("service.cpu", "service.cpuu", "unknown signal 'service.cpuu'"),
        ("20%", "20s", "20s does not fit service.cpu"),
        ("status: warning", "status: warn", "'status' is 'warn'"),
        ("cause: db-pool", "cause: db-poll", "unknown cause 'db-poll-exhaustion'"),
        ("at_least: possible", "at_least: posible", "'at_least' is 'posible'"),
        ("ranking: [", "symptoms: [slowly]\n    ranking: [", "'symptoms' names an unknown symptom, 'slowly'"),
        ("ranking: [", "ranked: [", "'expect' of a scenario has no key 'ranked'"),
        ("[low-cpu-high-latency]", "[slow]", "'observed' names an unknown symptom, 'slow'"),
        ("  observed", "  snapshot: gone.json\n  observed", "there is no snapshot 'gone.json'"),
        ("  observed", "  snapshot: gone.json\n  observed", "'given' or 'snapshot', and not both"),
        ("possible}]", "possible}, db-pool-exhaustion]", "'ranking' names 'db-pool-exhaustion' twice"),
        (
            "possible}]",
            "possible}]\n    causes: {db-pool-exhaustion: likely}",
            "stands in 'ranking' as well",
        ),
        (
            "possible}]\n",
            "possible}]\n- {name: black friday, given: {service.cpu: 1%}, expect: {status: ok}}\n",
            "another scenario is already called 'black friday'",
        ),
        (FRIDAY[FRIDAY.index("    status") :], "    {}\n", "'expect' expects nothing"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert FRIDAY.count(old) == 1
    text = FRIDAY.replace(old, new)
    with pytest.raises(RuleError) as caught:
        scenarios(tmp_path, text)
    assert said in str(caught.value)
    assert f"{FILE}:" in str(caught.value)


def test_lint_tells_it_too_and_a_snapshot_is_not_kept_from_working(tmp_path: Path) -> None:
    """Scenarios are for tests of the table: nobody's diagnosis waits for them to be mended."""
    folder = write(tmp_path, {**TABLE, FILE: FRIDAY.replace("warning", "loud")})
    (finding,) = examine(folder).findings
    assert finding.where == f"rules/{FILE}:5:13"
    assert load_rulebook(folder).causes


def test_a_folder_may_hold_scenarios_alone(tmp_path: Path) -> None:
    assert len(scenarios(tmp_path, FRIDAY)) == 1
    assert [path.name for path in (tmp_path / "ours").iterdir()] == ["scenarios"]
