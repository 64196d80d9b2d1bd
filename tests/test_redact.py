"""Secrets end at the boundary of the snapshot; foreign text becomes one harmless line."""

from __future__ import annotations

import base64
import json as stdlib_json
from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastdiag.model.snapshot import Snapshot
from fastdiag.model.target import Secret
from fastdiag.redact import MASK, MAX_LABEL_CHARS, MAX_TEXT_CHARS, Redactor, disarm, redact
from fastdiag.render import json, markdown, terminal
from tests.render.hostile import TEXTS, diagnosis_of
from tests.render.snapshots import snapshots

NOBODY = Redactor.of(())

# Letters that the words around a secret do not hold, and everything that quoting changes.
secrets = st.text("XYZ789!@/:?&=%+ '\"\\#é\n", min_size=4, max_size=20).filter(
    lambda text: len(set(text) & set("XYZ789")) > 1 and "://" not in text and text.strip() == text
)


def spellings(secret: str) -> list[str]:
    """Return a secret as errors, URLs, JSON and connection strings spell it."""
    return [
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote(secret, safe="").lower() if secret.islower() else quote_plus(secret),
        stdlib_json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        secret.replace("\\", "\\\\").replace("'", "\\'"),
    ]


@given(secrets)
@example("p@ss/w'o\\rdXY")
@example("password=XY")
def test_a_known_secret_survives_in_no_spelling_and_no_format(secret: str) -> None:
    told = spellings(secret)
    diagnosis = diagnosis_of(f"upstream said ~{'~ and ~'.join(told)}~")
    clean = replace(diagnosis, causes=(), snapshot=redact(diagnosis.snapshot, [Secret(secret)]))
    screen = terminal.render(clean, width=2000, verbose=True)
    for text in (screen, markdown.render(clean), json.render(clean)):
        for spelling in told:
            for leaked in (spelling, disarm(spelling), stdlib_json.dumps(spelling)[1:-1]):
                assert leaked not in text


@given(secrets)
def test_the_password_of_a_connection_string_is_known_in_every_spelling(secret: str) -> None:
    quoted = secret.replace("\\", "\\\\").replace("'", "\\'")
    for dsn in (
        f"postgresql://app:{quote(secret, safe='')}@db:5432/shop?sslmode=require",
        f"host=db user=app password='{quoted}' dbname=shop",
    ):
        mask = Redactor.of([Secret(dsn)])
        for spelling in spellings(secret):
            assert spelling not in mask.text(f"refused ~{spelling}~")
        assert secret not in mask.text(dsn)
        assert disarm(secret) not in mask.text(dsn)


def test_of_a_url_only_the_secret_is_masked() -> None:
    url = "https://ops:hunter2@prometheus.example:9090/api?token=t0k3n&region=eu"
    assert Redactor.of([Secret(url)]).text(f"GET {url} failed for hunter2, t0k3n") == (
        f"GET https://ops:{MASK}@prometheus.example:9090/api?token={MASK}&region=eu failed for {MASK}, {MASK}"
    )
    basic = base64.b64encode(b"ops:hunter2").decode()
    assert basic not in Redactor.of([Secret(url)]).text(f"header {basic} sent")


@pytest.mark.parametrize(
    "harmless",
    [
        "http://127.0.0.1:9090",
        "host=127.0.0.1 dbname=shop user=app",
        "postgresql://app@db/shop",
    ],
)
def test_a_url_without_a_password_stays_readable(harmless: str) -> None:
    assert Redactor.of([Secret(harmless)]).text(f"asked {harmless} twice") == f"asked {harmless} twice"


def test_a_password_that_is_the_users_name_does_not_mask_that_name() -> None:
    mask = Redactor.of([Secret("postgresql://postgres:postgres@db/shop")])
    assert mask.text("role postgres at postgresql://postgres:postgres@db/shop") == (
        f"role postgres at postgresql://postgres:{MASK}@db/shop"
    )


def test_a_short_secret_is_masked_as_a_word_only() -> None:
    mask = Redactor.of([Secret("api")])
    assert mask.text("the api is shop-apis, api.") == f"the {MASK} is shop-apis, {MASK}."
    assert Redactor.of([Secret("")]).text("nothing to hide") == "nothing to hide"
    assert Redactor.of([Secret("**"), Secret("*")]).text("a ** b *** c") == "a ** b *** c"


def test_overlapping_secrets_leave_no_rest() -> None:
    mask = Redactor.of([Secret("hunter2"), Secret("hunter2-and-more"), Secret("2-and")])
    assert mask.text("x hunter2-and-more y") == f"x {MASK} y"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://app:pa/ss@w0rd@db/shop", "postgresql://app:***@db/shop"),
        ("redis://:S3cr3t@cache:6379/0", "redis://:***@cache:6379/0"),
        ("http://127.0.0.1:9090/x@y", "http://127.0.0.1:9090/x@y"),
        ("password=S3cr3t;x=1", "password=***;x=1"),
        (
            "to https://hooks.slack.com/services/T0/B0/S3cr3t?x now",
            "to https://hooks.slack.com/services/***?x now",
        ),
        ("https://discord.com/api/webhooks/1/S3cr3t/slack", "https://discord.com/api/webhooks/***"),
        ("PGPASSWORD=S3cr3t psql", "PGPASSWORD=*** psql"),
        ("STRIPE_API_KEY: S3cr3t", "STRIPE_API_KEY: ***"),
        ('{"api_key": "S3 cr3t", "n": 1}', '{"api_key": ***, "n": 1}'),
        ("https://x.example/?sig=S3cr3t&n=1", "https://x.example/?sig=***&n=1"),
        ("uvicorn app --db-password S3cr3t --port 80", "uvicorn app --db-password *** --port 80"),
        ("Authorization: Bearer S3cr3t.x.y", "Authorization: ***"),
        ("(b'authorization', b'Basic UzNjcjN0')", "(b'authorization', b***)"),
        ("sent bearer S3cr3t-~x, refused", "sent bearer ***, refused"),
        ("Cookie: session=S3cr3t; csrf=S3cr3t", "Cookie: ***"),
        ("got eyJhbGci.eyJzdWIi.S3cr3t here", "got *** here"),
        ("SELECT * FROM users WHERE mail = 'S3cr3t'", "SELECT * FROM users WHERE mail = '***'"),
        ("insert into t values ('it''s S3cr3t', 'S3c", "insert into t values ('***', '***"),
        ("LINE 1: ...WHERE mail = E'S3\\'cr3t' AND n", "LINE 1: ...WHERE mail = E'***' AND n"),
        ("do $tag$ S3cr3t $tag$ from t; select 1", "do $tag$***$tag$ from t; select 1"),
        ("DETAIL: Key (mail)=(S3cr3t) already exists.", "DETAIL: Key (mail)=(***) already exists."),
        ("DETAIL: Failing row contains (1, S3cr3t, null).", "DETAIL: Failing row contains (***)."),
        ('invalid input syntax for type integer: "S3cr3t"', 'invalid input syntax for type integer: "***"'),
        ("DETAIL: parameters: $1 = 'S3cr3t', $2 = 'S3c''x'", "DETAIL: parameters: $1 = '***', $2 = '***'"),
        ("select * from cards where number = 4111111111111111", "select * from cards where number = ***"),
        ("https://S3cr3t@sentry.example/4", "https://***@sentry.example/4"),
        ("[('x-api-key', 'S3cr3t'), ('accept', '*/*')]", "[('x-api-key', ***), ('accept', '*/*')]"),
        ("curl -u shop:S3cr3t http://x", "curl -u shop:*** http://x"),
        ("redis-cli -h cache -a S3cr3t ping", "redis-cli -h cache -a *** ping"),
        ("mysqldump -ushop -pS3cr3t shop", "mysqldump -ushop -p*** shop"),
        ("redis-server --requirepass S3cr3t --port 1", "redis-server --requirepass *** --port 1"),
        ("SESSION_ID=S3cr3t; credentials: S3cr3t", "SESSION_ID=***; credentials: ***"),
        ("DefaultEndpoints;AccountKey=S3cr3t==;x=1", "DefaultEndpoints;AccountKey=***;x=1"),
        ("pushed with ghp_S3cr3tS3cr3tS3cr3t now", "pushed with *** now"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nS3cr3t\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----",
        ),
    ],
)
def test_secrets_that_nobody_told_us_are_known_by_what_stands_before_them(text: str, masked: str) -> None:
    assert NOBODY.text(text) == masked
    assert "S3c" not in masked


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/v1/orders/{order_id}",
        "couldn't get a connection from the pool 'default' after 30 sec",
        'password authentication failed for user "app"',
        "AnyIO tokens: 40 of 40 borrowed",
        "d41d8cd98f00b204e9800998ecf8427e",
        "shop-api-7c9f8b5d4-x2x9q",
        "Basic authentication is needed",
        "idle in transaction (aborted)",
        "http://127.0.0.1:9090/api/v1/query",
        "pid 4711, 4712",
        "数据库 größte Tabelle",
        "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'pg_stat_statements';",
        "GRANT pg_monitor TO app;",
        "PGPASSFILE=/run/secrets/pgpass",
        "celery -A shop worker -u 3",
        "export it, or `--skip queue` leaves it out",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert NOBODY.label(text) == text


def test_a_label_that_is_called_like_a_secret_holds_one() -> None:
    labels = (("X-Api-Key", "S3cr3t"), ("db_password", ""), ("handler", "/token"), ("tokens", "40"))
    assert NOBODY.labels(labels) == (
        ("X-Api-Key", MASK),
        ("db_password", ""),
        ("handler", "/token"),
        ("tokens", "40"),
    )


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_foreign_text_becomes_one_printable_line(text: str) -> None:
    assert disarm(text).isprintable()
    assert NOBODY.text(text).isprintable()


def test_control_characters_are_spelt_out_and_white_space_is_blank() -> None:
    assert disarm("\x1b[31m\u202ea\tb\nc\x9b\udc80") == "\\x1b[31m\\u202ea b c\\x9b\\udc80"


def test_a_secret_that_hides_behind_a_line_break_is_found() -> None:
    assert NOBODY.text("password=\x00S3cr3t") == "password=***"
    assert Redactor.of([Secret("two\nlines")]).text("got 'two\\nlines', 'two lines' and two\nlines") == (
        f"got '{MASK}', '{MASK}' and {MASK}"
    )


def test_a_secret_that_white_space_disguises_is_found() -> None:
    assert Redactor.of([Secret("two words")]).text("got two\nwords, two\twords") == f"got {MASK}, {MASK}"


def test_texts_are_bounded_and_no_half_secret_is_left_at_the_cut() -> None:
    for length in range(MAX_LABEL_CHARS - 30, MAX_LABEL_CHARS + 5):
        mask = Redactor.of([Secret("XYZXYZXYZ")])
        label = mask.label("a" * length + " XYZXYZXYZ password=S3cr3t " + "b" * 300)
        assert mask.label(label) == label
        assert len(label) <= MAX_LABEL_CHARS
        assert "X" not in label
        assert "S3" not in label
    assert len(NOBODY.text("w " * 5000)) == MAX_TEXT_CHARS


@given(snapshots, st.lists(secrets, max_size=3))
def test_redacting_twice_changes_nothing(snapshot: Snapshot, words: list[str]) -> None:
    told = [Secret(word) for word in words]
    once = redact(snapshot, told)
    assert redact(once, told) == once


@given(st.text(max_size=400), st.lists(st.text(max_size=6), max_size=4))
@example("'" * 300 + " select from", [])
@example("password=" * 60, [])
def test_no_text_and_no_secret_is_too_odd(text: str, words: list[str]) -> None:
    mask = Redactor.of([Secret(word) for word in words])
    assert len(mask.label(text)) <= MAX_LABEL_CHARS
    assert mask.label(text).isprintable()


@pytest.mark.parametrize(
    "piece",
    [
        "://a:",
        "select ",
        "'",
        "$a$",
        "password=",
        "where x ",
        "--",
        "key (",
        "eyJa.a",
        "cookie:",
        "\x1b",
        "pass",
    ],
)
def test_a_long_text_is_masked_in_time_that_grows_with_its_length_only(piece: str) -> None:
    masked = NOBODY.text(f"select from {piece * (400_000 // len(piece))}")  # squared, that would be hours
    assert len(masked) <= MAX_TEXT_CHARS


def test_labels_whose_names_become_equal_stay_unique() -> None:
    mask = Redactor.of([Secret("S3cr3t-a"), Secret("S3cr3t-b")])
    assert mask.labels((("S3cr3t-a", "1"), ("S3cr3t-b", "2"))) == ((MASK, "2"),)


def test_names_and_numbers_stay() -> None:
    diagnosis = diagnosis_of("plain")
    clean = redact(diagnosis.snapshot, [Secret("postgres"), Secret("probe")])
    assert [state.name for state in clean.sources] == ["probe", "probe"]
    assert clean.readings.keys() == diagnosis.snapshot.readings.keys()
    assert clean.taken_at == diagnosis.snapshot.taken_at


WORDS = st.text("XYZ789!@/:?&%+~.-_", max_size=20).map(lambda middle: f"X7{middle}Z9")
"""Secrets as people generate them; what a shell would have to quote is another matter."""

SPEAKERS = (
    "gunicorn shop:app --db-password {} --port 8000",
    "uvicorn shop:app --ssl-keyfile-password={} --port 8000",
    "celery worker PGPASSWORD={} CELERY_QUEUE=mail",
    "SECRET_KEY={}",
    "{{'api-token': '{}', 'n': 1}}",
    '{{"client_secret": "{}", "n": 1}}',
    "Authorization: Bearer {}",
    "authorization=Token {}",
    "X-Auth-Token: {}",
    "psql 'host=db user=shop password={} dbname=shop'",
    "SELECT * FROM users WHERE token = '{}'",
    "INSERT INTO users (mail, hash) VALUES ('{}', 1)",
)


@pytest.mark.parametrize("speaker", SPEAKERS)
@settings(max_examples=30)
@given(word=WORDS)
def test_what_people_put_into_command_lines_headers_and_sql_is_masked(speaker: str, word: str) -> None:
    said = speaker.format(word)
    for text in (said, f"{said} and more", f"worker 3: {said}"):
        masked = NOBODY.text(text)
        assert word not in masked
        assert NOBODY.text(masked) == masked
