"""Brokers and caches: which URLs can be asked, and the variables in which services keep them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from fastdiag.config.checks import HTTP_SCHEMES, SOCKET_SCHEMES

REDIS_SCHEMES: Final = ("redis", "rediss", "redis+tls", *SOCKET_SCHEMES)
AMQP_SCHEMES: Final = ("amqp", "amqps", "pyamqp")
QUEUE_SCHEMES: Final = (*REDIS_SCHEMES, *AMQP_SCHEMES, *HTTP_SCHEMES)
QUEUE_WORDS: Final = "a redis://, amqp:// or http:// URL (RabbitMQ's management or Flower)"
CACHE_WORDS: Final = "a redis:// URL"

QUEUE_VARIABLES: Final = (
    "CELERY_BROKER_URL",
    "CELERY_BROKER",
    "BROKER_URL",
    "DRAMATIQ_BROKER_URL",
    "RQ_REDIS_URL",
    "ARQ_REDIS_URL",
    "RABBITMQ_URL",
    "AMQP_URL",
    "CLOUDAMQP_URL",
)
"""Where services, and the platforms that run them, keep the URL of their broker."""
CACHE_VARIABLES: Final = ("CACHE_URL", "REDIS_CACHE_URL", "CACHE_REDIS_URL", "REDIS_URL", "VALKEY_URL")
"""Likewise of their cache."""
SHARED_VARIABLES: Final = ("REDIS_URL", "VALKEY_URL")
"""Of these the ones whose server is as often a broker: RQ, arq and Dramatiq have no variable of their own."""


def urls_in(
    environ: Mapping[str, str], variables: tuple[str, ...], schemes: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield variable and URL for each of the variables that holds one; Celery's `a;b` are two brokers.

    What has another scheme (`sqs://`, `memory://`) says nothing that we could ask.
    """
    seen: set[str] = set()
    for variable in variables:
        for url in environ.get(variable, "").split(";"):
            text = url.strip()
            if text.partition("://")[0].lower() in schemes and "://" in text and text not in seen:
                seen.add(text)
                yield variable, text
