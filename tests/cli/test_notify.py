"""`fastdiag notify test`: whether whoever is to be told can be."""

from __future__ import annotations

import re

import pytest

from fastdiag.config.notify import SMTP_VARIABLE, VARIABLES, WORDS
from tests.channels.receivers import Answer, receiver
from tests.cli.conftest import Here
from tests.cli.test_completion import pressed
from tests.stack.ports import LOOPBACK, free_port


def test_every_channel_gets_a_test_message(here: Here) -> None:
    with receiver() as chat, receiver() as hook:
        (here.folder / "fastdiag.yaml").write_text(
            f"notify:\n  slack: {chat.url()}\n  webhook: {hook.url()}\ntextfile: fastdiag.prom\n",
            encoding="utf-8",
        )
        ran = here.run("notify", "test", "--service", "shop")
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[:2] for line in ran.out.splitlines()] == [
        ["ok", "slack"],
        ["ok", "webhook"],
        ["ok", "textfile"],
    ]
    assert chat.arrived[0].document["text"] == "test message of fastdiag for shop"
    assert hook.arrived[0].document["diagnosis"] is None
    assert [path.name for path in here.folder.iterdir()] == ["fastdiag.yaml"]


def test_one_that_fails_is_told_with_what_to_do(here: Here) -> None:
    with receiver(Answer(status=404)) as chat:
        ran = here.run("notify", "test", "--notify", f"slack+{chat.url('/services/T0/B0/v3rys3cr3t')}")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert re.fullmatch(rf"FAILED  slack  +[0-9.]+ s  {LOOPBACK}:{chat.port}", lines[0])
    assert [line.strip() for line in lines[1:]] == [
        "nothing takes messages at this address (404)",
        "hint: was the webhook revoked? make a new one",
    ]
    assert "v3rys3cr3t" not in ran.out


def test_nobody_to_tell(here: Here) -> None:
    ran = here.run("notify", "test")
    assert (ran.code, ran.out) == (2, "")
    assert "nobody is to be told" in ran.err


def test_the_words_are_completed(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in pressed("fastdiag notify test --notify ").items():
        monkeypatch.setenv(name, value)
    assert here.run().out.split() == [*WORDS]


def test_the_help_fits_80_columns_and_shows_how_it_is_used(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = here.run("notify", "test", "--help").out
    assert max(map(len, page.splitlines())) <= 80
    assert "  fastdiag notify test --notify mailto:oncall@example.org" in page
    assert {SMTP_VARIABLE, *VARIABLES.values()} <= set(re.findall(r"\w+", page))
    assert here.run("notify").code == 2


def test_news_reaches_a_channel_once_and_late_where_it_was_down_and_never_changes_the_result(
    here: Here,
) -> None:
    """The service does not answer at all, run after run: that is news once."""
    dead = f"http://{LOOPBACK}:{free_port()}"
    look = ("report", "--only", "probe", "--app-url", dead, "--service", "shop", "--deadline", "1s")
    with receiver(Answer(status=403), Answer()) as hook:
        told = (*look, "--notify", hook.url(), "--textfile", "shop.prom")
        first, second, third = here.run(*told), here.run(*told), here.run(*told)
        alone = here.run(*look, "--notify", "off")
    assert {first.code, second.code, third.code, alone.code} == {0}
    assert {ran.out.splitlines()[0] for ran in (first, second, third)} == {alone.out.splitlines()[0]}
    assert "failed: access was refused (403)" in first.err
    assert [line for line in second.err.splitlines() if "webhook" in line] == [
        f"note: webhook ({LOOPBACK}:{hook.port}): sent"
    ]
    assert "webhook" not in third.err
    assert [one.document["news"][0] for one in hook.arrived] == [
        "nothing is known of the time before; the status is critical",
        "an earlier message did not get through",
    ]
    metrics = (here.folder / "shop.prom").read_text(encoding="utf-8")
    assert 'fastdiag_status{service="shop",status="critical"} 1.0' in metrics
