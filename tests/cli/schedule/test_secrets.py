"""Secrets are named, and stand in nothing that is printed."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.cli.command import written
from tests.cli.conftest import Here
from tests.cli.schedule.kinds import IMAGE, KINDS, PASSWORD, container

DSN = f"postgresql://shop:{PASSWORD}@db/shop"


REDIS = f"redis://:{PASSWORD}@cache:6379/0"


HOOK = "https://hooks.slack.com/services/T00/B00/kr0k0dil42XYZ"


REFERRING = """\
prometheus: {url: "http://prom", token: "${PROM}"}
pgbouncer: postgresql://x:${POOLER}@db/pgbouncer
postgres: ${NOT_SET_HERE}
notify: {slack: "${HOOK}"}
"""


SECRETS: dict[str, tuple[dict[str, str], str, tuple[str, ...], set[str]]] = {
    "options": (
        {},
        "",
        (
            *("--prometheus", f"http://shop:{PASSWORD}@prom", "--postgres", DSN, "--pgbouncer", DSN),
            *("--queue", REDIS, "--queue", "redis://broker", "--cache", REDIS, "--history", DSN),
            *("--notify", HOOK, "--notify", f"https://hooks.example.com/{PASSWORD}"),
        ),
        {
            *("PROMETHEUS_URL", "DATABASE_URL", "PGBOUNCER_URL", "CELERY_BROKER_URL", "CACHE_URL"),
            *("FASTDIAG_HISTORY", "SLACK_WEBHOOK_URL", "FASTDIAG_WEBHOOK_URL"),
        },
    ),
    "environment": (
        {
            "PROMETHEUS_URL": "http://prom:9090",
            "PROMETHEUS_TOKEN": PASSWORD,
            "PROMETHEUS_HEADERS": f"X-Key={PASSWORD}",
            "DATABASE_URL": DSN,
            "PGPASSWORD": PASSWORD,
            "REDIS_URL": REDIS,
            "FASTDIAG_HISTORY": DSN,
            "SLACK_WEBHOOK_URL": HOOK,
        },
        "",
        ("--notify", "slack"),
        {
            *("PROMETHEUS_TOKEN", "PROMETHEUS_HEADERS", "DATABASE_URL", "PGPASSWORD", "REDIS_URL"),
            *("FASTDIAG_HISTORY", "SLACK_WEBHOOK_URL"),
        },
    ),
    "file": (
        {"PROM": PASSWORD, "POOLER": PASSWORD},
        REFERRING,
        (),
        {"PROM", "POOLER", "NOT_SET_HERE", "HOOK"},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("origin", SECRETS)
def test_secrets_are_named_and_never_printed(
    origin: str, kind: str, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ, file, typed, names = SECRETS[origin]
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    if file:
        written(here.folder, file, "fastdiag.yaml")
    ran = here.run("schedule", kind, *KINDS[kind], *typed)
    assert ran.code == 0, ran.err
    assert PASSWORD not in ran.out + ran.err
    assert "kr0k0dil" not in ran.out + ran.err
    if kind == "kubernetes":
        named = {one["name"] for one in container(ran.out)["env"] if "valueFrom" in one}
    else:
        [line] = re.findall(r"^# ((?:[A-Z_]+(?:, )?)+)$", ran.out, re.MULTILINE)
        named = set(line.split(", "))
    assert named == names


def test_a_variable_without_a_secret_is_printed(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://fastdiag@db/shop")
    monkeypatch.setenv("PGSSLROOTCERT", "ca.pem")
    monkeypatch.setenv("REDIS_URL", "redis://broker")
    ran = here.run("schedule", "systemd", "--queue", "redis://other", "--cache", "redis://cache")
    assert '\nEnvironment="DATABASE_URL=postgresql://fastdiag@db/shop"\n' in ran.out
    assert f'\nEnvironment="PGSSLROOTCERT={here.folder}/ca.pem"\n' in ran.out
    assert "REDIS_URL" not in ran.out, "the options say something else"
    assert "EnvironmentFile" not in ran.out


def test_a_secret_of_an_option_is_refused_where_the_file_would_win(here: Here) -> None:
    written(here.folder, "postgres: postgresql://db/shop\n", "fastdiag.yaml")
    ran = here.run("schedule", "cron", "--postgres", DSN)
    assert ran.code == 2
    assert "--postgres holds a secret" in ran.err
    assert "as ${NAME}" in ran.err


def test_a_file_with_a_secret_goes_into_no_config_map(here: Here) -> None:
    written(here.folder, f"postgres: {DSN}\n", "fastdiag.yaml")
    ran = here.run("schedule", "kubernetes", *IMAGE)
    assert (ran.code, ran.out) == (2, "")
    assert "fastdiag.yaml holds a secret, and a ConfigMap is no place for it" in ran.err
    assert here.run("schedule", "cron").code == 0, "it stays where it is"


def test_the_template_of_init_can_be_scheduled(here: Here) -> None:
    assert here.run("init", "--service", "shop", "--postgres", DSN, "--prometheus", "http://prom").code == 0
    ran = here.run("schedule", "kubernetes", *IMAGE)
    assert ran.code == 0, ran.err
    assert PASSWORD not in ran.out
    config, _ = yaml.safe_load_all(ran.out)
    assert config["data"]["fastdiag.yaml"] == (here.folder / "fastdiag.yaml").read_text()
    assert "PGPASSWORD" in {one["name"] for one in container(ran.out)["env"]}
