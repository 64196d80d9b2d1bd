"""What the checkout service leaves to Celery."""

import os

import requests
from celery import Celery

CARRIER_URL = os.environ.get("CARRIER_URL", "")
PDF_SERVICE_URL = os.environ.get("PDF_SERVICE_URL", "")

app = Celery("checkout_jobs", broker=os.environ["CELERY_BROKER_URL"])
app.conf.update(broker_connection_retry_on_startup=True, task_ignore_result=True)


@app.task(name="checkout_jobs.send_confirmation")  # type: ignore[untyped-decorator]
def send_confirmation(order_id: int) -> None:
    document = requests.get(f"{PDF_SERVICE_URL}/confirmations/{order_id}", timeout=10)
    document.raise_for_status()


@app.task(name="checkout_jobs.book_courier")  # type: ignore[untyped-decorator]
def book_courier(order_id: int) -> None:
    booking = requests.post(f"{CARRIER_URL}/bookings/{order_id}")  # noqa: S113 - a fault that people do commit
    booking.raise_for_status()
