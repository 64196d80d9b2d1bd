"""`fastdiag audit`: its forms, its gates, its baseline, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Ran, fastdiag
from tests.cli.conftest import Here

SERVICE = """\
import time

import requests
from fastapi import FastAPI

app = FastAPI()


def rate(country: str) -> float:
    return requests.get(f"https://tax.example/{country}", timeout=2).json()["rate"]


@app.get("/orders/{number}")
async def order(number: int) -> float:
    return rate("de")
"""
ONLY = ("--only", "blocking-call")


@pytest.fixture
def shop(here: Here) -> Here:
    folder = here.folder / "backend" / "app"
    folder.mkdir(parents=True)
    (folder / "main.py").write_text(SERVICE, encoding="utf-8")
    return here


def places(ran: Ran) -> list[str]:
    return [f"{one['path']}:{one['line']}" for one in ran.document["findings"]]


def test_a_person_reads_the_line_the_way_to_it_and_what_to_do(shop: Here) -> None:
    ran = shop.run("audit", "backend", *ONLY)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("AUDIT  1 critical\n1 file, 16 lines, 1 route; ")
    assert "  --> backend/app/main.py:10:12\n" in ran.out
    assert (
        '  10 | return requests.get(f"https://tax.example/{country}", timeout=2).json()["rate"]\n' in ran.out
    )
    assert "    GET /orders/{number}  backend/app/main.py:14\n    └ rate  backend/app/main.py:15\n" in ran.out


def test_paths_are_those_that_can_be_opened_from_here(shop: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    assert places(shop.run("audit", *ONLY, "-f", "json")) == ["backend/app/main.py:10"]
    monkeypatch.chdir(shop.folder / "backend" / "app")
    assert places(shop.run("audit", *ONLY, "-f", "json")) == ["main.py:10"]
    assert places(shop.run("audit", "..", *ONLY, "-f", "json")) == [f"{shop.folder}/backend/app/main.py:10"]
    assert places(shop.run("audit", "main.py", *ONLY, "-f", "json")) == ["main.py:10"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--fail-on", "critical"], 1),
        (["--fail-on", "note"], 1),
        (["--fail-on", "critical", "--skip", "blocking-call"], 0),
        (["--fail-on", "warning", "--only", "blocking-call", "--exclude", "app/"], 3),
        ([], 0),
    ],
)
def test_the_exit_code_is_the_gate_of_a_build(arguments: list[str], code: int, shop: Here) -> None:
    assert shop.run("audit", "backend", *arguments).code == code


def test_a_baseline_lets_old_findings_pass_and_stops_new_ones(shop: Here) -> None:
    wrote = shop.run("audit", "backend", "--write-baseline", "known.json", "--fail-on", "note")
    assert wrote.code == 0
    assert wrote.err.startswith("note: known.json names ")
    assert shop.run("audit", "backend", "--baseline", "known.json", "--fail-on", "note").code == 0
    main = shop.folder / "backend" / "app" / "main.py"
    main.write_text(f"{SERVICE}\n@app.get('/')\nasync def root():\n    time.sleep(1)\n", encoding="utf-8")
    ran = shop.run("audit", "backend", "--baseline", "known.json", "--fail-on", "critical", "-f", "github")
    assert ran.code == 1
    assert ran.out.startswith("::error file=backend/app/main.py,line=19,")
    assert "requests.get" not in ran.out


def test_a_baseline_that_says_more_than_there_is_is_told(shop: Here) -> None:
    shop.run("audit", "backend", "--write-baseline", "known.json")
    (shop.folder / "backend" / "app" / "main.py").write_text("x = 1\n", encoding="utf-8")
    ran = shop.run("audit", "backend", "--baseline", "known.json", *ONLY)
    assert "note: known.json names findings that are no more (" in ran.err
    assert "--write-baseline known.json drops them" in ran.err


def test_a_file_that_is_no_baseline_is_not_overwritten(shop: Here) -> None:
    (shop.folder / "precious.json").write_text('{"mine": 1}', encoding="utf-8")
    ran = shop.run("audit", "backend", "--write-baseline", "precious.json")
    assert ran.code == 2
    assert "this is no baseline" in ran.err
    assert (shop.folder / "precious.json").read_text(encoding="utf-8") == '{"mine": 1}'


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.json", "{"), ("a.sarif", "{"), ("a.md", "# Audit of `backend`"), ("a.txt", "AUDIT  ")],
)
def test_the_name_of_the_output_says_its_form(name: str, begins: str, shop: Here) -> None:
    ran = shop.run("audit", "backend", "-o", name)
    assert (ran.code, ran.out) == (0, "")
    text = (shop.folder / name).read_text(encoding="utf-8")
    assert text.startswith(begins)
    assert ("2.1.0" in text[:300]) == (name == "a.sarif")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "there is no file or folder nowhere"),
        (
            ["--only", "blocking-cal"],
            "there is no check 'blocking-cal'\n  hint: did you mean 'blocking-call'?",
        ),
        (["--skip", "blocking-call", *ONLY], "--only and --skip leave no check"),
        (["--baseline", "none.json"], "none.json: the baseline cannot be read: No such file or directory"),
        (
            ["-f", "html"],
            "--format must be one of auto, terminal, json, markdown, sarif, github, and is 'html'",
        ),
        (["--fail-on", "error"], "--fail-on must be one of note, warning, critical, and is 'error'"),
        (["-o", "no/where.json"], "--output no/where.json cannot be written: there is no folder no"),
        (["--write-baseline", "-"], "--write-baseline needs the name of a file"),
    ],
)
def test_wrong_use_is_told_before_anything_is_analysed(arguments: list[str], said: str, shop: Here) -> None:
    ran = shop.run("audit", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_folder_without_python_is_no_clean_one(here: Here) -> None:
    ran = here.run("audit", "--fail-on", "critical")
    assert ran.code == 3
    assert ran.err == "note: there is no Python file that could be analysed\n"


def test_the_checks_are_listed_and_a_house_has_its_own_words(here: Here) -> None:
    own = here.folder / "house" / "audit"
    own.mkdir(parents=True)
    (own / "checks.yaml").write_text(
        "- {id: blocking-call, title: Ours, severity: note, mechanism: m, fix: Ask the backend team.}\n",
        encoding="utf-8",
    )
    assert "blocking-call  " in here.run("audit", "--list").out
    rows = here.run("audit", "--list", "-f", "json", "--rules", "house").document["checks"]
    assert next(row["fix"] for row in rows if row["id"] == "blocking-call") == "Ask the backend team."


def test_a_check_is_explained_and_one_that_shares_the_name_of_a_cause_with_it(here: Here) -> None:
    ran = here.run("explain", "unpaginated-response")
    assert ran.out.startswith("A response that grows with the table  (unpaginated-response, warning)\n")
    both = here.run("explain", "missing-timeout").out
    assert 0 < both.index("Speaks for it") < both.index("In source code: A call without a time limit")
    assert "did you mean blocking-call?" in here.run("explain", "blocking-cal").err


def test_the_code_is_neither_imported_nor_run(shop: Here) -> None:
    main = shop.folder / "backend" / "app" / "main.py"
    main.write_text(f"import pathlib\npathlib.Path('ran').touch()\n{SERVICE}", encoding="utf-8")
    assert shop.run("audit", "backend").code == 0
    assert list(shop.folder.rglob("ran")) == []
    assert list(shop.folder.rglob("__pycache__")) == []


def test_the_real_command_remembers_an_unchanged_tree(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(SERVICE, encoding="utf-8")
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    first, second = (fastdiag("audit", "-f", "json", cwd=tmp_path, environ=environ) for _ in range(2))
    assert (first.err, second.err) == ("", "")
    assert second.document["from_cache"] > first.document["from_cache"]
    assert second.document["findings"] == first.document["findings"]


def test_the_real_command_writes_the_result_to_stdout_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(SERVICE, encoding="utf-8")
    ran = fastdiag("audit", "-f", "sarif", cwd=tmp_path, environ={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["version"] == "2.1.0"


def test_the_file_of_the_team_says_what_to_leave_out_and_options_win(shop: Here) -> None:
    (shop.folder / "backend" / "scripts").mkdir()
    (shop.folder / "backend" / "scripts" / "once.py").write_text(SERVICE, encoding="utf-8")
    config = shop.folder / "fastdiag.yaml"
    config.write_text(
        "audit: {exclude: [scripts/], skip: [no-tracing], fail_on: critical, baseline: known.json}\n",
        encoding="utf-8",
    )
    first = shop.run("audit", "backend", "--write-baseline", "known.json")
    assert (first.code, "known.json names" in first.err) == (0, True), "it may be named before it is there"
    (shop.folder / "known.json").unlink()
    config.write_text(
        "audit: {exclude: [scripts/], skip: [no-tracing], fail_on: critical}\n", encoding="utf-8"
    )
    ran = shop.run("audit", "backend", "-f", "json")
    told = {one["check"] for one in ran.document["findings"]}
    assert (ran.code, places(ran)[0], "no-tracing" in told) == (1, "backend/app/main.py:6", False)
    assert not any("scripts" in place for place in places(ran))
    assert shop.run("audit", "backend", "--only", "no-tracing", "--fail-on", "note").code == 1


def test_a_check_that_the_file_skips_and_that_is_none_is_told_with_its_place(shop: Here) -> None:
    (shop.folder / "fastdiag.yaml").write_text("audit:\n  skip: [no-tracin]\n", encoding="utf-8")
    ran = shop.run("audit", "backend")
    assert ran.code == 2
    assert "fastdiag.yaml:2:10: there is no check 'no-tracin'" in ran.err
    assert "no-tracing" in ran.err
