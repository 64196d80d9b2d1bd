# ruff: noqa: E501 - an error is compared as users see it: one line
from pathlib import Path

import pytest
import yaml
from inline_snapshot import snapshot

from fastdiag.errors import RuleError
from fastdiag.located import located_yaml
from fastdiag.rulebook.lint import lint
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.rulebook.tables import CAUSE, CAUSE_FILE, PARAMETERS, SYMPTOMS, TABLE, changed, refusal, write


def test_the_builtin_table_is_right_and_leaves_no_gap() -> None:
    book = load_rulebook(builtin_rules())

    assert lint(book) == ()
    assert "http.latency.p95" in book.catalogue.signals


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    files = {
        **TABLE,
        "parameters.yaml": PARAMETERS.replace("errors: 2%", "errors: two"),
        "symptoms.yaml": SYMPTOMS.replace("$slow", "$slo").replace("means:", "meens:"),
        CAUSE_FILE: CAUSE.replace("strong", "strongest").replace("< 70%", "< 70s"),
    }

    assert refusal(tmp_path, files) == snapshot("""\
5 faults in the rules
  rules/causes/db-pool-exhaustion.yaml:8:52: 'weight' is 'strongest', which is not one of its words
    hint: did you mean 'strong'?
  rules/causes/db-pool-exhaustion.yaml:10:37: 70s does not fit db.pool.utilization, which is a ratio
    hint: write 95% or 0.95
  rules/parameters.yaml:2:9: 'errors': 'two' is not a number with a unit, such as 95%, 250ms, 4s, 512MiB or 40
  rules/symptoms.yaml:3:57: unknown parameter '$slo'
    hint: did you mean '$slow'?
  rules/symptoms.yaml:4:3: a symptom has no key 'meens'
    hint: did you mean 'means'?\
""")


def test_of_many_faults_the_first_twenty_are_told(tmp_path: Path) -> None:
    rows = "".join(f'    - {{when: "nothing.{n} > 1", weight: weak, because: it}}\n' for n in range(30))
    said = refusal(tmp_path, changed(CAUSE_FILE, "  against:\n", f"{rows}  against:\n"))

    assert said.splitlines()[0] == "30 faults in the rules"
    assert said.splitlines()[-1] == "  and 10 more"
    assert sum("unknown signal" in line for line in said.splitlines()) == 20


def test_files_that_are_not_yaml_are_told_before_what_rests_on_them(tmp_path: Path) -> None:
    files = {**TABLE, "signals/all.yaml": "http.latency.p95: {unit: s", CAUSE_FILE: "id: [\n"}

    assert refusal(tmp_path, files) == snapshot("""\
2 faults in the rules
  rules/causes/db-pool-exhaustion.yaml:2:1: this is not YAML: while parsing a flow node, did not find expected node content
  rules/signals/all.yaml:2:1: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}' (it begins in line 1)
    hint: a mapping that opens with { ends with }, its entries divided by commas\
""")


def test_a_user_folder_adds_and_replaces_by_id(tmp_path: Path) -> None:
    mine = write(
        tmp_path / "mine",
        {
            "parameters.yaml": "slow: 2s\npatience: 30s\n",
            "signals/us.yaml": "shop.carts: {unit: count, title: carts, sources: [{gauge: carts, library: us}]}",
            "symptoms.yaml": SYMPTOMS.replace("CPU is low, but", "Here").replace("$slow", "$patience"),
            "causes/db-pool-exhaustion.yaml": CAUSE.replace("The database", "Our database"),
            "causes/cart-overflow.yaml": CAUSE.replace("db-pool-exhaustion", "cart-overflow").replace(
                "db.pool.utilization >= 95%", "shop.carts > 100"
            ),
        },
    )
    book = load_rulebook(write(tmp_path / "rules"), [mine])

    assert [cause.id for cause in book.causes] == ["cart-overflow", "db-pool-exhaustion"]
    assert book.cause("db-pool-exhaustion").title == "Our database connection pool is exhausted"
    assert book.cause("cart-overflow").where == f"{mine}/causes/cart-overflow.yaml:1:1"
    assert book.symptom("low-cpu-high-latency").title == "Here latency is high"
    assert {name: str(value) for name, value in book.parameters.items()} == {
        "slow": "2s",
        "errors": "2%",
        "many": "5",
        "patience": "30s",
    }
    assert "shop.carts" in book.catalogue.signals


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {},
            snapshot("""\
mine: the rules folder cannot be read: No such file or directory
  hint: a rules folder holds parameters.yaml, symptoms.yaml, limits.yaml, alerts.yaml, signals/*.yaml, causes/*.yaml, scenarios/*.yaml, checklists/*.yaml and audit/*.yaml\
"""),
        ),
        (
            {"README.md": "hello"},
            snapshot("""\
mine: there are no rules in this folder
  hint: a rules folder holds parameters.yaml, symptoms.yaml, limits.yaml, alerts.yaml, signals/*.yaml, causes/*.yaml, scenarios/*.yaml, checklists/*.yaml and audit/*.yaml\
"""),
        ),
        (
            {"cause/x.yaml": CAUSE, "parameters.yaml": PARAMETERS},
            snapshot("""\
mine/cause: this name means nothing in a rules folder
  hint: did you mean 'causes'?\
"""),
        ),
        (
            {"symptoms.yml": SYMPTOMS, "parameters.yaml": PARAMETERS},
            snapshot("""\
mine/symptoms.yml: this name means nothing in a rules folder
  hint: did you mean 'symptoms.yaml'?\
"""),
        ),
        (
            {"causes/db-pool-exhaustion.yml": CAUSE},
            snapshot("""\
mine/causes/db-pool-exhaustion.yml: rule files end in .yaml
  hint: rename the file\
"""),
        ),
    ],
    ids=["no folder", "no rules", "misspelt folder", "misspelt file", "another ending"],
)
def test_a_user_folder_is_not_passed_over_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    builtin = write(tmp_path / "rules")
    write(tmp_path / "mine", files)

    with pytest.raises(RuleError) as caught:
        load_rulebook(builtin, [Path("mine")])
    assert str(caught.value) == said


def test_a_large_table_loads_whole(tmp_path: Path) -> None:
    ids = [f"cause-{number:02}" for number in range(60)]
    rows = "".join(
        f'    - {{when: "db.pool.in_use >= {n}", weight: weak, because: "{n} in use"}}\n' for n in range(20)
    )
    causes = {
        f"causes/{name}.yaml": CAUSE.replace("id: db-pool-exhaustion", f"id: {name}").replace(
            "  against:\n", f"{rows}  against:\n"
        )
        for name in ids
    }
    symptoms = SYMPTOMS.replace("[db-pool-exhaustion]", f"[{', '.join(ids)}]")
    files = {name: text for name, text in TABLE.items() if name != CAUSE_FILE}
    book = load_rulebook(write(tmp_path, {**files, "symptoms.yaml": symptoms, **causes}))

    assert [cause.id for cause in book.causes] == ids
    assert {len(cause.supports) for cause in book.causes} == {21}


def test_the_slow_yaml_parser_reads_the_same_table(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = load_rulebook(builtin_rules())
    monkeypatch.setattr(located_yaml, "_LOADER", yaml.SafeLoader)

    assert load_rulebook(builtin_rules()) == fast
