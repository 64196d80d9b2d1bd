# ruff: noqa: E501 - an error is compared as users see it: one line
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from fastdiag.rulebook.lint import Level, lint
from fastdiag.rulebook.load import load_rulebook
from tests.rulebook.tables import CAUSE, CAUSE_FILE, SIGNALS, SYMPTOMS, TABLE, changed, refusal, write

AGAINST = CAUSE[CAUSE.index("  against:") : CAUSE.index("check:")]
FOR = CAUSE[CAUSE.index("  for:") : CAUSE.index("  against:")]
LAST_EXAMPLE = CAUSE[CAUSE.index("  - name: the pool is not seen") : CAUSE.index("layer:")]


def warnings(folder: Path, files: dict[str, str]) -> str:
    findings = lint(load_rulebook(write(folder / "rules", files)))
    assert {finding.level for finding in findings} <= {Level.WARNING}
    return "\n".join(
        f"{finding.where}: {finding.message}" + (f"\n  hint: {finding.hint}" if finding.hint else "")
        for finding in findings
    )


def test_a_table_that_is_right_has_no_findings(tmp_path: Path) -> None:
    assert lint(load_rulebook(write(tmp_path))) == ()


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            CAUSE_FILE,
            "databases scale linearly",
            "databases scale",
            snapshot(
                """\
rules/causes/db-pool-exhaustion.yaml:1:1: db-pool-exhaustion breaks an unknown assumption, 'databases scale'
  hint: did you mean 'databases scale linearly'?\
"""
            ),
        ),
        (
            CAUSE_FILE,
            AGAINST,
            "",
            snapshot(
                """\
rules/causes/db-pool-exhaustion.yaml:1:1: db-pool-exhaustion has no evidence against it: nothing can rule it out
  hint: say what one would see if it were something else\
"""
            ),
        ),
        (
            CAUSE_FILE,
            "check:\n  - {run: fastdiag snapshot, look_for: a full pool}\n",
            "",
            snapshot(
                """\
rules/causes/db-pool-exhaustion.yaml:1:1: db-pool-exhaustion has no check
  hint: say what a person runs to be sure\
"""
            ),
        ),
        (
            CAUSE_FILE,
            CAUSE[CAUSE.index("fix:") : CAUSE.index("examples:")],
            "",
            snapshot(
                """\
rules/causes/db-pool-exhaustion.yaml:1:1: db-pool-exhaustion has no fix
  hint: say what to do now, then, and what to avoid\
"""
            ),
        ),
        (
            CAUSE_FILE,
            LAST_EXAMPLE,
            "",
            snapshot(
                """\
rules/causes/db-pool-exhaustion.yaml:1:1: db-pool-exhaustion has 2 of at least 3 examples
  hint: show it, its closest rival, and a situation with little to see\
"""
            ),
        ),
        (
            CAUSE_FILE,
            "  against:\n",
            '    - {when: "db.pool.utilization >= 0.95", weight: weak, because: again}\n  against:\n',
            snapshot(
                "rules/causes/db-pool-exhaustion.yaml:9:7: this evidence is already given at rules/causes/db-pool-exhaustion.yaml:8:7: it counts once"
            ),
        ),
        (
            "signals/all.yaml",
            "service.cpu:",
            "db.pool.idle: {unit: count, title: free connections}\nservice.cpu:",
            snapshot("rules/signals/all.yaml:5:1: signal db.pool.idle has neither a source nor a formula"),
        ),
    ],
)
def test_a_gap_is_a_warning(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    assert warnings(tmp_path, changed(file, old, new)) == said


def test_a_suspect_that_explains_nothing_of_the_kind_is_a_warning(tmp_path: Path) -> None:
    files = {
        **TABLE,
        "symptoms.yaml": SYMPTOMS.replace("[db-", "[other, db-")
        + SYMPTOMS.replace("id: low-cpu-high-latency", "id: another").replace(
            "[db-pool-exhaustion]", "[other]"
        ),
        "causes/other.yaml": CAUSE.replace("db-pool-exhaustion", "other")
        .replace("low-cpu-high-latency", "another")
        .replace(">= 95%", ">= 90%"),
    }

    assert warnings(tmp_path, files) == snapshot(
        """\
rules/symptoms.yaml:1:3: low-cpu-high-latency suspects other, which does not explain it
  hint: add it to 'explains' of other, or drop the suspect\
"""
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "layer: orm session\n",
            "",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:1:1: db-pool-exhaustion does not say in which layer it sits
  hint: one of: application, orm session, database, infrastructure\
"""),
        ),
        (
            "layer: orm session\n",
            "layer: orm session\nmechanisms: [pool arithmetics]\n",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:1:1: db-pool-exhaustion names an unknown mechanism, 'pool arithmetics'
  hint: did you mean 'pool arithmetic'?\
"""),
        ),
    ],
)
def test_a_cause_is_filed_under_a_layer_and_known_mechanisms(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert warnings(tmp_path, changed(CAUSE_FILE, old, new)) == said


def twins(**changes: tuple[str, str]) -> dict[str, str]:
    """Return the table with a second cause that differs in nothing but its name and the changes."""
    other = CAUSE.replace("db-pool-exhaustion", "other")
    for old, new in changes.values():
        assert old in other
        other = other.replace(old, new)
    return {**TABLE, "causes/other.yaml": other}


def test_two_causes_with_the_same_evidence_cannot_be_told_apart(tmp_path: Path) -> None:
    assert warnings(tmp_path, twins()) == snapshot("""\
rules/causes/db-pool-exhaustion.yaml:1:1: db-pool-exhaustion and other share evidence, and nothing tells them apart
  hint: give one of them strong evidence that the other lacks, for it or against it\
""")


def test_one_strong_row_tells_two_causes_apart(tmp_path: Path) -> None:
    row = '    - {when: "service.cpu > 90%", weight: strong, because: it computes}\n  against:'
    assert warnings(tmp_path, twins(more=("  against:", row))) == ""


def test_a_weak_row_does_not(tmp_path: Path) -> None:
    row = '    - {when: "service.cpu > 90%", weight: weak, because: it computes}\n  against:'
    assert "nothing tells them apart" in warnings(tmp_path, twins(more=("  against:", row)))


def test_causes_that_drive_each_other_in_a_circle_are_refused_once(tmp_path: Path) -> None:
    files = dict(TABLE)
    for name, driver in (("b", "c"), ("c", "d"), ("d", "b")):
        text = CAUSE.replace("db-pool-exhaustion", name).replace("title:", f"driven_by: [{driver}]\ntitle:")
        files[f"causes/{name}.yaml"] = text

    assert refusal(tmp_path, files) == snapshot("""\
rules/causes/b.yaml:1:1: 'driven_by' goes round in a circle: b <- c <- d <- b
  hint: name only the direction in which one really brings about the other\
""")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            CAUSE_FILE,
            "[low-cpu-high-latency]",
            "[]",
            snapshot("""\
2 faults in the rules
  rules/causes/db-pool-exhaustion.yaml:1:1: db-pool-exhaustion explains no symptom
    hint: name one in 'explains'
  rules/symptoms.yaml:1:3: none of the suspects of low-cpu-high-latency explains it
    hint: a suspect explains a symptom by naming it in its 'explains'\
"""),
        ),
        (
            CAUSE_FILE,
            FOR,
            "  for: []\n",
            snapshot(
                """\
rules/causes/db-pool-exhaustion.yaml:1:1: db-pool-exhaustion has no evidence for it
  hint: name in 'evidence: for' what one sees when it is at work\
"""
            ),
        ),
        (
            CAUSE_FILE,
            "db.pool.utilization < 70%",
            "db.pool.utilization >= 0.95",
            snapshot(
                "rules/causes/db-pool-exhaustion.yaml:8:7: the same finding speaks for db-pool-exhaustion here, and against it at rules/causes/db-pool-exhaustion.yaml:10:7"
            ),
        ),
        (
            CAUSE_FILE,
            "title: The",
            "driven_by: [db-pool-exhaustion]\ntitle: The",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:1:1: 'driven_by' goes round in a circle: db-pool-exhaustion <- db-pool-exhaustion
  hint: name only the direction in which one really brings about the other\
"""),
        ),
        (
            "signals/all.yaml",
            "  sources: [{gauge: db_client_connection_max, library: opentelemetry}]\n",
            "",
            snapshot("""\
2 faults in the rules
  rules/causes/db-pool-exhaustion.yaml:8:7: db.pool.utilization rests on db.pool.size, which has no source of its values
    hint: give it 'sources' at rules/signals/all.yaml:13:1
  rules/causes/db-pool-exhaustion.yaml:10:7: db.pool.utilization rests on db.pool.size, which has no source of its values
    hint: give it 'sources' at rules/signals/all.yaml:13:1\
"""),
        ),
        (
            "signals/all.yaml",
            "  sources: [{gauge: db_client_connection_max, library: opentelemetry}]\n",
            "  formula: db.pool.in_use * db.pool.size\n",
            snapshot("""\
2 faults in the rules
  rules/causes/db-pool-exhaustion.yaml:8:7: db.pool.utilization rests on db.pool.size, which has no source of its values
    hint: give it 'sources' at rules/signals/all.yaml:13:1
  rules/causes/db-pool-exhaustion.yaml:10:7: db.pool.utilization rests on db.pool.size, which has no source of its values
    hint: give it 'sources' at rules/signals/all.yaml:13:1\
"""),
        ),
    ],
)
def test_a_contradiction_is_refused(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    assert refusal(tmp_path, changed(file, old, new)) == said


def test_the_number_of_examples_asked_for_can_be_set(tmp_path: Path) -> None:
    book = load_rulebook(write(tmp_path))

    assert [finding.message for finding in lint(book, min_examples=4)] == [
        "db-pool-exhaustion has 3 of at least 4 examples"
    ]
    assert SIGNALS.count("title:") == len(book.catalogue.signals)
