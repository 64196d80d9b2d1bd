from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.queue_settings import settings
from fastdiag.audit.tasks import check
from fastdiag.model.audit import Severity
from tests.audit.work.ground import found, written

JOBS = """
    import stripe
    from celery import Celery

    app = Celery("jobs", broker="redis://localhost")
    {globally}

    @app.task({options})
    def charge(order_id{parameters}):
        {before}
        stripe.PaymentIntent.create(amount=100{key})
"""


def jobs(
    *, globally: str = "", options: str = "", parameters: str = "", before: str = "pass", key: str = ""
) -> str:
    """Return a queue with one task that takes money."""
    parts = {"globally": globally, "options": options, "parameters": parameters, "before": before, "key": key}
    text = JOBS
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part)
    return text


@pytest.mark.parametrize(
    "text",
    [
        jobs(options="acks_late=True"),
        jobs(globally="app.conf.task_acks_late = True"),
        jobs(globally="app.conf.update(task_acks_late=True)"),
    ],
)
def test_a_payment_acknowledged_late_without_a_key_is_told(tmp_path: Path, text: str) -> None:
    (finding,) = found(tmp_path, check, text)
    assert finding.severity is Severity.CRITICAL
    assert [step.text for step in finding.chain] == ["celery task charge", "stripe.PaymentIntent.create"]


@pytest.mark.parametrize(
    "text",
    [
        jobs(),
        jobs(options="acks_late=False", globally="app.conf.task_acks_late = True"),
        jobs(options="acks_late=True", key=", idempotency_key=str(order_id)"),
        jobs(options="acks_late=True", parameters=", event_id"),
        jobs(options="acks_late=True", before="if not redis.set(order_id, 1, nx=True): return"),
        jobs(options="acks_late=True").replace("stripe.PaymentIntent.create", "print"),
    ],
)
def test_a_task_acknowledged_early_or_with_a_key_is_none(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, check, text) == []


def test_dramatiq_acknowledges_late_by_itself(tmp_path: Path) -> None:
    source = """
    import dramatiq
    import smtplib

    @dramatiq.actor
    def send_invoice(order_id):
        with smtplib.SMTP("localhost", timeout=5) as server:
            server.sendmail("a@example.org", "b@example.org", "c")

    @dramatiq.actor
    def count(order_id):
        print(order_id)
    """
    (finding,) = found(tmp_path, check, source)
    assert (finding.place.line, finding.severity) == (5, Severity.NOTE)


def test_settings_of_queues_are_gathered_with_their_places(tmp_path: Path) -> None:
    files = {
        "jobs.py": """
            from celery import Celery
            app = Celery("jobs")
            app.conf.update(task_time_limit=300, worker_prefetch_multiplier=1)
            task_acks_late = True

            @app.task(acks_late=True, max_retries=3)
            def work(): ...
        """,
        "worker.py": """
            import arq
            class WorkerSettings:
                max_jobs = 20
                job_timeout = LIMIT
        """,
        "other.py": "task_time_limit = 5\n",
    }
    seen = [(one.name, one.value, str(one.place)) for one in settings(written(tmp_path, files))]
    assert seen == [
        ("celery.task_time_limit", 300, "jobs.py:3"),
        ("celery.worker_prefetch_multiplier", 1, "jobs.py:3"),
        ("celery.task_acks_late", True, "jobs.py:4"),
        ("celery.acks_late", True, "jobs.py:6"),
        ("celery.max_retries", 3, "jobs.py:6"),
        ("arq.max_jobs", 20, "worker.py:3"),
        ("arq.job_timeout", None, "worker.py:4"),
    ]


def test_an_object_may_be_an_actor_too(tmp_path: Path) -> None:
    source = """
    import dramatiq
    import smtplib

    class Task:
        def __call__(self, *args):
            self.run(*args)

    class Invoice(Task):
        def run(self, order_id):
            with smtplib.SMTP("localhost", timeout=5) as server:
                server.sendmail("a@example.org", "b@example.org", "c")

    class Count(Task):
        def run(self, order_id):
            print(order_id)

    invoice = dramatiq.actor(Invoice())
    count = dramatiq.actor(Count())
    """
    (finding,) = found(tmp_path, check, source)
    assert finding.place.line == 9


def test_arq_runs_jobs_again_by_itself(tmp_path: Path) -> None:
    source = """
    import stripe

    async def refund(context, order_id):
        stripe.Refund.create(charge="ch_1")

    async def count(context):
        print(context)

    async def unused(context):
        stripe.Refund.create(charge="ch_1")

    class WorkerSettings:
        functions = [refund, count]
    """
    (finding,) = found(tmp_path, check, source)
    assert finding.chain[0].text == "arq task refund"
