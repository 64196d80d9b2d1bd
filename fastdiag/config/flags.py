"""The command line as it was typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The command line as it was typed; None or empty for what was not given. Its repr shows no DSN."""

    config: Path | None = None
    service: str | None = None
    prometheus: str | None = field(default=None, repr=False)
    selector: str | None = None
    postgres: str | None = field(default=None, repr=False)
    pgbouncer: str | None = field(default=None, repr=False)
    app_url: str | None = field(default=None, repr=False)
    metrics_url: str | None = field(default=None, repr=False)
    pid: str | None = None
    queue: tuple[str, ...] = field(default=(), repr=False)
    cache: tuple[str, ...] = field(default=(), repr=False)
    log: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    observed: tuple[str, ...] = ()
    at: str | None = None
    window: str | None = None
    before: str | None = None
    deadline: str | None = None
    stacks: bool | None = None
    gentle: bool | None = None
    rules: tuple[Path, ...] = ()
    history: str | None = field(default=None, repr=False)
    notify: tuple[str, ...] = field(default=(), repr=False)
    always: bool | None = None
    textfile: Path | None = None
    pushgateway: str | None = field(default=None, repr=False)
