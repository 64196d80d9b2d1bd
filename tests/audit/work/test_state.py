from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.state import check
from fastdiag.model.audit import Confidence, Severity
from tests.audit.work.ground import found

APP = """
    import asyncio
    from collections import defaultdict
    from fastapi import FastAPI

    app = FastAPI()
    sessions = {}
    visits: dict[str, int] = defaultdict(int)
    waiting = []
    total = 0
    client = None
    user_cache = {}
    background_tasks = set()
    download_tasks = {}
    locks = {}

    class Client: ...

    @app.get("/")
    async def home(user: str):
        {body}
"""


def app(body: str) -> str:
    """Return an application whose only route does something."""
    return APP.replace("{body}", body)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("sessions[user] = 1", "sessions"),
        ("visits[user] += 1", "visits"),
        ("waiting.append(user)", "waiting"),
        ("task = user; waiting.append(task)", "waiting"),
        ("sessions.setdefault(user, [])", "sessions"),
        ("global total; total += 1", "total"),
        ("global total; total = total + 1", "total"),
        ("download_tasks[user] = object()", "download_tasks"),
    ],
)
def test_what_a_route_writes_into_its_module_is_told(tmp_path: Path, body: str, name: str) -> None:
    (finding,) = found(tmp_path, check, app(body))
    assert f"writes {name}" in finding.message
    assert [step.text for step in finding.chain] == ["GET /", f"writes {name}"]


@pytest.mark.parametrize(
    "body",
    [
        "sessions = {}; sessions[user] = 1",
        "found = sessions.get(user)",
        "global client\n        if client is None: client = Client()",
        "global client; client = None",
        "background_tasks.add(asyncio.create_task(home(user)))",
        "waiting.append(asyncio.create_task(home(user)))",
        "task = asyncio.create_task(home(user)); waiting.append(task)",
        "waiting = []; waiting.append(user)",
        "[total for total in (1, 2)]",
    ],
)
def test_what_a_route_keeps_to_itself_or_only_reads_is_none(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, check, app(body)) == []


def test_start_up_may_fill_what_requests_read(tmp_path: Path) -> None:
    source = """
    from fastapi import FastAPI
    app = FastAPI()
    countries = {}

    @app.on_event("startup")
    def load():
        countries["de"] = "Germany"

    @app.get("/")
    def home():
        return countries
    """
    assert found(tmp_path, check, source) == []


def test_one_piece_of_state_is_told_once_however_often_it_is_written(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, check, app("sessions[user] = 1; sessions[user] = 2; sessions[user] = 3"))
    assert finding.message.count("sessions") == 1


CACHED = """
    from fastapi import FastAPI

    app = FastAPI()
    user_cache = {}

    @app.get("/")
    def get(user: str):
        if user not in user_cache:
            user_cache[user] = user.upper()
        return user_cache[user]

    @app.put("/")
    def {name}(user: str):
        user_cache.pop(user, None)
"""


def test_a_cache_from_which_a_request_drops_what_changed_is_a_remark(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, check, CACHED.replace("{name}", "rename"))
    assert (finding.severity, finding.kind) == (Severity.NOTE, "cache")
    assert "stays in the others" in finding.message


def test_a_cache_from_which_only_old_entries_are_dropped_is_none(tmp_path: Path) -> None:
    assert found(tmp_path / "a", check, CACHED.replace("{name}", "evict_oldest")) == []
    assert found(tmp_path / "b", check, app("user_cache[user] = 1")) == []


def test_state_that_is_also_kept_in_redis_is_only_a_possibility(tmp_path: Path) -> None:
    body = "redis = app.state.redis\n        if redis is None: sessions[user] = 1"
    (finding,) = found(tmp_path, check, app(body))
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.POSSIBLE)


@pytest.mark.parametrize(
    ("mark", "count"),
    [("global limit, is_loaded; is_loaded = True; limit = 3", 0), ("global limit; limit = 3", 1)],
)
def test_settings_that_each_worker_reads_once_are_none(tmp_path: Path, mark: str, count: int) -> None:
    assert len(found(tmp_path, check, app(mark))) == count


def test_a_lock_of_one_worker_is_called_what_it_is(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, check, app("locks[user] = asyncio.Lock()"))
    assert "does not keep the others out" in finding.message


@pytest.mark.parametrize(
    ("workers", "confidence", "severity"),
    [
        ("--workers 4", Confidence.CERTAIN, Severity.WARNING),
        ("--workers 1", Confidence.POSSIBLE, Severity.NOTE),
        ("", Confidence.LIKELY, Severity.WARNING),
    ],
)
def test_the_number_of_workers_decides_how_sure_it_is(
    tmp_path: Path, workers: str, confidence: Confidence, severity: Severity
) -> None:
    files = {"main.py": app("sessions[user] = 1"), "Procfile": f"web: uvicorn main:app {workers}\n"}
    (finding,) = found(tmp_path, check, files)
    assert (finding.confidence, finding.severity) == (confidence, severity)


def test_state_of_another_module_is_followed_through_imports(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/store.py": "carts = {}\nbaskets = {}\n",
        "shop/main.py": """
            from fastapi import FastAPI
            from . import store
            from shop.store import carts as all_carts
            app = FastAPI()

            @app.post("/")
            def put(user: str):
                all_carts[user] = []
                store.baskets[user] = []
        """,
    }
    (finding,) = found(tmp_path, check, files)
    assert "put writes carts and baskets" in finding.message
    assert str(finding.place) == "shop/main.py:8"


MANAGER = """
    from fastapi import FastAPI, WebSocket

    class Manager:
        seen = []

        def __init__(self):
            self.active = []

        def connect(self, socket):
            self.active.append(socket)

        def note(self, name):
            self.seen.append(name)

    app = FastAPI()
    {manager}

    @app.websocket("/ws")
    async def chat(socket: WebSocket):
        {made}
        manager.connect(socket)
"""


def test_the_connections_of_a_lone_manager_are_those_of_one_worker(tmp_path: Path) -> None:
    source = MANAGER.replace("{manager}", "manager = Manager()").replace("{made}", "")
    (finding,) = found(tmp_path, check, source)
    assert "manager.active" in finding.message


def test_an_object_of_one_request_is_its_own(tmp_path: Path) -> None:
    source = MANAGER.replace("{manager}", "").replace("{made}", "manager = Manager()")
    assert found(tmp_path, check, source) == []


def test_a_list_in_the_body_of_a_class_belongs_to_all_its_objects(tmp_path: Path) -> None:
    source = (
        MANAGER.replace("{manager}", "")
        .replace("{made}", "manager = Manager()")
        .replace(".connect(", ".note(")
    )
    (finding,) = found(tmp_path, check, source)
    assert "Manager.seen" in finding.message


@pytest.mark.parametrize(
    ("look", "told"), [("return 1", 0), ("return len(_seen)", 1), ("return _seen.pop()", 1)]
)
def test_private_state_that_nobody_looks_at_makes_no_difference(tmp_path: Path, look: str, told: int) -> None:
    source = app(f"_seen.add(user); _seen.discard('root'); {look}").replace("sessions = {}", "_seen = set()")
    assert len(list(found(tmp_path, check, source))) == told
