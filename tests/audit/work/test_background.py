from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.background import CRITICAL, LONG, UNREFERENCED, check
from fastdiag.model.audit import Confidence, Severity
from tests.audit.work.ground import found

SHOP = """
    import asyncio
    import smtplib
    import httpx
    import stripe
    from fastapi import BackgroundTasks, FastAPI

    app = FastAPI()
    tasks = set()

    def charge_card(order_id):
        stripe.PaymentIntent.create(amount=100, currency="eur")

    def send_receipt(order_id):
        with smtplib.SMTP("localhost", timeout=5) as server:
            server.sendmail("shop@example.org", ["me@example.org"], "thanks")

    async def deliver_webhook(url):
        async with httpx.AsyncClient() as client:
            await client.post(url)

    async def refresh_view():
        await asyncio.sleep(0)

    def write_audit_line(order_id):
        print(order_id)
"""


def shop(route: str) -> str:
    """Return the shop with one more route."""
    lines = "\n".join(f"    {line}" for line in route.strip("\n").splitlines())
    return f"{SHOP}\n{lines}\n"


PAYMENT_IN_BACKGROUND = """
@app.post("/orders")
def order(background: BackgroundTasks):
    background.add_task(charge_card, 1)
"""
PAYMENT_IN_REQUEST = """
@app.post("/orders")
def order(background: BackgroundTasks):
    charge_card(1)
    background.add_task(write_audit_line, 1)
"""


def test_a_payment_left_to_the_background_is_critical_and_its_chain_ends_in_the_payment(
    tmp_path: Path,
) -> None:
    (finding,) = found(tmp_path, check, shop(PAYMENT_IN_BACKGROUND))
    assert finding.check == CRITICAL
    assert finding.severity is Severity.CRITICAL
    assert "calls stripe.PaymentIntent.create" in finding.message
    assert [step.text for step in finding.chain] == [
        "POST /orders",
        "BackgroundTasks: charge_card",
        "stripe.PaymentIntent.create",
    ]


def test_a_payment_for_which_the_request_waits_is_none(tmp_path: Path) -> None:
    assert found(tmp_path, check, shop(PAYMENT_IN_REQUEST)) == []


def test_a_receipt_weighs_more_than_a_newsletter(tmp_path: Path) -> None:
    receipt = """
@app.post("/orders")
def order(background: BackgroundTasks):
    background.add_task(send_receipt, 1)
"""
    newsletter = receipt.replace("send_receipt", "send_newsletter")
    (awaited,) = found(tmp_path / "a", check, shop(receipt))
    files = shop(newsletter).replace("def send_receipt", "def send_newsletter")
    (simple,) = found(tmp_path / "b", check, files)
    assert (awaited.severity, simple.severity) == (Severity.WARNING, Severity.NOTE)


def test_a_webhook_in_a_task_that_nobody_holds_is_told_once_with_both_reasons(tmp_path: Path) -> None:
    route = """
@app.post("/orders")
async def order():
    asyncio.create_task(deliver_webhook("https://example.org"))
"""
    (finding,) = found(tmp_path, check, shop(route))
    assert finding.check == CRITICAL
    assert finding.kind == "webhook"
    assert "nothing holds the task" in finding.message


def test_an_address_may_tell_that_it_is_a_webhook(tmp_path: Path) -> None:
    route = """
async def tell(url, shop):
    async with httpx.AsyncClient() as client:
        await client.post(f"{url}/{part}/{shop}")

@app.post("/orders")
async def order(background: BackgroundTasks):
    background.add_task(tell, "https://example.org", 1)
"""
    (finding,) = found(tmp_path / "a", check, shop(route.replace("{part}", "hooks")))
    assert finding.kind == "webhook"
    assert found(tmp_path / "b", check, shop(route.replace("{part}", "stock"))) == []


def test_a_webhook_task_that_the_request_awaits_is_none(tmp_path: Path) -> None:
    route = """
@app.post("/orders")
async def order():
    task = asyncio.create_task(deliver_webhook("https://example.org"))
    await task
"""
    assert found(tmp_path, check, shop(route)) == []


def test_a_task_that_only_a_set_holds_still_dies_with_the_worker(tmp_path: Path) -> None:
    route = """
@app.post("/orders")
async def order():
    task = asyncio.create_task(deliver_webhook("https://example.org"))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
"""
    (finding,) = found(tmp_path, check, shop(route))
    assert finding.check == CRITICAL
    assert "nothing holds" not in finding.message


@pytest.mark.parametrize(
    "body",
    [
        "asyncio.create_task(refresh_view())",
        "asyncio.ensure_future(refresh_view())",
        "task = asyncio.create_task(refresh_view())",
        "task = asyncio.create_task(refresh_view()); task.add_done_callback(print)",
        "asyncio.get_running_loop().create_task(refresh_view())",
    ],
)
def test_a_task_that_nothing_holds_is_told(tmp_path: Path, body: str) -> None:
    (finding,) = found(tmp_path, check, shop(f'@app.get("/")\nasync def home():\n    {body}\n'))
    assert (finding.check, finding.confidence) == (UNREFERENCED, Confidence.CERTAIN)


def test_errors_that_a_callback_sees_are_not_called_lost(tmp_path: Path) -> None:
    start = '@app.get("/")\nasync def home():\n    task = asyncio.create_task(refresh_view())\n'
    (silent,) = found(tmp_path / "a", check, shop(start))
    (watched,) = found(tmp_path / "b", check, shop(f"{start}    task.add_done_callback(print)\n"))
    assert "its errors are lost" in silent.message
    assert "its errors are lost" not in watched.message


@pytest.mark.parametrize(
    "body",
    [
        "tasks.add(asyncio.create_task(refresh_view()))",
        "return asyncio.create_task(refresh_view())",
        "await asyncio.gather(asyncio.create_task(refresh_view()))",
        "task = asyncio.create_task(refresh_view()); await asyncio.wait({task})",
        "app.state.task = asyncio.create_task(refresh_view())",
        "async with asyncio.TaskGroup() as group: group.create_task(refresh_view())",
        "task = asyncio.create_task(refresh_view()); return lambda: task.cancel()",
    ],
)
def test_a_task_that_something_holds_is_none(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, check, shop(f'@app.get("/")\nasync def home():\n    {body}\n')) == []


def test_a_task_of_start_up_that_sends_mail_is_no_task_of_a_request(tmp_path: Path) -> None:
    route = """
@app.on_event("startup")
async def start():
    app.state.mail = asyncio.create_task(deliver_webhook("https://example.org"))
"""
    assert found(tmp_path, check, shop(route)) == []


RETRIED = """
    import asyncio
    import time
    import tenacity
    import requests
    from fastapi import BackgroundTasks, FastAPI

    app = FastAPI()

    @tenacity.retry(stop=tenacity.stop_after_attempt(5))
    def push_stock():
        requests.post("https://example.org", timeout=5)

    def export():
        for attempt in range(5):
            try:
                requests.post("https://example.org", timeout=5)
                return
            except requests.RequestException:
                time.sleep(2)

    def sync_partners(partners):
        for partner in partners:
            requests.post(partner, timeout=5)

    def push_later():
        time.sleep(60)
        requests.post("https://example.org", timeout=5)

    async def convert(rows):
        for row in range(rows):
            await asyncio.sleep(0)

    def push_once():
        requests.post("https://example.org", timeout=5)

    def count(partners):
        for partner in partners:
            print(partner)

    def settle_down():
        time.sleep(0.1)

    @app.post("/stock")
    def stock(background: BackgroundTasks):
        background.add_task({work})
"""


@pytest.mark.parametrize(
    ("work", "said", "kind"),
    [
        ("push_stock", "retries with tenacity.retry", "retries"),
        ("export", "retries in a loop with pauses", "retries"),
        ("sync_partners, []", "calls requests.post for each of partners", "long-running"),
        ("push_later", "sleeps for 60 s", "long-running"),
        ("convert, 9", "works in a loop that lets others run now and then", "long-running"),
    ],
)
def test_retries_and_long_work_in_the_background_are_told(
    tmp_path: Path, work: str, said: str, kind: str
) -> None:
    (finding,) = found(tmp_path, check, RETRIED.replace("{work}", work))
    assert (finding.check, finding.kind) == (LONG, kind)
    assert said in finding.message
    assert finding.chain[-1].text == said


@pytest.mark.parametrize("work", ["push_once", "count, []", "settle_down"])
def test_short_work_in_the_background_is_none(tmp_path: Path, work: str) -> None:
    assert found(tmp_path, check, RETRIED.replace("{work}", work)) == []


@pytest.mark.parametrize(
    ("name", "is_critical"),
    [
        ("send_welcome_email", True),
        ("email_customer", True),
        ("validate_email", False),
        ("process_payment", True),
        ("charge_level", False),
        ("count_payments", False),
        ("trigger_webhooks", True),
        ("list_webhooks", False),
    ],
)
def test_a_name_alone_takes_a_verb_and_a_noun(tmp_path: Path, name: str, *, is_critical: bool) -> None:
    source = f"""
    from fastapi import BackgroundTasks, FastAPI
    app = FastAPI()
    def {name}(): ...
    @app.post("/")
    def home(background: BackgroundTasks):
        background.add_task({name})
    """
    findings = found(tmp_path, check, source)
    assert [(one.check, one.confidence) for one in findings] == [
        (CRITICAL, Confidence.POSSIBLE)
    ] * is_critical


@pytest.mark.parametrize(
    ("work", "count"),
    [("mail.send_welcome", 1), ("mail.forget", 0), ("gateway.charge", 0), ("payments.charge", 1)],
)
def test_of_an_unknown_object_the_names_tell(tmp_path: Path, work: str, count: int) -> None:
    source = f"""
    from fastapi import BackgroundTasks, FastAPI, Request
    app = FastAPI()
    @app.post("/")
    def home(request: Request, background: BackgroundTasks):
        background.add_task(request.state.{work}, 1)
    """
    assert len(found(tmp_path, check, source)) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("threading.Thread(target=send_receipt, args=(1,)).start()", 1),
        ("thread = threading.Thread(target=send_receipt); thread.start(); thread.join()", 0),
        ("threading.Thread(target=write_audit_line).start()", 0),
    ],
)
def test_a_thread_that_nobody_waits_for_is_background_work_too(tmp_path: Path, body: str, count: int) -> None:
    route = f'import threading\n@app.post("/orders")\ndef order():\n    {body}\n'
    assert len(found(tmp_path, check, shop(route))) == count


def test_mail_that_a_thread_of_the_task_sends_is_seen(tmp_path: Path) -> None:
    route = """
async def welcome(user):
    await asyncio.to_thread(send_receipt, user)

@app.post("/users")
async def sign_up(background: BackgroundTasks):
    background.add_task(welcome, 1)
"""
    (finding,) = found(tmp_path, check, shop(route))
    assert "calls smtplib.SMTP.sendmail" in finding.message


def test_work_that_a_task_leaves_to_another_task_is_not_its_own(tmp_path: Path) -> None:
    route = """
async def note(order):
    app.state.sending = asyncio.create_task(deliver_webhook("https://example.org"))

@app.post("/orders")
async def order(background: BackgroundTasks):
    background.add_task(note, 1)
"""
    assert found(tmp_path, check, shop(route)) == []
