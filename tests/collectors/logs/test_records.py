"""What belongs together is one record, in the formats of loggers, container runtimes and tracebacks."""

import json

from hypothesis import given
from hypothesis import strategies as st

from fastdiag.collectors.logs.lines import lines_of
from fastdiag.collectors.logs.records import Record, records_of

TRACEBACK = """Traceback (most recent call last):
  File "/srv/shop/pay.py", line 12, in pay
    return await client.get(url)
           ^^^^^^^^^^^^^^^^^^^^^
httpcore.ReadTimeout

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/shop/app.py", line 3, in call
    raise mapped from error
httpx.ReadTimeout
"""


def records(text: str | bytes) -> list[Record]:
    return list(records_of(lines_of(text.encode() if isinstance(text, str) else text)[0]))


def test_a_chain_of_exceptions_belongs_to_the_line_above_it_and_ends_there() -> None:
    access = 'INFO:     127.0.0.1:5 - "GET / HTTP/1.1" 500 Internal Server Error'
    found = records(f"ERROR:    Exception in ASGI application\n{TRACEBACK}{access}\n")
    assert [record.texts[0] for record in found] == ["ERROR:    Exception in ASGI application", access]
    assert found[0].texts[-1] == "httpx.ReadTimeout"
    assert not any("client.get" in text for text in found[0].texts)


def test_two_bare_tracebacks_are_two_records() -> None:
    assert len(records(TRACEBACK * 2)) == 2


def test_the_bars_of_an_exception_group_are_no_part_of_what_it_says() -> None:
    (record,) = records(
        "ERROR: x\n  + Exception Group Traceback (most recent call last):\n  | httpx.ReadTimeout\n"
    )
    assert "httpx.ReadTimeout" in record.texts


def test_kubernetes_and_docker_wrap_what_a_program_wrote() -> None:
    kubernetes = "".join(
        f"2026-11-22T12:00:00.1Z stderr F {line}\n" for line in TRACEBACK.splitlines() if line
    )
    docker = "".join(
        json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2026-11-22T12:00:00.1Z"}) + "\n"
        for line in TRACEBACK.splitlines()
        if line
    )
    for text in (kubernetes, docker):
        (record,) = records(text)
        assert record.texts[-1] == "httpx.ReadTimeout"
        assert record.at is not None


def test_a_record_of_json_says_what_its_values_say() -> None:
    fields = {
        "level": "error",
        "event": "failed",
        "exc": {"stack": TRACEBACK},
        "list": ["one", {"deep": "two"}],
    }
    (record,) = records(json.dumps(fields))
    assert {"failed", "httpx.ReadTimeout", "one", "two"} <= set(record.texts)


@given(st.binary(max_size=2000))
def test_any_bytes_make_records(raw: bytes) -> None:
    lines, _ = lines_of(raw)
    assert sum(bool(record.texts) for record in records_of(lines)) <= len(lines)


@given(st.lists(st.sampled_from([*TRACEBACK.splitlines(), "{", '{"a": [[[[1]]]]}', "\x00", "[" * 5000])))
def test_any_mixture_of_lines_makes_records(lines: list[str]) -> None:
    assert len(records("\n".join(lines))) <= len(lines)
