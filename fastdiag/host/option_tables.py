"""Options of each server that matter for a diagnosis: how they are spelt, and their documented defaults.

Defaults are those of uvicorn 0.54, gunicorn 27, hypercorn 0.18, granian 2.8 and fastapi-cli.
"""

from dataclasses import dataclass
from typing import Final

from fastdiag.host.programs import ServerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: our name for it, how it is spelt in each place, and the default (None: no limit).

    ``variables`` are environment variables, best first; those in ``late_variables`` give way to a config file
    as well. ``config_name`` is its name in the config file of gunicorn or hypercorn.
    """

    name: str
    flags: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    late_variables: tuple[str, ...] = ()
    config_name: str | None = None
    default: int | float | str | None = None
    is_text: bool = False


def _uvicorn(name: str, spelt: str, default: int | None, late_variables: tuple[str, ...] = ()) -> Option:
    variable = "UVICORN_" + spelt.replace("-", "_").upper()
    return Option(
        name=name,
        flags=(f"--{spelt}",),
        variables=(variable,),
        late_variables=late_variables,
        default=default,
    )


def _gunicorn(
    name: str, flags: tuple[str, ...], default: float | str, late_variables: tuple[str, ...] = ()
) -> Option:
    return Option(
        name=name,
        flags=flags,
        late_variables=late_variables,
        config_name=name,
        default=default,
        is_text=isinstance(default, str),
    )


def _hypercorn(name: str, flags: tuple[str, ...], config_name: str, default: float | str | None) -> Option:
    return Option(
        name=name, flags=flags, config_name=config_name, default=default, is_text=isinstance(default, str)
    )


def _granian(name: str, spelt: str, default: float | None) -> Option:
    variable = "GRANIAN_" + spelt.replace("-", "_").upper()
    return Option(name=name, flags=(f"--{spelt}",), variables=(variable,), default=default)


_WEB_CONCURRENCY: Final = ("WEB_CONCURRENCY",)

OPTIONS: Final = {
    ServerKind.UVICORN: (
        _uvicorn("workers", "workers", 1, _WEB_CONCURRENCY),
        _uvicorn("backlog", "backlog", 2048),
        _uvicorn("keepalive", "timeout-keep-alive", 5),
        _uvicorn("limit_concurrency", "limit-concurrency", None),
        _uvicorn("max_requests", "limit-max-requests", None),
        _uvicorn("graceful_timeout", "timeout-graceful-shutdown", None),
    ),
    ServerKind.GUNICORN: (
        _gunicorn("workers", ("-w", "--workers"), 1, _WEB_CONCURRENCY),
        _gunicorn("worker_class", ("-k", "--worker-class"), "sync"),
        _gunicorn("threads", ("--threads",), 1),
        _gunicorn("timeout", ("-t", "--timeout"), 30),
        _gunicorn("backlog", ("--backlog",), 2048),
        _gunicorn("keepalive", ("--keep-alive",), 2),
        _gunicorn("max_requests", ("--max-requests",), 0),
        _gunicorn("max_requests_jitter", ("--max-requests-jitter",), 0),
        _gunicorn("graceful_timeout", ("--graceful-timeout",), 30),
        _gunicorn("worker_connections", ("--worker-connections",), 1000),
    ),
    # fastapi-cli hands only the number of workers on; the rest are uvicorn's defaults, which nothing changes.
    ServerKind.FASTAPI: (
        Option(name="workers", flags=("--workers",), late_variables=_WEB_CONCURRENCY, default=1),
        Option(name="backlog", default=2048),
        Option(name="keepalive", default=5),
        Option(name="limit_concurrency"),
        Option(name="max_requests"),
        Option(name="graceful_timeout"),
    ),
    ServerKind.HYPERCORN: (
        _hypercorn("workers", ("-w", "--workers"), "workers", 1),
        _hypercorn("worker_class", ("-k", "--worker-class"), "worker_class", "asyncio"),
        _hypercorn("backlog", ("--backlog",), "backlog", 100),
        _hypercorn("keepalive", ("--keep-alive",), "keep_alive_timeout", 5),
        _hypercorn("max_requests", ("--max-requests",), "max_requests", None),
        _hypercorn("max_requests_jitter", ("--max-requests-jitter",), "max_requests_jitter", 0),
        _hypercorn("graceful_timeout", ("--graceful-timeout",), "graceful_timeout", 3),
    ),
    # Idle connections of granian stay open for as long as the client likes; backpressure defaults to
    # backlog / workers, which `settings` computes.
    ServerKind.GRANIAN: (
        _granian("workers", "workers", 1),
        _granian("backlog", "backlog", 1024),
        _granian("backpressure", "backpressure", None),
        _granian("workers_lifetime", "workers-lifetime", None),
        _granian("graceful_timeout", "workers-kill-timeout", None),
    ),
    ServerKind.PYTHON: (),
}
