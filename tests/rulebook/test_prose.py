"""The table as an on-call engineer reads it: a screen a cause, commands to paste, a link for each claim."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from typing import Final

import pytest
import typer
from typer.core import TyperGroup

from fastdiag.cli.app import app
from fastdiag.model.rule import Cause, Evidence, Kind
from fastdiag.render import explain
from tests.engine.tables import builtin
from tests.rulebook.shell_words import programs, values_of
from tests.stack.postgres import Cluster

WIDTH: Final = 100
SCREEN: Final = 64
"""Lines of a tall terminal; what says more is two causes."""
LONGEST_BECAUSE: Final = 170
LONGEST_WHY: Final = 460
LONGEST_ADVICE: Final = 260
READ_ONLY: Final = frozenset(
    {
        "awk",
        "cat",
        "celery",
        "curl",
        "date",
        "dmesg",
        "fastdiag",
        "getent",
        "grep",
        "head",
        "kubectl",
        "ls",
        "nproc",
        "nstat",
        "pg_isready",
        "pip",
        "ps",
        "psql",
        "py-spy",
        "rabbitmq-diagnostics",
        "rabbitmqctl",
        "redis-cli",
        "rq",
        "sed",
        "sleep",
        "sort",
        "ss",
        "tail",
        "tr",
        "uniq",
        "vmstat",
        "wc",
        "xargs",
    }
)
ASKING: Final = {
    "celery": r"-A app inspect (active|reserved)\b",
    "kubectl": r"(get|describe|top) ",
    "py-spy": r"(dump|top) ",
    "rabbitmq-diagnostics": r"check_",
    "rabbitmqctl": r"list_",
    "redis-cli": r"(-h \S+ )?(--latency-history|(config get|info|llen|ping|slowlog get)\b)",
    "rq": r"info ",
}
"""Of programs that can do more than look: what of them is used here."""
CHANGING: Final = {
    "curl": r" (-X|-d|-F|-T|--data\S*|--request|--upload-file)\b",
    "sed": r" -\w*i",
    "pip": r" (un)?install",
}
"""Options with which a program that looks would change something."""
ASKING_SQL: Final = ("select ", "show ", "with ")
PLACEHOLDER: Final = re.compile(r"<[a-z]|\bYOUR\b|\.\.\.|\bxxx\b")
TABLE: Final = builtin()
ids: Final = [cause.id for cause in TABLE.causes]


def commands() -> Iterator[tuple[str, str]]:
    """Yield whose it is, and every command that the table gives to a person."""
    for cause in TABLE.causes:
        for check in cause.check:
            yield cause.id, check.run
    for signal in TABLE.catalogue.signals.values():
        if signal.obtain:
            yield signal.id, signal.obtain.run


def evidence(cause: Cause) -> Iterator[Evidence]:
    yield from cause.supports
    yield from cause.contradicts


@pytest.mark.parametrize("cause", TABLE.causes, ids=ids)
def test_a_cause_fits_one_screen(cause: Cause) -> None:
    lines = explain.render(cause.id, TABLE, width=WIDTH).splitlines()
    assert len(lines) <= SCREEN, "say less, or make two causes of it"
    assert len(cause.why) <= LONGEST_WHY
    assert cause.fix
    for advice in (cause.fix.now, cause.fix.then, cause.fix.avoid):
        assert advice.endswith("."), advice
        assert len(advice) <= LONGEST_ADVICE, advice
    for check in cause.check:
        assert check.look_for.strip(), check.run


@pytest.mark.parametrize("cause", TABLE.causes, ids=ids)
def test_a_plain_sentence_stands_beside_each_condition(cause: Cause) -> None:
    for row in evidence(cause):
        because = row.because
        assert 10 <= len(because) <= LONGEST_BECAUSE, because
        assert not because.endswith("."), f"it stands within a sentence: {because}"
        quoted = [name for name in TABLE.catalogue.signals if "." in name and name in because]
        assert not quoted, f"it repeats the name of a signal instead of saying what it means: {because}"
    sides = (cause.supports, cause.contradicts)
    for side in sides:
        said = [row.because for row in side]
        assert len(said) == len(set(said)), "two rows of one side say the same"


@pytest.mark.parametrize("cause", TABLE.causes, ids=ids)
def test_a_cause_links_what_it_claims(cause: Cause) -> None:
    assert len(cause.references) >= 2, "one page for the mechanism, one for the remedy"
    assert len(cause.references) == len(set(cause.references))
    for reference in cause.references:
        assert reference.startswith("https://"), reference
        assert " " not in reference


def test_a_shell_can_read_every_command() -> None:
    for owner, run in commands():
        read = subprocess.run(["bash", "-n", "-c", run], capture_output=True, text=True, check=False)
        assert read.returncode == 0, f"{owner}: {read.stderr}"
        assert not PLACEHOLDER.search(run), f"{owner}: placeholders are words in capitals: {run}"


def test_every_command_only_looks() -> None:
    for owner, run in commands():
        for words in programs(run):
            said = " ".join(words)
            name, _, rest = said.partition(" ")
            assert name in READ_ONLY, f"{owner}: {said}"
            asking = ASKING.get(name)
            assert asking is None or re.match(asking, rest, re.IGNORECASE), f"{owner}: {said}"
            changing = CHANGING.get(name)
            assert changing is None or not re.search(changing, f" {rest}"), f"{owner}: {said}"


def test_every_fastdiag_command_has_the_options_that_are_given() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    found = [(owner, words) for owner, run in commands() for words in programs(run) if words[0] == "fastdiag"]
    assert found
    for owner, (_, name, *arguments) in found:
        command = root.get_command(typer.Context(root), name)
        assert command is not None, f"{owner}: fastdiag {name}"
        known = {option for parameter in command.params for option in parameter.opts}
        given = {word for word in arguments if word.startswith("-")}
        assert given <= known, f"{owner}: {given - known}"


def statements() -> list[tuple[str, str]]:
    return [
        (owner, statement)
        for owner, run in commands()
        for words in programs(run)
        if words[0] == "psql" and not is_for_pgbouncer(words)
        for statement in values_of("-c", words)
    ]


def is_for_pgbouncer(words: Sequence[str]) -> bool:
    """Say whether it goes to PgBouncer's console, which has a language of its own."""
    return "pgbouncer" in words


def test_postgresql_understands_every_statement(postgres_server: Cluster) -> None:
    database = postgres_server.create_database("SELECT")
    with postgres_server.connect(database=database) as session:
        session.execute("CREATE EXTENSION pg_stat_statements")
        session.execute("SET default_transaction_read_only = on")
        found = statements()
        assert len(found) >= 10
        for number, (owner, statement) in enumerate(found):
            assert statement.startswith(ASKING_SQL), owner
            # Prepared and not run: that needs pg_stat_statements to be loaded when the server starts.
            prefix = "" if statement.startswith("show ") else f"PREPARE checked_{number} AS "
            session.execute(f"{prefix}{statement}".encode())
    postgres_server.drop_database(database)


def test_failures_say_what_to_do_at_three_in_the_morning() -> None:
    for cause in TABLE.causes:
        if cause.kind is Kind.FAILURE:
            assert cause.check, f"{cause.id} gives nothing to run"
        assert cause.contradicts, f"nothing can speak against {cause.id}"


def test_symptoms_limits_and_alerts_say_what_they_mean_in_a_sentence() -> None:
    said = [(symptom.id, symptom.means) for symptom in TABLE.symptoms]
    said += [(alert.id, alert.means) for alert in TABLE.alerts]
    said += [(limit.id, text) for limit in TABLE.limits for text in (limit.means, limit.raise_it)]
    for owner, sentence in said:
        assert sentence.endswith("."), owner
        assert len(sentence) <= LONGEST_BECAUSE, owner
