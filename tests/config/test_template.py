"""`init` writes what it found so that our own reader finds the same again, and no secret with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.config import Settings, load_settings
from fastdiag.config.settings import Flags
from fastdiag.config.template import template
from fastdiag.model.log_place import LogFile, LogStdin, LogUnit, LokiQuery
from fastdiag.model.target import Access, Secret, Target

FOUND = Target(
    service="shop",
    prometheus=Secret("https://prom.example/mimir"),
    prometheus_access=Access(
        headers=(
            ("Authorization", Secret("Basic b3BzOmh1bnRlcjI=")),  # ops:hunter2
            ("X-Scope-OrgID", Secret("shop")),
            ("X-Api-Key", Secret("k3y-of-ours")),
        )
    ),
    selector='job="shop", env="${prod}"',
    postgres=Secret("postgresql+asyncpg://shop:p%40ss@db:5433/shop?ssl=require"),
    pgbouncer=Secret("host=db port=6432 user=stats password='two words' dbname=pgbouncer"),
    queues=(Secret("redis://:k4rn1ckel@broker/0"), Secret("amqp://shop:r4bb1t@rabbit:5672/shop")),
    caches=(Secret("unix:///run/redis.sock?password=g3h3im"),),
    logs=(
        LogFile(path=Path("/var/log/shop/app.log"), name="/var/log/shop/app.log", is_live=True),
        LogUnit(unit="shop.service"),
        LokiQuery(query='{app="shop"} |= "${x}"'),
        LogStdin(),
    ),
    loki=Secret("https://ops:l0k1@loki.example"),
    loki_access=Access(headers=(("X-Scope-OrgID", Secret("shop")),)),
    app_url="http://127.0.0.1:8000",
    metrics_url="https://t0ken-of-ours@shop/metrics",
    origin=(("postgres", "DATABASE_URL of pid 41"), ("app_url", "listening port of pid 41")),
)
ENVIRON = {
    "PROMETHEUS_PASSWORD": "hunter2",
    "PROMETHEUS_HEADER_X_API_KEY": "k3y-of-ours",
    "PGPASSWORD": "p@ss",
    "PGBOUNCER_PASSWORD": "two words",
    "BROKER_PASSWORD": "k4rn1ckel",
    "BROKER_PASSWORD_2": "r4bb1t",
    "REDIS_PASSWORD": "g3h3im",
    "LOKI_PASSWORD": "l0k1",
    "METRICS_PASSWORD": "t0ken-of-ours",
}


def read_back(text: str, folder: Path, environ: dict[str, str] | None = None) -> Settings:
    file = folder / "fastdiag.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(Flags(config=file), environ=environ or {})


def test_what_was_found_is_read_back(tmp_path: Path) -> None:
    found = read_back(template(FOUND), tmp_path, ENVIRON)
    assert found.prometheus == FOUND.prometheus
    assert found.prometheus_access == FOUND.prometheus_access
    assert found.postgres == Secret("postgresql+asyncpg://shop:p%40ss@db:5433/shop?ssl=require")
    assert found.pgbouncer == FOUND.pgbouncer
    assert (found.queues, found.caches) == (FOUND.queues, FOUND.caches)
    assert (found.loki, found.loki_access) == (FOUND.loki, FOUND.loki_access)
    assert [log.spec for log in found.logs] == [log.spec for log in FOUND.logs if log.spec]
    assert (found.service, found.selector) == (FOUND.service, FOUND.selector)
    assert (found.app_url, found.metrics_url) == (FOUND.app_url, FOUND.metrics_url)


def test_no_secret_stands_in_it_and_its_comments_name_the_variables() -> None:
    text = template(FOUND)
    for secret in (*ENVIRON.values(), "p%40ss", "b3BzOmh1bnRlcjI="):
        assert secret not in text
    for name in ENVIRON:
        assert f"${{{name}}}" in text
        assert name in "".join(line for line in text.splitlines() if "export " in line)
    assert "# Found by: DATABASE_URL of pid 41" in text


def test_nothing_found_is_a_template_in_which_nothing_is_filled_in(tmp_path: Path) -> None:
    text = template(Target())
    assert all(line[:1] in {"", "#"} for line in text.splitlines())
    assert "# prometheus: http://prometheus:9090" in text
    assert read_back(text, tmp_path).service is None


def test_a_line_of_it_becomes_a_setting_when_its_sign_is_taken_away(tmp_path: Path) -> None:
    lines = template(Target()).splitlines()
    examples = [line.removeprefix("# ") for line in lines if line[:3].islower() or line[2:3].islower()]
    settings = [line for line in examples if line.split(":")[0].replace("_", "").isalpha() and ": " in line]
    text = "\n".join(line for line in settings if not line.startswith(("rules", "fastdiag.yaml", "headers")))
    found = read_back(text, tmp_path)
    assert (found.service, found.window_s, found.selector) == ("shop-api", 300, 'job="shop-api"')


def test_a_guess_stays_a_comment() -> None:
    guessed = Target(metrics_url="http://127.0.0.1:8000/metrics", origin=(("metrics_url", "guessed"),))
    assert "\n# metrics_url: http://127.0.0.1:8000/metrics\n" in template(guessed)


def test_an_address_whose_secret_cannot_be_told_from_the_rest_stays_out_as_a_whole(tmp_path: Path) -> None:
    odd = "postgresql://shop:pa/ss@w0rd@db/shop"
    text = template(Target(postgres=Secret(odd), secrets=(Secret(odd),)))
    assert "ss@w0rd" not in text
    assert read_back(text, tmp_path, {"PG_URL": odd, "PGPASSWORD_URL": odd}).postgres == Secret(odd)


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.strip() == text and text.isprintable()))
def test_any_text_is_quoted_so_that_yaml_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert read_back(template(replace(Target(), service=text)), folder).service == text
