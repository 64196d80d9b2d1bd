"""Where FastAPI, the server and queues call into the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.entries import RootKind
from tests.audit.blocking.bench import ground_of


def roots_in(folder: Path, **sources: str) -> dict[str, str]:
    """Return the roots of some modules: text -> kind."""
    ground = ground_of(folder, {f"{name}.py": text for name, text in sources.items()})
    return {root.text: root.kind for root in ground.roots.all}


def test_routes_by_decorators_and_by_calls_with_their_whole_paths(tmp_path: Path) -> None:
    found = roots_in(
        tmp_path,
        items="""
        from fastapi import APIRouter
        router = APIRouter(prefix="/items")

        @router.get("")
        async def all_items(): ...

        @router.api_route("/{item_id}", methods=["PUT", "PATCH"])
        def change(item_id: int): ...

        @router.websocket("/live")
        async def live(socket): ...
        """,
        api="""
        from fastapi import APIRouter
        import items
        api = APIRouter()
        api.include_router(items.router, tags=["items"])
        """,
        main="""
        from fastapi import FastAPI
        from api import api
        PREFIX = "/v1"

        async def ping(): ...

        def create_app() -> FastAPI:
            app = FastAPI()
            app.include_router(api, prefix=PREFIX)
            app.add_api_route("/ping", ping, methods=["GET"])

            @app.get("/inner")
            async def inner(): ...

            return app
        """,
    )
    assert found == {
        "GET /v1/items": RootKind.ROUTE,
        "PUT|PATCH /v1/items/{item_id}": RootKind.ROUTE,
        "websocket /v1/items/live": RootKind.WEBSOCKET,
        "GET /ping": RootKind.ROUTE,
        "GET /inner": RootKind.ROUTE,
    }


def test_class_based_views_and_subclassed_routers(tmp_path: Path) -> None:
    found = roots_in(
        tmp_path,
        main="""
        from aiocache import cached
        from classy_fastapi import Routable, get
        from fastapi import APIRouter, FastAPI
        from fastapi_utils import Resource
        from fastapi_utils.cbv import cbv
        from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint

        class OurRouter(APIRouter): ...

        router = OurRouter()

        @cbv(router)
        class Orders:
            @router.get("/orders")
            async def read(self): ...

        class Status(HTTPEndpoint):
            async def get(self, request): ...

        class Chat(WebSocketEndpoint):
            async def on_receive(self, socket, data): ...

        class Users(Routable):
            @get("/users")
            async def users(self): ...

            @cached("/none")
            async def none(self): ...

        class Stock(Resource):
            async def get(self): ...
        """,
    )
    assert found == {
        "GET /orders": RootKind.ROUTE,
        "GET /users": RootKind.ROUTE,
        "GET Stock": RootKind.ROUTE,
        "GET Status": RootKind.ROUTE,
        "websocket Chat": RootKind.ROUTE,
    }


def test_handlers_of_other_protocols_and_what_route_classes_put_around(tmp_path: Path) -> None:
    found = roots_in(
        tmp_path,
        main="""
        import strawberry
        from fastapi.routing import APIRoute
        from mcp.server.fastmcp import FastMCP
        mcp = FastMCP("tools")

        @mcp.tool()
        async def search(text: str): ...

        @strawberry.type
        class Query:
            @strawberry.field
            async def books(self): ...

        class TimedRoute(APIRoute):
            def get_route_handler(self):
                original = super().get_route_handler()
                async def timed(request):
                    return await original(request)
                return timed
        """,
    )
    assert found == {
        "MCP search": RootKind.HANDLER,
        "GraphQL books": RootKind.HANDLER,
        "route class TimedRoute": RootKind.MIDDLEWARE,
    }


def test_what_stands_around_the_routes(tmp_path: Path) -> None:
    found = roots_in(
        tmp_path,
        main="""
        from contextlib import asynccontextmanager
        from celery import shared_task
        from fastapi import BackgroundTasks, FastAPI
        from starlette.middleware import Middleware
        from starlette.middleware.base import BaseHTTPMiddleware

        class Timing(BaseHTTPMiddleware):
            async def dispatch(self, request, call_next): ...

        class Pure:
            def __init__(self, app): ...
            async def __call__(self, scope, receive, send): ...

        class NotAMiddleware:
            async def __call__(self, a, b, c): ...

        @asynccontextmanager
        async def lifespan(app):
            yield

        app = FastAPI(lifespan=lifespan, middleware=[Middleware(Pure)])

        @app.middleware("http")
        async def headers(request, call_next): ...

        @app.exception_handler(ValueError)
        async def wrong_value(request, error): ...

        async def other_error(request, error): ...
        app.add_exception_handler(KeyError, other_error)

        async def mail(): ...

        @shared_task
        def bill(): ...

        def register(tasks: BackgroundTasks):
            tasks.add_task(mail)
        """,
    )
    assert found == {
        "middleware Timing": RootKind.MIDDLEWARE,
        "middleware Pure": RootKind.MIDDLEWARE,
        "lifespan": RootKind.LIFESPAN,
        "middleware headers": RootKind.MIDDLEWARE,
        "exception handler wrong_value": RootKind.EXCEPTION_HANDLER,
        "exception handler other_error": RootKind.EXCEPTION_HANDLER,
        "background task mail": RootKind.BACKGROUND_TASK,
        "celery task bill": RootKind.QUEUE_TASK,
    }


def test_exception_handlers_in_a_table_are_known_by_what_they_take(tmp_path: Path) -> None:
    found = roots_in(
        tmp_path,
        main="""
        from fastapi import FastAPI, Request
        handlers = {}

        async def conflict(request: Request, error: ConflictError): ...
        handlers["conflict"] = conflict

        async def helper(request: Request, name: str): ...

        app = FastAPI()
        for error, handler in handlers.items():
            app.add_exception_handler(error, handler)
        """,
    )
    assert found == {"exception handler conflict": RootKind.EXCEPTION_HANDLER}


@pytest.mark.parametrize(
    "text",
    [
        "import flask\napp = flask.Flask(__name__)\n@app.get('/')\nasync def route(): ...",
        "class App:\n    def get(self, path): return print\napp = App()\n@app.get('/')\nasync def r(): ...",
        "async def get(): ...",
    ],
)
def test_what_only_looks_like_a_route(tmp_path: Path, text: str) -> None:
    assert roots_in(tmp_path, main=text) == {}


def test_a_prefix_that_is_computed_is_said_to_be_unknown(tmp_path: Path) -> None:
    found = roots_in(
        tmp_path,
        main="""
        import os
        from fastapi import APIRouter
        router = APIRouter(prefix=os.environ["PREFIX"])

        @router.get("/items")
        async def items(): ...
        """,
    )
    assert list(found) == ["GET …/items"]


def test_the_request_path_includes_threads_and_the_loop_does_not(tmp_path: Path) -> None:
    ground = ground_of(
        tmp_path,
        {
            "main.py": """
            import asyncio
            from fastapi import FastAPI
            app = FastAPI()

            def offloaded(): ...
            def direct(): ...
            def plain_helper(): ...
            def never(): ...

            @app.get("/a")
            async def on_the_loop():
                direct()
                await asyncio.to_thread(offloaded)

            @app.get("/b")
            def in_a_thread():
                plain_helper()
            """
        },
    )
    functions = {function.name: function for function in ground.project.functions.values()}
    seen = {
        name: (ground.reach.is_on_loop(function), ground.reach.on_request_path(function))
        for name, function in functions.items()
    }
    assert seen == {
        "on_the_loop": (True, True),
        "direct": (True, True),
        "offloaded": (False, True),
        "in_a_thread": (False, True),
        "plain_helper": (False, True),
        "never": (False, False),
    }
    assert [root.text for root in ground.reach.roots_to(functions["direct"])] == ["GET /a"]
    assert [step.text for step in ground.reach.chain_to(functions["plain_helper"])] == [
        "GET /b",
        "plain_helper",
    ]
    assert ground.reach.chain_to(functions["never"]) == ()


def test_routes_that_are_listed_or_registered_by_applying_a_decorator(tmp_path: Path) -> None:
    found = roots_in(
        tmp_path,
        main="""
        from fastapi import FastAPI
        from starlette.routing import Route, WebSocketRoute

        async def listed(request): ...
        async def live(socket): ...
        async def applied(): ...
        async def named_only(): ...

        def timing(log):
            async def around(request, call_next): ...
            return around

        app = FastAPI(routes=[Route("/listed", listed), WebSocketRoute("/live", live)])
        app.get("/applied")(applied)
        app.middleware("http")(timing(print))
        print("/named-only")(named_only)
        """,
    )
    assert found == {
        "GET /listed": RootKind.ROUTE,
        "websocket /live": RootKind.WEBSOCKET,
        "GET /applied": RootKind.ROUTE,
        "middleware around": RootKind.MIDDLEWARE,
    }
