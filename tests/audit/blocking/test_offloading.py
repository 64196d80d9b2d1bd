"""What runs elsewhere is not reported: threads, executors, plain routes, start-up, queues."""

from __future__ import annotations

from pathlib import Path

from fastdiag.model.audit import Severity
from tests.audit.blocking.bench import blocks, chain, findings


def test_functions_handed_to_threads_do_not_block_but_called_ones_do(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import asyncio, functools, threading, time
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        import anyio
        from fastapi import FastAPI
        from fastapi.concurrency import run_in_threadpool
        app = FastAPI()
        pool = ThreadPoolExecutor()

        def slow(seconds=1):
            time.sleep(seconds)

        def called(seconds=1):
            time.sleep(seconds)  # BLOCKS sleep

        @app.get("/offloaded")
        async def offloaded():
            def nested():
                time.sleep(1)
            await asyncio.to_thread(slow)
            await asyncio.to_thread(nested)
            await asyncio.to_thread(lambda: slow(2))
            await asyncio.to_thread(functools.partial(slow, 2))
            await anyio.to_thread.run_sync(slow)
            await run_in_threadpool(slow, 3)
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, slow)
            await loop.run_in_executor(pool, functools.partial(slow, 2))
            pool.submit(slow)
            pool.map(slow, [1, 2])
            ProcessPoolExecutor().submit(slow)
            threading.Thread(target=slow).start()
            threading.Timer(1, slow).start()

        @app.get("/called-too-early")
        async def called_too_early():
            await asyncio.to_thread(called())
        """,
    )


def test_a_decorator_that_hands_over_and_one_that_calls(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import asyncio, functools, time
        from fastapi import FastAPI
        app = FastAPI()

        def in_thread(function):
            @functools.wraps(function)
            async def wrapper(*args):
                return await asyncio.to_thread(function, *args)
            return wrapper

        def timed(function):
            @functools.wraps(function)
            def wrapper(*args):
                return function(*args)
            return wrapper

        @in_thread
        def offloaded():
            time.sleep(1)

        @timed
        def measured():
            time.sleep(1)  # BLOCKS sleep

        @app.get("/")
        async def route():
            await offloaded()
            measured()
        """,
    )


def test_plain_routes_and_their_helpers_run_in_threads(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import time
        from fastapi import FastAPI
        app = FastAPI()

        def shared():
            time.sleep(1)  # BLOCKS sleep

        def only_for_plain_routes():
            time.sleep(1)

        @app.get("/plain")
        def plain():
            shared()
            only_for_plain_routes()

        @app.get("/async")
        async def on_the_loop():
            shared()
        """,
    )


def test_import_and_start_up_are_no_requests_but_what_start_up_leaves_running_is_beside_them(
    tmp_path: Path,
) -> None:
    found = blocks(
        tmp_path,
        """
        import asyncio, time
        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        time.sleep(1)

        def warm_up():
            time.sleep(1)

        async def fill_cache():
            time.sleep(1)

        async def poll():
            while True:
                time.sleep(1)  # BLOCKS sleep
                await asyncio.sleep(60)

        class Cleaner:
            async def start(self):
                time.sleep(1)
                self.task = asyncio.create_task(self.run())

            async def run(self):
                time.sleep(2)  # BLOCKS sleep

        @asynccontextmanager
        async def lifespan(app):
            warm_up()
            await asyncio.gather(fill_cache(), asyncio.sleep(1))
            await asyncio.create_task(fill_cache())
            await Cleaner().start()
            task = asyncio.create_task(poll())
            yield
            time.sleep(1)

        app = FastAPI(lifespan=lifespan)

        @app.on_event("startup")
        async def begin():
            warm_up()
        """,
    )
    assert {chain(one)[0] for one in found} == {"task poll", "task run"}
    assert {one.severity for one in found} == {Severity.WARNING}  # nobody waits for them


def test_periodic_tasks_run_on_the_loop_when_they_are_async(tmp_path: Path) -> None:
    (found,) = blocks(
        tmp_path,
        """
        import time
        from apscheduler.schedulers.asyncio import AsyncIOScheduler
        from fastapi import FastAPI
        from fastapi_utils.tasks import repeat_every
        app = FastAPI()
        scheduler = AsyncIOScheduler()

        @app.on_event("startup")
        @repeat_every(seconds=60)
        async def refresh():
            time.sleep(1)  # BLOCKS sleep

        @scheduler.scheduled_job("interval", minutes=1)
        def in_a_thread():
            time.sleep(1)
        """,
    )
    assert chain(found) == ["periodic task refresh", "time.sleep"]


def test_background_tasks_run_on_the_loop_when_they_are_async(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import time
        from fastapi import BackgroundTasks, FastAPI
        app = FastAPI()

        def in_a_thread():
            time.sleep(1)

        async def on_the_loop():
            time.sleep(1)  # BLOCKS sleep

        @app.post("/")
        def route(tasks: BackgroundTasks):
            tasks.add_task(in_a_thread)
            tasks.add_task(on_the_loop)
        """,
    )


def test_queue_workers_have_no_event_loop_to_block(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import time
        from celery import Celery, shared_task
        import dramatiq
        from fastapi import FastAPI
        app = FastAPI()
        celery = Celery()

        @celery.task
        def one():
            time.sleep(1)

        @shared_task(bind=True)
        def two(self):
            time.sleep(1)

        @dramatiq.actor
        def three():
            time.sleep(1)

        @app.get("/")
        async def route():
            one.delay()  # BLOCKS sync-cache
            two.apply_async()  # BLOCKS sync-cache
            three.send()  # BLOCKS sync-cache
        """,
    )


def test_a_coroutine_run_on_a_loop_of_its_own_blocks_nobody(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import asyncio, threading, time
        from fastapi import FastAPI
        app = FastAPI()

        async def own_loop():
            time.sleep(1)

        async def same_loop():
            time.sleep(1)  # BLOCKS sleep

        @app.get("/")
        async def route():
            await asyncio.to_thread(asyncio.run, own_loop())
            await asyncio.gather(same_loop(), asyncio.sleep(1))
        """,
    )


def test_a_result_that_is_remembered_is_paid_for_once(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        {
            "main.py": """
            from functools import lru_cache
            import requests
            from fastapi import FastAPI
            app = FastAPI()

            @lru_cache
            def settings():
                return open("settings.toml").read()

            @lru_cache(maxsize=None)
            def rates():
                return requests.get("http://rates").json()

            @app.get("/")
            async def route():
                return settings(), rates()
            """
        },
    )
    assert [(one.sink, one.severity) for one in found] == [("requests.get", Severity.WARNING)]


def test_one_piece_of_work_is_told_once_and_every_wait_by_itself(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        {
            "main.py": """
            import time, zipfile
            from fastapi import FastAPI
            app = FastAPI()

            @app.get("/")
            async def route():
                with zipfile.ZipFile("report.zip", "w") as archive:
                    archive.writestr("a", "")
                    archive.writestr("b", "")
                    archive.writestr("c", "")
                time.sleep(1)
                time.sleep(2)
            """
        },
    )
    assert [one.kind for one in found] == ["archive", "sleep", "sleep"]
    assert "as 2 more lines of the function do" in found[0].message


def test_a_decorator_of_another_package_that_hands_the_body_to_a_thread(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        """
        import time
        from asgiref.sync import sync_to_async
        from tenacity import retry
        from fastapi import FastAPI
        app = FastAPI()

        @sync_to_async
        def moved():
            time.sleep(1)

        @sync_to_async(thread_sensitive=False)
        def moved_too():
            time.sleep(1)

        @retry
        def kept():
            time.sleep(1)  # BLOCKS sleep

        @app.get("/")
        async def route():
            await moved()
            await moved_too()
            kept()
        """,
    )
