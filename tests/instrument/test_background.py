"""What is left behind an answer: begun, finished, failed, lost."""

from tests.instrument.workshop import Workshop

STARTED, ENDED, RUNNING = (
    f"fastdiag_background_{name}" for name in ("started_total", "ended_total", "running")
)


def ended(shop: Workshop, task: str, outcome: str, kind: str = "starlette") -> float:
    labels = {"fastdiag_task": task, "fastdiag_outcome": outcome, "fastdiag_kind": kind}
    return shop.value(ENDED, **labels) or 0


def test_tasks_that_come_to_their_end(shop: Workshop) -> None:
    tasks = ("receipt", "invoice")  # `async def` and `def`
    before = {task: ended(shop, task, "finished") for task in tasks}
    assert shop.get("/behind").status_code == 200
    for task in tasks:
        shop.comes_to(before[task] + 1, ENDED, fastdiag_task=task, fastdiag_outcome="finished")


def test_a_task_that_fails_takes_those_behind_it_with_it(shop: Workshop) -> None:
    before = (
        ended(shop, "webhook", "failed"),
        ended(shop, "invoice", "lost"),
        ended(shop, "invoice", "finished"),
    )
    assert shop.alone("/behind?fails=yes").status_code == 200
    of_webhook = {"fastdiag_task": "webhook", "fastdiag_outcome": "failed", "fastdiag_kind": "starlette"}
    shop.comes_to(before[0] + 1, ENDED, **of_webhook)
    shop.comes_to(before[1] + 1, ENDED, fastdiag_task="invoice", fastdiag_outcome="lost")
    assert ended(shop, "invoice", "finished") == before[2]
    shop.tells("background task invoice was not run, because one before it failed")


def test_tasks_that_nobody_waits_for(shop: Workshop) -> None:
    of_asyncio = {"fastdiag_kind": "asyncio"}
    before = ended(shop, "webhook", "failed", "asyncio"), ended(shop, "endless", "lost", "asyncio")
    begun = shop.value(STARTED, fastdiag_task="endless") or 0
    assert shop.get("/aloof").status_code == 200
    shop.comes_to(before[0] + 1, ENDED, fastdiag_task="webhook", fastdiag_outcome="failed", **of_asyncio)
    assert shop.value(STARTED, fastdiag_task="endless") == begun + 1
    shop.get("/collect")  # nothing but the event loop's weak set knows the other one
    shop.comes_to(before[1] + 1, ENDED, fastdiag_task="endless", fastdiag_outcome="lost", **of_asyncio)
    shop.comes_to(0, RUNNING, fastdiag_task="endless")
    shop.tells("Task was destroyed but it is pending")  # asyncio's own word is not lost


def test_a_task_that_failed_before_the_answer_and_was_never_asked(shop: Workshop) -> None:
    assert shop.get("/unheard").status_code == 200
    shop.comes_to(
        1, ENDED, fastdiag_task="broken_at_once", fastdiag_kind="asyncio", fastdiag_outcome="failed"
    )
    shop.get("/collect")
    shop.tells("Task exception was never retrieved")


def test_what_a_request_waits_for_is_no_background_task(shop: Workshop) -> None:
    before = shop.value(STARTED)
    assert shop.get("/together").status_code == 200
    assert shop.get("/tidy").status_code == 200
    assert shop.value(STARTED) == before
