"""Tasks that only wait, for Celery and RQ; the broker is named by BROKER_URL."""

import os
import time

from celery import Celery

app = Celery("jobs", broker=os.environ.get("BROKER_URL", "memory://"))


@app.task
def nap(seconds: float) -> None:
    time.sleep(seconds)


def doze(seconds: float) -> None:
    time.sleep(seconds)
