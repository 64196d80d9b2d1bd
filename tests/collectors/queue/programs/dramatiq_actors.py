"""Actors of Dramatiq, and when run, somebody who sends them messages: `dramatiq_actors.py backlog`."""

import os
import sys
import time

import dramatiq
from dramatiq.brokers.redis import RedisBroker

dramatiq.set_broker(RedisBroker(url=os.environ["BROKER"]))


@dramatiq.actor(max_retries=0)
def nap(seconds: float) -> None:
    time.sleep(seconds)


@dramatiq.actor(max_retries=0)
def fail() -> None:
    raise ValueError("on purpose")


@dramatiq.actor(queue_name="mails")
def mail() -> None:
    pass


def send(what: str) -> None:
    if what == "backlog":
        fail.send()
        for _ in range(6):
            nap.send(60)
        nap.send_with_options(args=(1,), delay=3_600_000)
    elif what == "mails":
        for _ in range(3):
            mail.send()


if __name__ == "__main__":
    send(sys.argv[1])
