"""Calls that block, by kind, in async routes; beside each, the same thing done right."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.model.audit import Severity
from tests.audit.blocking.bench import blocks, findings

APP = """
    import asyncio
    from fastapi import FastAPI
    app = FastAPI()
"""


def test_http_with_a_synchronous_client_and_with_an_asynchronous_one(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        APP,
        """
        import requests, httpx
        session = requests.Session()
        shared = httpx.AsyncClient()

        @app.get("/bad")
        async def bad():
            requests.get("http://pricing")  # BLOCKS sync-http
            session.post("http://pricing")  # BLOCKS sync-http
            with httpx.Client() as client:
                client.get("http://pricing")  # BLOCKS sync-http

        @app.get("/good")
        async def good():
            await shared.get("http://pricing")
            async with httpx.AsyncClient() as client:
                await client.get("http://pricing")
            await asyncio.to_thread(requests.get, "http://pricing")
        """,
    )


def test_a_synchronous_session_and_an_asynchronous_one(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        APP,
        """
        from typing import Annotated
        from fastapi import Depends
        from sqlalchemy import create_engine, select
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
        from sqlalchemy.orm import Session, sessionmaker

        SessionLocal = sessionmaker(create_engine("postgresql://db"))
        AsyncLocal = async_sessionmaker(create_async_engine("postgresql+asyncpg://db"))

        def get_db():
            db = SessionLocal()
            try:
                yield db
            finally:
                db.close()

        @app.get("/annotated")
        async def annotated(db: Annotated[Session, Depends(get_db)]):
            return db.execute(select(1)).scalars().all()  # BLOCKS sync-database

        @app.get("/queried")
        async def queried(db=Depends(get_db)):
            return db.query(1).filter(True).order_by(1).first()  # BLOCKS sync-database

        @app.get("/made-here")
        async def made_here():
            with SessionLocal() as db:
                db.commit()  # BLOCKS sync-database

        @app.get("/good")
        async def good(db: AsyncSession):
            (await db.execute(select(1))).scalars().all()
            await db.run_sync(lambda session: session.execute(select(1)))
            async with AsyncLocal() as own:
                await own.commit()

        @app.get("/thread")
        def in_a_thread(db: Session = Depends(get_db)):
            return db.execute(select(1)).scalars().all()
        """,
    )


def test_sqlmodel_is_sqlalchemy(tmp_path: Path) -> None:
    found = blocks(
        tmp_path,
        APP,
        """
        from sqlmodel import Session, create_engine, select
        engine = create_engine("postgresql://db")

        @app.get("/")
        async def items():
            with Session(engine) as session:
                return session.exec(select(1)).all()  # BLOCKS sync-database
        """,
    )
    assert found[0].sink == "sqlalchemy.orm.Session.exec"


def test_sleeping_and_waiting_for_threads(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        APP,
        """
        import time, threading
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor()

        def compute() -> int:
            time.sleep(1)
            return 1

        @app.get("/bad")
        async def bad():
            time.sleep(1)  # BLOCKS sleep
            pool.submit(compute).result()  # BLOCKS thread-wait
            worker = threading.Thread(target=compute)
            worker.start()
            worker.join()  # BLOCKS thread-wait

        @app.get("/good")
        async def good():
            await asyncio.sleep(1)
            await asyncio.wrap_future(pool.submit(compute))
            threading.Thread(target=compute).start()
            task = asyncio.create_task(asyncio.sleep(1))
            await task
            return task.result()
        """,
    )


@pytest.mark.parametrize(
    ("imports", "bad", "good", "kind"),
    [
        (
            "import subprocess",
            'subprocess.run(["ls"])',
            'await asyncio.create_subprocess_exec("ls")',
            "subprocess",
        ),
        (
            "import socket",
            'socket.getaddrinfo("db", 1)',
            'await asyncio.get_running_loop().getaddrinfo("db", 1)',
            "dns",
        ),
        ("import smtplib", 'smtplib.SMTP("mail")', "smtplib.SMTP()", "email"),
        ("import boto3", 'boto3.client("s3").put_object()', "boto3.client.__name__", "cloud-sdk"),
        (
            "import bcrypt",
            "bcrypt.hashpw(b'', b'')",
            "await asyncio.to_thread(bcrypt.hashpw, b'', b'')",
            "password-hashing",
        ),
        (
            "from passlib.context import CryptContext",
            "CryptContext().verify('', '')",
            "CryptContext().update()",
            "password-hashing",
        ),
        (
            "from PIL import Image",
            'Image.open("x").resize((1, 1))',
            'await asyncio.to_thread(lambda: Image.open("x").resize((1, 1)))',
            "image",
        ),
        (
            "import pandas as pd",
            'pd.read_csv("x")',
            'await asyncio.to_thread(pd.read_csv, "x")',
            "data-frame",
        ),
        ("import zipfile", 'zipfile.ZipFile("x").extractall()', 'zipfile.ZipFile("x").namelist()', "archive"),
        ("import shutil", 'shutil.rmtree("x")', 'await asyncio.to_thread(shutil.rmtree, "x")', "file-tree"),
        ("from pathlib import Path", 'Path("x").read_text()', 'Path("x").with_suffix(".y")', "file"),
        ("import redis", 'redis.Redis().get("x")', "redis.Redis()", "sync-cache"),
        (
            "import redis",
            'redis.from_url("x").get("x")',
            'await redis.asyncio.from_url("x").get("x")',
            "sync-cache",
        ),
        ("import sqlite3", 'sqlite3.connect("x")', "sqlite3.Row", "embedded-database"),
        (
            "import psycopg",
            'psycopg.connect("")',
            'await psycopg.AsyncConnection.connect("")',
            "sync-database",
        ),
        ("from openai import OpenAI", "OpenAI().chat.completions.create()", "OpenAI()", "cloud-sdk"),
        (
            "from pymongo import MongoClient",
            'MongoClient()["a"]["b"].find_one({})',
            "MongoClient()",
            "sync-database",
        ),
        (
            "from cryptography.hazmat.primitives.asymmetric import rsa",
            "rsa.generate_private_key(65537, 2048)",
            "rsa.RSAPrivateKey",
            "key-generation",
        ),
    ],
)
def test_each_kind_and_its_harmless_neighbour(
    tmp_path: Path, imports: str, bad: str, good: str, kind: str
) -> None:
    blocks(
        tmp_path,
        APP,
        imports,
        f"""
        @app.get("/bad")
        async def bad():
            {bad}  # BLOCKS {kind}

        @app.get("/good")
        async def good():
            {good}
        """,
    )


def test_an_argument_may_make_the_difference(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        APP,
        """
        import fcntl, psutil
        from email_validator import validate_email
        from queue import Queue
        inbox = Queue()

        @app.get("/")
        async def route():
            psutil.cpu_percent(interval=0.5)  # BLOCKS sleep
            psutil.cpu_percent(interval=None)
            psutil.cpu_percent()
            fcntl.flock(0, fcntl.LOCK_EX)  # BLOCKS thread-wait
            fcntl.flock(0, fcntl.LOCK_EX | fcntl.LOCK_NB)
            validate_email("a@b.c")  # BLOCKS dns
            validate_email("a@b.c", check_deliverability=False)
            inbox.get()  # BLOCKS thread-wait
            inbox.get(block=False)
            inbox.get_nowait()
        """,
    )


def test_a_file_is_a_note_and_a_request_without_an_answer_is_critical(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        {
            "main.py": """
            import time, requests
            from fastapi import FastAPI
            app = FastAPI()

            @app.get("/")
            async def route():
                open("settings.toml")
                time.sleep(0.001)
                requests.get("http://pricing")
            """
        },
    )
    assert [one.severity for one in found] == [Severity.NOTE, Severity.NOTE, Severity.CRITICAL]


def test_builders_models_and_uploads(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        APP,
        """
        import peewee
        from fastapi import UploadFile
        from supabase import acreate_client, create_client
        tables = create_client("https://db", "key")

        class Book(peewee.Model): ...

        @app.post("/")
        async def route(upload: UploadFile):
            tables.table("books").select("*").eq("id", 1).execute()  # BLOCKS sync-database
            Book.get_by_id(1)  # BLOCKS sync-database
            upload.file.read()  # BLOCKS file

        @app.post("/good")
        async def good(upload: UploadFile):
            remote = await acreate_client("https://db", "key")
            await remote.table("books").select("*").eq("id", 1).execute()
            tables.table("books").select("*")
            await upload.read()
        """,
    )


def test_names_that_only_look_like_sinks(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        APP,
        """
        class Requests:
            def get(self, url): return url

        class Db:
            def execute(self, text): return text
            def commit(self): return None

        requests = Requests()

        def sleep(seconds): return seconds

        @app.get("/")
        async def route(payload: dict, db: Db):
            requests.get("http://pricing")
            sleep(1)
            db.execute("select 1")
            db.commit()
            payload.get("x")
            unknown.execute("select 1")
        """,
    )


def test_collections_of_mongo_are_found_however_they_are_named(tmp_path: Path) -> None:
    blocks(
        tmp_path,
        APP,
        """
        from pymongo import AsyncMongoClient, MongoClient
        client = MongoClient("mongodb://db")
        shop = client.shop
        later = AsyncMongoClient("mongodb://db").shop

        @app.get("/")
        async def route():
            client.shop.orders.find_one({})  # BLOCKS sync-database
            shop["orders"].insert_one({})  # BLOCKS sync-database
            client["shop"].orders.find_one({})  # BLOCKS sync-database
            shop.orders.with_options()
            await later.orders.find_one({})
            client.close()
        """,
    )
