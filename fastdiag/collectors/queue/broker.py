"""One of the places that were named: what it is, by its URL and by what answers, and two looks at it."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from fastdiag.collectors.queue.amqp import knock
from fastdiag.collectors.queue.flower import API_HINT, Flower
from fastdiag.collectors.queue.health import Health, Place
from fastdiag.collectors.queue.rabbitmq import REALM, RabbitMQ, accepted
from fastdiag.collectors.queue.redis_place import RedisPlace
from fastdiag.collectors.queue.sight import Moment
from fastdiag.collectors.queue.web import Answer, Web
from fastdiag.collectors.redis_client import Redis, connect, is_down, parse_address
from fastdiag.collectors.redis_client import commands as ask
from fastdiag.collectors.redis_client.address import SCHEMES as REDIS_SCHEMES
from fastdiag.collectors.sink import SourceFailed
from fastdiag.collectors.unreachable import Unreachable
from fastdiag.model.signal import Reason
from fastdiag.model.target import Secret

AMQP_SCHEMES: Final = {
    "amqp": (5672, 15672, "http"),
    "pyamqp": (5672, 15672, "http"),
    "amqps": (5671, 15671, "https"),
}
"""Scheme -> the broker's usual port, that of its management API, and how that is spoken to."""
WEB_SCHEMES: Final = frozenset({"http", "https"})
PINGS: Final = 5
TRY_S: Final = 0.5
"""For a port of a node on this machine, of which it is not known what listens there."""
LEAST_GAP_S: Final = 0.2
MANAGEMENT_HINT: Final = (
    "rabbitmq-plugins enable rabbitmq_management; where it has another port, amqp://...?management_port=PORT"
    " or the API's own URL: http://USER:PASSWORD@HOST:15672"
)
UNSEEN: Final = "the broker is up, but what waits in its queues and who takes it was not seen"
_KNOWN: Final = (
    "redis://, rediss://, unix://, amqp://, amqps://, or http:// of RabbitMQ's management or Flower"
)


@dataclass(slots=True)
class Broker:
    """A broker or monitor, as far as it has been seen: filled piece by piece by the thread that watches it.

    is_down    whether the broker itself gives no answer; None while that is unknown
    latency_s  how long a trivial exchange with it takes
    healths    whether it took new jobs, at each look
    """

    url: Secret
    shown: str = "a queue"
    first: Moment | None = None
    last: Moment | None = None
    latency_s: float | None = None
    healths: tuple[Health, ...] = ()
    is_down: bool | None = None
    requests: int = 0
    failure: SourceFailed | None = None
    problem: SourceFailed | None = None

    @property
    def is_by_web(self) -> bool:
        """Whether a monitor or management API was named: that it is away says nothing of the broker."""
        return self.url.reveal().startswith(("http://", "https://"))

    def watch(self, until: float, gap_s: float) -> None:
        """Look twice, ``gap_s`` apart, before ``until``. Raises SourceFailed."""
        try:
            parts = urlsplit(self.url.reveal())
        except ValueError:
            parts = urlsplit("")
        if parts.scheme in REDIS_SCHEMES:
            self._watch_redis(until, gap_s)
        elif parts.scheme in AMQP_SCHEMES:
            self._watch_amqp(parts, until, gap_s)
        elif parts.scheme in WEB_SCHEMES:
            self._watch_web(self.url, _vhost_of_query(parts), until, gap_s)
        else:
            raise SourceFailed(Reason.FAILED, "the URL is of no queue that is known here", hint=_KNOWN)

    def _watch_redis(self, until: float, gap_s: float) -> None:
        address = parse_address(self.url)
        self.shown = address.shown
        with connect(address, until) as redis:
            try:
                self.latency_s = _ping(redis)
                self.is_down = False
                self._look_twice(RedisPlace(redis), until, gap_s)
            except SourceFailed as failure:
                self.is_down = is_down(failure, has_answered=self.latency_s is not None)
                raise
            finally:
                self.requests = redis.requests

    def _watch_amqp(self, parts: SplitResult, until: float, gap_s: float) -> None:
        port, management_port, scheme = AMQP_SCHEMES[parts.scheme]
        host = _host(parts)
        self.shown = f"amqp://{host}:{_port(parts) or port}"
        self.requests += 1
        try:
            is_tls = parts.scheme == "amqps"
            self.latency_s = knock(
                unquote(parts.hostname or "localhost"), _port(parts) or port, is_tls=is_tls, until=until
            )
        except Unreachable:
            self.is_down = True
            raise
        self.is_down = False
        query = parse_qs(parts.query)
        userinfo = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else "guest:guest@"
        ports = query.get("management_port", [str(management_port)])[-1].split(",")
        urls = [Secret(f"{scheme}://{userinfo}{host}:{management}") for management in ports]
        chosen = next((at for at in range(len(ports) - 1) if self._is_management(urls[at], until)), -1)
        self.shown += f" through {scheme}://{host}:{ports[chosen]}"
        self._watch_management(urls[chosen], _vhost_of_path(parts.path), until, gap_s)

    def _is_management(self, url: Secret, until: float) -> bool:
        """Whether RabbitMQ's management answers at one of several ports of the node."""
        web = Web(url, min(until, time.monotonic() + TRY_S))
        try:
            return _is_rabbitmq(web.get("/api/overview"))
        except SourceFailed:
            return False
        finally:
            self.requests += web.requests
            web.close()

    def _watch_management(self, url: Secret, vhost: str, until: float, gap_s: float) -> None:
        shown = self.shown
        try:
            self._watch_web(url, vhost, until, gap_s)
        except SourceFailed as failure:
            raise SourceFailed(
                failure.reason,
                f"{UNSEEN}: its management API: {failure.detail}",
                hint=failure.hint if failure.reason is Reason.DENIED else MANAGEMENT_HINT,
            ) from failure
        finally:
            self.shown = shown

    def _watch_web(self, url: Secret, vhost: str | None, until: float, gap_s: float) -> None:
        web = Web(url, until)
        self.shown = web.shown
        try:
            overview = web.get("/api/overview")
            if _is_rabbitmq(overview):
                self.is_down = False
                accepted(overview)
                self._look_twice(RabbitMQ(web, vhost), until, gap_s)
            else:
                self._watch_flower(Flower(web), until, gap_s)
        finally:
            self.requests += web.requests
            web.close()

    def _watch_flower(self, flower: Flower, until: float, gap_s: float) -> None:
        if not flower.is_there():
            raise SourceFailed(
                Reason.FAILED,
                "neither RabbitMQ's management API nor Flower answers there",
                hint="check port and base path; a login page in front of it?",
            )
        self._look_twice(flower, until, gap_s)
        if flower.denied is not None:
            self.problem = SourceFailed(flower.denied.reason, flower.denied.detail, hint=API_HINT)

    def _look_twice(self, place: Place, until: float, gap_s: float) -> None:
        self._note_health(place)
        self.first = place.look()
        gap_s = min(gap_s, (until - time.monotonic()) / 2)
        if gap_s < LEAST_GAP_S:
            return
        time.sleep(gap_s)
        try:
            self._note_health(place)
            self.last = place.look()
        except SourceFailed as failure:
            detail = f"the second look failed: {failure.detail}"
            self.problem = SourceFailed(failure.reason, detail, hint=failure.hint)

    def _note_health(self, place: Place) -> None:
        """Note it before its queues, which a broker that takes no jobs may not even have."""
        health = place.health()
        self.healths += (health,) if health else ()


def _ping(redis: Redis) -> float:
    redis.pipeline([ask.PING])  # connects; a user that may not ping is let in all the same
    times_s = []
    for _ in range(PINGS):
        started = time.monotonic()
        redis.pipeline([ask.PING])
        times_s.append(time.monotonic() - started)
    return statistics.median(times_s)


def _is_rabbitmq(answer: Answer) -> bool:
    match answer.json():
        case {"rabbitmq_version": str()} | {"management_version": str()}:
            return True
        case _:
            return REALM in answer.realm or (answer.is_refusal and answer.server == "Cowboy")


def _host(parts: SplitResult) -> str:
    host = parts.hostname or "localhost"
    return f"[{host}]" if ":" in host else host


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError as error:
        raise SourceFailed(Reason.FAILED, "the URL's port is none", hint=_KNOWN) from error


def _vhost_of_path(path: str) -> str:
    """Return the virtual host of an amqp:// URL; nothing, `/` and `//` all mean the default one."""
    return unquote(path.removeprefix("/")) or "/"


def _vhost_of_query(parts: SplitResult) -> str | None:
    """Return the virtual host that `?vhost=` names in the URL of a management API; None is all of them."""
    return parse_qs(parts.query).get("vhost", [None])[-1]
