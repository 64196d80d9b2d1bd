"""One frozen record of what was asked for: flags win over fastdiag.yaml, that over the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.config.access import LOKI, PROMETHEUS, Granted, grant_access
from fastdiag.config.addresses import CACHE_WORDS, QUEUE_SCHEMES, QUEUE_WORDS, REDIS_SCHEMES
from fastdiag.config.audit_file import AuditFile
from fastdiag.config.care import check_stacks
from fastdiag.config.checks import (
    SOURCES,
    Given,
    check_address,
    check_dsn,
    check_duration,
    check_folder,
    check_pid,
    check_sources,
    check_url,
)
from fastdiag.config.file import LISTS, ConfigFile
from fastdiag.config.flags import Flags
from fastdiag.config.history import check_history, find_history
from fastdiag.config.logs import Logs, check_logs
from fastdiag.config.merge import loki_server, merge, merge_service, merge_several
from fastdiag.config.moment import check_moment
from fastdiag.config.places import CONFIG_NAME, find_config
from fastdiag.config.references import expand
from fastdiag.config.written import Written
from fastdiag.errors import ConfigError
from fastdiag.model.checklist import Attestation
from fastdiag.model.history_place import HistoryPlace
from fastdiag.model.log_place import LogPlace, LogStore
from fastdiag.model.target import (
    DEFAULT_BEFORE_S,
    DEFAULT_DEADLINE_S,
    DEFAULT_WINDOW_S,
    NO_PAST,
    Access,
    Secret,
    Stacks,
)

__all__ = [
    "CONFIG_NAME",
    "Flags",
    "Settings",
    "load_history_settings",
    "load_rule_settings",
    "load_settings",
]

MIN_DEADLINE_S: Final = 1.0
MAX_DEADLINE_S: Final = 600.0
"""Who waits longer than this for an answer has gone away."""
MIN_WINDOW_S: Final = 1.0
MAX_WINDOW_S: Final = 86400.0
"""A Prometheus server reads every sample of the window; and a day's average shows no incident."""
MAX_BEFORE_S: Final = 400 * 86400.0
"""A year ago is a fair comparison, with some days to hit the same weekday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to look at and how; None is for discovery to find. Durations are in seconds.

    ``origin`` says for a value that was given where it came from ("--postgres", "DATABASE_URL").
    ``at`` is the moment to look at, in seconds since the epoch; None is now. ``secrets`` are those that
    stand in no URL or DSN. ``config`` is the file that was used; ``notes`` are for a person to read.
    ``history`` is where earlier diagnoses are kept; None where they are not to be. ``attested`` is who
    vouches for which readiness item, ``audit`` what an audit leaves out and when it fails.
    """

    service: str | None = None
    prometheus: Secret | None = None
    prometheus_access: Access = field(default_factory=Access)
    selector: str | None = None
    postgres: Secret | None = None
    pgbouncer: Secret | None = None
    app_url: str | None = None
    metrics_url: str | None = None
    pid: int | None = None
    queues: tuple[Secret, ...] = ()
    caches: tuple[Secret, ...] = ()
    logs: tuple[LogPlace, ...] = ()
    loki: Secret | None = None
    loki_access: Access = field(default_factory=Access)
    stacks: Stacks = Stacks.WHEN_BLOCKED
    sources: tuple[str, ...] = SOURCES
    observed: tuple[str, ...] = ()
    at: float | None = None
    window_s: float = DEFAULT_WINDOW_S
    before_s: float = DEFAULT_BEFORE_S
    deadline_s: float = DEFAULT_DEADLINE_S
    rules: tuple[Path, ...] = ()
    parameters: Mapping[str, Written] = field(default_factory=dict)
    history: HistoryPlace | None = field(default_factory=HistoryPlace)
    origin: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()
    config: Path | None = None
    notes: tuple[str, ...] = ()
    attested: tuple[Attestation, ...] = ()
    audit: AuditFile = field(default_factory=AuditFile)


def load_settings(
    flags: Flags, environ: Mapping[str, str] | None = None, file: ConfigFile | None = None
) -> Settings:
    """Merge flags, fastdiag.yaml and environment; those that are not passed are the real ones.

    Raises:
        ConfigError: a value that makes no sense, a file that cannot be read; with the nearest right word.

    """
    environ = os.environ if environ is None else environ
    file, notes = (file, ()) if file else find_config(flags.config, environ)
    sources = check_sources(flags.only, flags.skip)
    given = merge(flags, environ, file, sources)
    several = {name: merge_several(name, flags, environ, file, sources) for name in LISTS}
    prometheus = check_url(given.get("prometheus"))
    granted = Granted()
    if "prometheus" in sources:
        granted = grant_access(PROMETHEUS, given.get("prometheus"), prometheus, file, environ)
    logs, loki, loki_granted = Logs(), None, Granted()
    if "logs" in sources:
        logs = check_logs(several["log"], loki_server(environ, file))
        loki = check_url(logs.loki)
        loki_granted = grant_access(LOKI, logs.loki, loki, file, environ)
    at = check_moment(given.get("at"))
    _check_past(sources, at, logs)
    history, unkept = find_history(flags.history, file, environ)
    return Settings(
        service=_text(given.get("service")),
        prometheus=Secret(prometheus) if prometheus else None,
        prometheus_access=granted.access,
        selector=_text(given.get("selector")),
        postgres=check_dsn(given.get("postgres")),
        pgbouncer=check_dsn(given.get("pgbouncer")),
        app_url=check_url(given.get("app_url")),
        metrics_url=check_url(given.get("metrics_url")),
        pid=check_pid(flags.pid),
        queues=_urls(several["queue"], QUEUE_SCHEMES, QUEUE_WORDS),
        caches=_urls(several["cache"], REDIS_SCHEMES, CACHE_WORDS),
        logs=logs.places,
        loki=Secret(loki) if loki else None,
        loki_access=loki_granted.access,
        stacks=check_stacks(flags, file),
        sources=sources,
        observed=tuple(dict.fromkeys(flags.observed)),
        at=at,
        window_s=_window(given.get("window")),
        before_s=check_duration(
            given.get("before"), default_s=DEFAULT_BEFORE_S, least_s=MIN_WINDOW_S, most_s=MAX_BEFORE_S
        ),
        deadline_s=check_duration(
            given.get("deadline"), default_s=DEFAULT_DEADLINE_S, least_s=MIN_DEADLINE_S, most_s=MAX_DEADLINE_S
        ),
        rules=_rules(flags, file),
        parameters=_parameters(file, environ),
        history=history,
        origin=_origins(given, several, granted.origin),
        secrets=(*granted.secrets, *loki_granted.secrets, *_libpq_password(environ), *_dsn_of(history)),
        config=file.path,
        notes=(*notes, *granted.notes, *loki_granted.notes, *unkept),
        attested=file.attested,
    )


def load_rule_settings(flags: Flags, environ: Mapping[str, str] | None = None) -> Settings:
    """Return only what concerns the rules: nothing is asked, so no secret needs to be there.

    Raises:
        ConfigError: like ``load_settings``.

    """
    environ = os.environ if environ is None else environ
    file, notes = find_config(flags.config, environ)
    return Settings(
        rules=_rules(flags, file),
        parameters=_parameters(file, environ),
        config=file.path,
        notes=notes,
        audit=file.audit,
    )


def load_history_settings(flags: Flags, environ: Mapping[str, str] | None = None) -> Settings:
    """Return only what concerns the history and the rules: no source is asked.

    Raises:
        ConfigError: like ``load_settings``.

    """
    environ = os.environ if environ is None else environ
    file, notes = find_config(flags.config, environ)
    return Settings(
        service=_text(merge_service(flags, environ, file)),
        rules=_rules(flags, file),
        parameters=_parameters(file, environ),
        history=check_history(flags.history, file, environ),
        config=file.path,
        notes=notes,
    )


def _rules(flags: Flags, file: ConfigFile) -> tuple[Path, ...]:
    return (*file.rules, *map(check_folder, flags.rules))


def _parameters(file: ConfigFile, environ: Mapping[str, str]) -> dict[str, Written]:
    return {name: Written(expand(one, environ), one.place) for name, one in file.parameters.items()}


def _window(given: Given | None) -> float:
    return check_duration(given, default_s=DEFAULT_WINDOW_S, least_s=MIN_WINDOW_S, most_s=MAX_WINDOW_S)


def _check_past(sources: tuple[str, ...], at: float | None, logs: Logs) -> None:
    if at is None or "prometheus" in sources or any(isinstance(place, LogStore) for place in logs.places):
        return
    raise ConfigError(
        f"--at: {NO_PAST}, and none of them is to be asked", hint="drop --at, or name one: --log journal:UNIT"
    )


def _urls(several: Sequence[Given], schemes: tuple[str, ...], what: str) -> tuple[Secret, ...]:
    return tuple(dict.fromkeys(Secret(check_address(given, schemes, what)) for given in several))


def _origins(
    given: Mapping[str, Given], several: Mapping[str, Sequence[Given]], access: str | None
) -> dict[str, str]:
    origins = {name: one.origin for name, one in given.items()}
    for name, those in several.items():
        if those:
            origins[name] = ", ".join(dict.fromkeys(one.origin for one in those))
    if access:
        origins["prometheus_access"] = access
    return origins


def _libpq_password(environ: Mapping[str, str]) -> tuple[Secret, ...]:
    password = environ.get("PGPASSWORD")
    return (Secret(password),) if password else ()


def _dsn_of(history: HistoryPlace | None) -> tuple[Secret, ...]:
    """Return what of the history's place must not turn up in a snapshot."""
    return (history.store,) if history and isinstance(history.store, Secret) else ()


def _text(given: Given | None) -> str | None:
    return given.text if given else None
