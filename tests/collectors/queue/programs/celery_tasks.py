"""Tasks of Celery, and when run, somebody who sends some: `celery_tasks.py backlog|flaky`."""

import os
import sys
import time

from celery import Celery, Task

app = Celery("celery_tasks", broker=os.environ["BROKER"])
app.conf.broker_connection_retry_on_startup = True


@app.task
def nap(seconds: float) -> None:
    time.sleep(seconds)


@app.task(bind=True, max_retries=2)
def flaky(self: Task) -> None:
    raise self.retry(countdown=0)


def send(what: str) -> None:
    if what == "backlog":
        nap.apply_async((60,), countdown=3600)
        for _ in range(10):
            nap.delay(60)
        nap.apply_async((60,), queue="emails")
        nap.apply_async((60,), queue="emails", priority=9)
    elif what == "stamped":
        nap.apply_async((60,), queue="stamped", headers={"timestamp": time.time() - 120})
    elif what == "large":
        nap.apply_async(("x" * 2_000_000,), queue="large")
    elif what == "flaky":
        flaky.delay()
        nap.delay(0)


if __name__ == "__main__":
    send(sys.argv[1])
