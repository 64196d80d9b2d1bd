"""Jobs of RQ, and when run, somebody who enqueues some: `rq_jobs.py work|more|failures`."""

import datetime as dt
import os
import sys
import time

from redis import Redis
from rq import Queue

NAP, FAIL = "rq_jobs.nap", "rq_jobs.fail"  # by name: the worker knows no __main__


def nap(seconds: float) -> None:
    time.sleep(seconds)


def fail(seconds: float = 0) -> None:
    time.sleep(seconds)
    raise ValueError("on purpose")


def send(what: str) -> None:
    connection = Redis.from_url(os.environ["BROKER"])
    default, reports = Queue("default", connection=connection), Queue("reports", connection=connection)
    if what == "work":
        default.enqueue(FAIL)
        default.enqueue(NAP, 0)
        default.enqueue(NAP, 60)
    elif what == "more":
        for _ in range(4):
            default.enqueue(NAP, 60)
        reports.enqueue(NAP, 60)
        reports.enqueue_in(dt.timedelta(hours=1), NAP, 60)
    elif what == "failures":
        for _ in range(15):
            default.enqueue(FAIL, 0.2)


if __name__ == "__main__":
    send(sys.argv[1])
