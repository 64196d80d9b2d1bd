"""`fastdiag init`: a commented fastdiag.yaml of what was found, with the names of secrets in their place."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.config.credentials import AUTHORIZATION, PLAIN_HEADERS
from fastdiag.config.veil import Veil
from fastdiag.model.target import Access, Secret, Target
from fastdiag.redact import Redactor

_HEAD: Final = """\
# fastdiag.yaml: what fastdiag looks at, so that nobody has to type it at 3 a.m.
# Options win over this file, and this file over the environment. ${NAME} is taken from the environment.
# `fastdiag sources` tests it; `fastdiag snapshot` uses it.
"""
_TAIL: Final = """
# How far to look back, what to compare with, and when to answer at the latest.
# window: 5m
# before: 1h
# deadline: 10s

# Whether stacks are read (py-spy pauses a worker 20 times for 2 ms): auto (when its event loop looks
# blocked), always or never; gentle attaches to no process at all.
# stacks: auto
# gentle: true

# Objectives of your own; `fastdiag explain low-cpu-high-latency` shows those in force.
# parameters:
#   slow: 1s

# Where earlier diagnoses are kept, for what recurs: a path, a PostgreSQL DSN that hosts share, or off.
# history: {store: /var/lib/fastdiag/history.sqlite, keep: 90d, size: 250MB}

# Who is told when the status changes or a first cause is new; `fastdiag notify test` tries it out.
# notify:
#   slack: ${SLACK_WEBHOOK_URL}
#   webhook: {url: "https://ops.example/hook", token: "${HOOK_TOKEN}"}
#   mail: {server: "smtp://mail.example", from: fastdiag@example.org, to: oncall@example.org}

# Where metrics of every run go: a file for node_exporter's textfile collector, a Pushgateway.
# textfile: /var/lib/prometheus/node-exporter/fastdiag.prom
# pushgateway: http://pushgateway:9091

# The flight recorder (`fastdiag serve`, `fastdiag watch --record`): how much it keeps, how often it takes.
# record: {snapshots: 200, size: 256MiB, age: 30d, gap: 1m, repeat: 15m, per_hour: 12}
# serve: {listen: "127.0.0.1:8790", secret_file: /etc/fastdiag/serve.secret}

# Who vouches, until when, for what no machine sees of the readiness checklist (`fastdiag audit --live`).
# attest:
#   spikes-tested: {owner: payments team, date: 2026-11-01, until: 2027-05-01, note: load test at ten times}

# What `fastdiag audit` leaves out, and the severity at which it fails.
# audit: {exclude: [scripts/], skip: [no-tracing], fail_on: critical, baseline: audit-baseline.json}

# Folders with rules of your own, beside this file.
# rules: [fastdiag-rules]
"""
_GUESSED: Final = "guessed"
_PLAIN: Final = re.compile(r"[A-Za-z][\w./:@+-]*[\w/]", re.ASCII)
"""What YAML takes for the text that it is; everything else is quoted."""
_NO_TEXTS: Final = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One setting: what it means, what it may look like, the variable that is to hold its secret."""

    name: str
    meaning: str
    example: str
    variable: str = ""


_ROWS: Final = (
    _Row(
        name="service",
        meaning="The service, as Prometheus or its server knows it.",
        example="shop-api",
    ),
    _Row(
        name="prometheus",
        meaning="Prometheus API. With credentials a mapping: url, and token, token_file, or username and"
        "\n# password; headers; ca_file.",
        example="http://prometheus:9090",
        variable="PROMETHEUS_PASSWORD",
    ),
    _Row(
        name="selector",
        meaning="Series of the service, where its name does not find them.",
        example='job="shop-api"',
    ),
    _Row(
        name="postgres",
        meaning="PostgreSQL, read only. GRANT pg_monitor to the role shows everything.",
        example="postgresql://fastdiag@db:5432/shop",
        variable="PGPASSWORD",
    ),
    _Row(
        name="pgbouncer",
        meaning="PgBouncer's console, as a user of its stats_users.",
        example="postgresql://stats@db:6432/pgbouncer",
        variable="PGBOUNCER_PASSWORD",
    ),
    _Row(
        name="queue",
        meaning="Brokers of background work: redis://, amqp://, http:// of RabbitMQ's management or Flower.",
        example="redis://broker:6379/0",
        variable="BROKER_PASSWORD",
    ),
    _Row(
        name="cache",
        meaning="Redis servers that serve as cache.",
        example="redis://cache:6379/0",
        variable="REDIS_PASSWORD",
    ),
    _Row(
        name="loki",
        meaning="Grafana Loki; with credentials a mapping, as for Prometheus.",
        example="http://loki:3100",
        variable="LOKI_PASSWORD",
    ),
    _Row(
        name="log",
        meaning="Where it logs: files, journal:UNIT, 'loki:{app=\"NAME\"}' of this server. Where its output\n"
        "# goes to a file or to the journal, that is found without this.",
        example="/var/log/shop/app.log",
    ),
    _Row(
        name="app_url",
        meaning="The service itself; trivial requests are timed.",
        example="http://127.0.0.1:8000",
        variable="APP_PASSWORD",
    ),
    _Row(
        name="metrics_url",
        meaning="Its metrics page, where it is not app_url/metrics.",
        example="http://127.0.0.1:8000/metrics",
        variable="METRICS_PASSWORD",
    ),
)


def template(target: Target) -> str:
    """Return the text of a fastdiag.yaml that says what the target says; what is not known is a comment."""
    veil = Veil(target.secrets)
    return "".join((_HEAD, *(_section(row, target, veil) for row in _ROWS), _TAIL))


def _section(row: _Row, target: Target, veil: Veil) -> str:
    values, origin = _values(row.name, target), target.origin_of(row.name)
    lines = [f"# {row.meaning}"]
    if not values or origin == _GUESSED:
        lines.append(f"# {row.name}: {_scalar(values[0] if values else row.example)}")
        return "\n".join(("", *lines, ""))
    known = len(veil.names)
    setting = list(_setting(row, values, target, veil))
    lines += _comments(origin, veil.names[known:])
    return "\n".join(("", *lines, *setting, ""))


def _comments(origin: str | None, names: list[str]) -> Iterator[str]:
    if origin and not origin.startswith("--"):
        yield f"# Found by: {Redactor.of(()).label(origin)}"
    if names:
        yield f"# Its secret stays outside this file: export {' and '.join(names)}"


def _values(name: str, target: Target) -> tuple[str, ...]:
    known: dict[str, tuple[Secret | str | None, ...]] = {
        "service": (target.service,),
        "prometheus": (target.prometheus,),
        "selector": (target.selector,),
        "postgres": (target.postgres,),
        "pgbouncer": (target.pgbouncer,),
        "queue": target.queues,
        "cache": target.caches,
        "loki": (target.loki,),
        "log": tuple(place.spec for place in target.logs),
        "app_url": (target.app_url,),
        "metrics_url": (target.metrics_url,),
    }
    return tuple(one.reveal() if isinstance(one, Secret) else one for one in known[name] if one)


def _setting(row: _Row, values: tuple[str, ...], target: Target, veil: Veil) -> Iterator[str]:
    safe = [veil.over(value, row.variable) if row.variable else _literal(value) for value in values]
    access = {"prometheus": target.prometheus_access, "loki": target.loki_access}.get(row.name, Access())
    if access.headers or access.ca_file:
        yield f"{row.name}:"
        yield f"  url: {_scalar(safe[0])}"
        yield from _access(access, veil, row.name.upper())
    elif len(safe) == 1:
        yield f"{row.name}: {_scalar(safe[0])}"
    else:
        yield f"{row.name}:"
        yield from (f"  - {_scalar(value)}" for value in safe)


def _access(access: Access, veil: Veil, prefix: str) -> Iterator[str]:
    others: list[str] = []
    for name, value in access.headers:
        scheme, _, rest = value.reveal().partition(" ")
        if name == AUTHORIZATION and scheme == "Bearer":
            yield f"  token: {_scalar(veil.reference(f'{prefix}_TOKEN'))}"
        elif name == AUTHORIZATION and scheme == "Basic":
            yield f"  username: {_scalar(_literal(_user_of(rest)))}"
            yield f"  password: {_scalar(veil.reference(f'{prefix}_PASSWORD'))}"
        else:
            is_plain = name.lower() in PLAIN_HEADERS
            variable = f"{prefix}_HEADER_" + re.sub(r"\W", "_", name).upper()
            shown = _literal(value.reveal()) if is_plain else veil.reference(variable)
            others.append(f"    {_scalar(name)}: {_scalar(shown)}")
    if others:
        yield from ("  headers:", *others)
    if access.ca_file:
        yield f"  ca_file: {_scalar(_literal(str(access.ca_file.absolute())))}"


def _user_of(basic: str) -> str:
    try:
        return base64.b64decode(basic, validate=True).decode().partition(":")[0]
    except ValueError:
        return ""


def _literal(text: str) -> str:
    """Return a text in which nothing refers to the environment."""
    return text.replace("${", "$${")


def _scalar(text: str) -> str:
    """Return a text as YAML that reads as this text, whatever it holds."""
    is_plain = _PLAIN.fullmatch(text) and ": " not in text and text.lower() not in _NO_TEXTS
    return text if is_plain else f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in {'"', "\\"}:
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08X}"
