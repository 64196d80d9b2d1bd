"""`replaces:`: a definition of another name takes the place of one that people and files still name."""

import io
import json
from pathlib import Path

import pytest

from fastdiag import pipeline
from fastdiag.errors import RuleError
from fastdiag.model.rule import Rulebook
from fastdiag.render import snapshot_file
from fastdiag.render.explain import render
from fastdiag.rulebook.load import load_rulebook
from tests.rulebook.tables import CAUSE, SYMPTOMS, write

POOL_DRY = CAUSE.replace("id: db-pool-exhaustion", "id: pool-dry\nreplaces: db-pool-exhaustion").replace(
    "title: The database", "title: Our database"
)


def loaded(tmp_path: Path, *folders: dict[str, str]) -> Rulebook:
    builtin = write(tmp_path / "rules")
    extra = [write(tmp_path / f"ours-{number}", files) for number, files in enumerate(folders)]
    return load_rulebook(builtin, extra)


def test_a_cause_takes_the_place_of_one_of_another_name(tmp_path: Path) -> None:
    book = loaded(tmp_path, {"causes/pool-dry.yaml": POOL_DRY})

    assert [cause.id for cause in book.causes] == ["pool-dry"]
    assert book.symptoms[0].suspects == ("pool-dry",)  # the file says db-pool-exhaustion still
    assert book.current("db-pool-exhaustion") == "pool-dry"
    assert "Our database" in render("db-pool-exhaustion", book)


def test_of_a_chain_of_renames_every_name_stays_known(tmp_path: Path) -> None:
    newer = POOL_DRY.replace("pool-dry", "no-connection").replace(
        "replaces: db-pool-exhaustion", "replaces: pool-dry"
    )
    book = loaded(tmp_path, {"causes/pool-dry.yaml": POOL_DRY}, {"causes/no-connection.yaml": newer})

    assert [cause.id for cause in book.causes] == ["no-connection"]
    assert {book.current("db-pool-exhaustion"), book.current("pool-dry")} == {"no-connection"}


def test_a_name_that_is_defined_again_means_itself(tmp_path: Path) -> None:
    book = loaded(tmp_path, {"causes/pool-dry.yaml": POOL_DRY}, {"causes/db-pool-exhaustion.yaml": CAUSE})

    assert [cause.id for cause in book.causes] == ["db-pool-exhaustion", "pool-dry"]
    assert book.current("db-pool-exhaustion") == "db-pool-exhaustion"


def test_conditions_examples_and_saved_snapshots_may_use_the_old_name_of_a_signal(tmp_path: Path) -> None:
    source = "sources: [{gauge: pool_use, library: ours}]"
    ours = f"pool.use:\n  unit: ratio\n  title: ours\n  replaces: db.pool.utilization\n  {source}\n"
    book = loaded(tmp_path, {"signals/ours.yaml": ours})
    saved = {
        "schema": 1,
        "signals": {"db.pool.utilization": {"value": "97%"}, "http.latency.p95": {"value": 4}},
    }
    taken = snapshot_file.read(io.BytesIO(json.dumps(saved).encode()), book.catalogue, "saved.json")

    assert "db.pool.utilization" not in book.catalogue.signals
    assert str(book.causes[0].supports[0].when) == "pool.use >= 95%"
    assert taken.readings["pool.use"].value == pytest.approx(0.97)
    assert "pool.use" in book.causes[0].examples[0].given
    assert pipeline.replay(taken, book).diagnosis.causes[0].id == "db-pool-exhaustion"


def test_what_people_observed_is_kept_under_the_new_name_of_the_symptom(tmp_path: Path) -> None:
    ours = SYMPTOMS.replace("id: low-cpu-high-latency", "id: idle-but-slow\n  replaces: low-cpu-high-latency")
    book = loaded(tmp_path, {"symptoms.yaml": ours})
    saved = (
        b'{"schema": 1, "signals": {"service.cpu": {"value": "20%"}}, "observed": ["low-cpu-high-latency"]}'
    )
    outcome = pipeline.replay(snapshot_file.read(io.BytesIO(saved), book.catalogue, "saved.json"), book)

    assert book.causes[0].explains == ("idle-but-slow",)
    assert outcome.diagnosis.snapshot.observed == ("idle-but-slow",)
    assert outcome.notes == ()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"causes/pool-dry.yaml": POOL_DRY.replace("replaces: db-pool-exhaustion", "replaces: pool-dry")},
            "causes/pool-dry.yaml:2:11: pool-dry cannot replace itself",
        ),
        (
            {"causes/pool-dry.yaml": POOL_DRY, "causes/db-pool-exhaustion.yaml": CAUSE},
            "causes/pool-dry.yaml:2:11: pool-dry replaces db-pool-exhaustion, which stands beside it",
        ),
        (
            {"causes/pool-dry.yaml": POOL_DRY, "causes/a-pool.yaml": POOL_DRY.replace("pool-dry", "a-pool")},
            "causes/pool-dry.yaml:2:11: cause db-pool-exhaustion is already replaced by a-pool",
        ),
        (
            {"causes/pool-dry.yaml": POOL_DRY.replace("replaces: db-pool-exhaustion", "replaces: [db-pool]")},
            "causes/pool-dry.yaml:2:11: 'replaces' must be a single value, and is a list",
        ),
    ],
    ids=["itself", "its neighbour", "two of one", "a list"],
)  # fmt: skip - a table
def test_what_cannot_be_meant_is_told_with_its_place(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    with pytest.raises(RuleError) as caught:
        loaded(tmp_path, files)
    assert said in str(caught.value)
