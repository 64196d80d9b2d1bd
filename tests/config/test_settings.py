"""Flags win over fastdiag.yaml, that over the environment; and one can always see what came from where."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from fastdiag.config import SOURCES, Settings, load_settings
from fastdiag.config.settings import Flags, load_rule_settings
from fastdiag.errors import ConfigError
from fastdiag.model.target import Secret

ENVIRON = {
    "PROMETHEUS_URL": "http://from-environment:9090",
    "DATABASE_URL": "postgresql://from-environment/shop",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(environ: Mapping[str, str] | None = None, **flags: object) -> Settings:
    return load_settings(Flags(**flags), environ=environ or {})  # type: ignore[arg-type] - what a test writes


def shown(what: Settings) -> tuple[str | None, str | None]:
    """Return the addresses of Prometheus and PostgreSQL."""
    prometheus, postgres = what.prometheus, what.postgres
    return (prometheus.reveal() if prometheus else None, postgres.reveal() if postgres else None)


def test_nothing_given_leaves_everything_to_discovery(folder: Path) -> None:
    assert list(folder.iterdir()) == []
    assert settings() == Settings()


def test_the_environment_is_the_weakest(folder: Path) -> None:
    found = settings(ENVIRON)
    assert shown(found) == ("http://from-environment:9090", "postgresql://from-environment/shop")
    assert found.origin == {"prometheus": "PROMETHEUS_URL", "postgres": "DATABASE_URL"}
    (folder / "fastdiag.yaml").write_text(
        "prometheus: http://from-file\npostgres: postgresql://from-file/shop\nwindow: 15m\n"
    )
    assert shown(settings(ENVIRON)) == ("http://from-file", "postgresql://from-file/shop")


def test_a_flag_is_the_strongest(folder: Path) -> None:
    (folder / "fastdiag.yaml").write_text("prometheus: http://from-file\nservice: from-file\nwindow: 15m\n")
    found = settings(ENVIRON, prometheus="http://from-flag", window="1m")
    assert shown(found) == ("http://from-flag", "postgresql://from-environment/shop")
    assert (found.service, found.window_s) == ("from-file", 60)
    assert found.origin == {
        "service": "fastdiag.yaml",
        "prometheus": "--prometheus",
        "postgres": "DATABASE_URL",
        "window": "--window",
    }


@pytest.mark.parametrize(
    ("environ", "dsn"),
    [
        ({"DATABASE_URL": "postgresql+asyncpg://db/shop"}, "postgresql+asyncpg://db/shop"),
        ({"DATABASE_URL": "mysql://db/shop"}, None),
        ({"DATABASE_URL": "sqlite:///shop.db", "PGHOST": "db"}, "postgresql://"),
        ({"PGSERVICE": "shop"}, "postgresql://"),
        ({"PGUSER": "shop", "PGPASSWORD": "hunter2"}, None),
        ({"DATABASE_URL": "", "PROMETHEUS_URL": ""}, None),
    ],
)
@pytest.mark.usefixtures("folder")
def test_which_variables_name_a_postgresql(environ: dict[str, str], dsn: str | None) -> None:
    assert shown(settings(environ)) == (None, dsn)


def test_a_file_of_another_name_replaces_the_one_here(folder: Path) -> None:
    (folder / "fastdiag.yaml").write_text("service: here\nwindow: 15m\n")
    (folder / "other.yaml").write_text("service: other\n")
    found = settings(config=folder / "other.yaml")
    assert (found.service, found.window_s) == ("other", 300)


@pytest.mark.usefixtures("folder")
def test_sources_are_asked_in_one_order() -> None:
    assert settings().sources == SOURCES
    assert settings(only=("probe", "postgres")).sources == ("postgres", "probe")
    left = settings(skip=("probe", "workers")).sources
    assert left == tuple(name for name in SOURCES if name not in {"probe", "workers"})


@pytest.mark.usefixtures("folder")
def test_a_symptom_reported_twice_is_one() -> None:
    assert settings(observed=("a", "b", "a")).observed == ("a", "b")


@pytest.mark.parametrize(
    ("text", "seconds"), [("10", 10), ("10s", 10), ("1500ms", 1.5), ("5m", 300), ("0.1h", 360)]
)
@pytest.mark.usefixtures("folder")
def test_durations(text: str, seconds: float) -> None:
    assert settings(deadline=text).deadline_s == seconds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "window: 15 parsecs",
            (
                "fastdiag.yaml:1:9: window must be a duration, and is '15 parsecs'\n"
                "  hint: write a duration such as 10s, 5m or 1h"
            ),
        ),
        (
            "app_url: shop:8000",
            (
                "fastdiag.yaml:1:10: app_url must be an http:// or https:// URL: it does not start"
                " with one of them\n"
                "  hint: did you mean 'http://shop:8000'?"
            ),
        ),
        (
            "deadline: 0s",
            (
                "fastdiag.yaml:1:11: deadline must be 1 s to 10 min, and is '0s'\n"
                "  hint: write a duration such as 10s, 5m or 1h"
            ),
        ),
    ],
)
def test_a_value_of_the_file_is_told_with_its_place(text: str, said: str, folder: Path) -> None:
    (folder / "fastdiag.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        settings()
    assert str(caught.value) == said


@pytest.mark.usefixtures("folder")
def test_a_variable_that_is_wrong_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        settings({"PROMETHEUS_URL": "prom:9090"})
    assert str(caught.value) == (
        "PROMETHEUS_URL must be an http:// or https:// URL: it does not start with one of them\n"
        "  hint: did you mean 'http://prom:9090'?"
    )


BROKERS = {
    "CELERY_BROKER_URL": "redis://:hunter2@broker/0;redis://standby/0",
    "AMQP_URL": "amqp://rabbit",
    "BROKER_URL": "sqs://",
    "CACHE_URL": "memory://",
    "REDIS_URL": "redis://cache/1",
}


def revealed(secrets: tuple[Secret, ...]) -> list[str]:
    return [secret.reveal() for secret in secrets]


def test_brokers_and_caches_of_the_environment_are_the_weakest(folder: Path) -> None:
    found = settings(BROKERS)
    assert revealed(found.queues) == ["redis://:hunter2@broker/0", "redis://standby/0", "amqp://rabbit"]
    assert revealed(found.caches) == ["redis://cache/1"]
    assert found.origin == {"queue": "CELERY_BROKER_URL, AMQP_URL", "cache": "REDIS_URL"}
    (folder / "fastdiag.yaml").write_text("queue: http://flower:5555\n")
    assert revealed(settings(BROKERS).queues) == ["http://flower:5555"]
    several = settings(
        BROKERS, queue=("redis://a", "redis://b", "redis://a"), cache=("unix:///run/redis.sock",)
    )
    assert revealed(several.queues) == ["redis://a", "redis://b"]
    assert revealed(several.caches) == ["unix:///run/redis.sock"]
    assert several.origin == {"queue": "--queue", "cache": "--cache"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"queue": ("broker:6379",)}, "did you mean 'redis://broker:6379'?"),
        ({"queue": ("kafka://hunter2@broker",)}, "--queue must be a redis://, amqp:// or http:// URL"),
        ({"cache": ("http://cache",)}, "--cache must be a redis:// URL: it does not start with one of them"),
        ({"cache": ("redis://:70000",)}, "its port is no port"),
        ({"queue": (" ",)}, "--queue is empty"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_no_broker_is_refused_in_words(flags: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(**flags)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.usefixtures("folder")
def test_the_past_is_asked_of_prometheus_or_not_at_all() -> None:
    assert settings(at="1h ago", only=("prometheus",)).at is not None
    with pytest.raises(ConfigError, match="only Prometheus, Loki and the journal keep the past"):
        settings(at="1h ago", skip=("prometheus",))


def test_the_rules_of_a_file_need_none_of_its_secrets(folder: Path) -> None:
    (folder / "fastdiag.yaml").write_text("postgres: ${NOWHERE}\nparameters: {slow: '${SLOW}'}\n")
    assert load_rule_settings(Flags(), {"SLOW": "300ms"}).parameters["slow"].text == "300ms"
    with pytest.raises(ConfigError, match="NOWHERE is not set"):
        settings()


def test_a_source_that_is_not_asked_needs_no_secret(folder: Path) -> None:
    text = "service: shop\nqueue: [redis://a, 'redis://:${NOWHERE}@b']\n"
    (folder / "fastdiag.yaml").write_text(text)
    assert revealed(settings(skip=("queue",)).queues) == ["redis://a"]
    with pytest.raises(ConfigError) as caught:
        settings()
    assert str(caught.value) == (
        "fastdiag.yaml:2:20: environment variable NOWHERE is not set\n"
        "  hint: export NOWHERE, or write the value itself; `--skip queue` leaves it out"
    )


def test_an_option_spares_what_the_file_refers_to(folder: Path) -> None:
    (folder / "fastdiag.yaml").write_text("postgres: ${NOWHERE}\n")
    assert shown(settings(postgres="postgresql://db/shop"))[1] == "postgresql://db/shop"


@pytest.mark.usefixtures("folder")
def test_neither_flags_nor_settings_print_a_password() -> None:
    flags = Flags(postgres="postgresql://u:hunter2@h", prometheus="http://u:hunter2@h")
    assert "hunter2" not in repr(flags)
    assert "hunter2" not in repr(load_settings(flags, environ={}))


@pytest.mark.parametrize("text", ["postgresify", "mysql://shop@db/shop", "foo"])
def test_a_database_of_another_kind_in_the_environment_says_nothing_to_us(text: str) -> None:
    assert settings({"DATABASE_URL": text}).postgres is None


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://",
        "postgres://shop@db/shop",
        "postgresql+asyncpg://shop@a:1,b:2/shop",
        "host=/run/postgresql dbname=shop",
        "service=shop",
    ],
)
def test_a_dsn_may_be_written_as_libpq_and_drivers_do(text: str) -> None:
    found = settings({}, postgres=text, pgbouncer=text)
    assert found.postgres is not None
    assert found.pgbouncer is not None
    assert (found.postgres.reveal(), found.pgbouncer.reveal()) == (text, text)
