"""Ids sort by time, tokens and secrets are long and stored hashed."""

import time

from interviewer.records.database import libpq_url, storable_json
from interviewer.records.ids import new_id
from interviewer.records.secrets import hash_token, new_secret, new_token


def test_ids_carry_their_prefix_and_sort_by_the_time_they_were_made() -> None:
    ids = []
    for _ in range(20):
        ids.append(new_id("int"))
        time.sleep(0.002)
    assert ids == sorted(ids)
    assert all(i.startswith("int_") and len(i) == 30 for i in ids)


def test_tokens_have_128_bits_and_secrets_256() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert len(new_token()) == 22
    assert len(new_secret().removeprefix("mk_live_")) == 43
    assert hash_token("a") != hash_token("b")


def test_an_address_keeps_its_spelling_for_libpq() -> None:
    assert libpq_url("postgres://u:p%40x@h/d?host=/a%20b") == "postgresql://u:p%40x@h/d?host=/a%20b"
    assert libpq_url("postgresql+psycopg://u@h/d") == "postgresql://u@h/d"


def test_json_for_postgresql_changes_nothing_else() -> None:
    assert storable_json({"ș": ["\\u0000", 1.5, None]}) == '{"ș":["\\\\u0000",1.5,null]}'
    assert storable_json({"\0": "\0\ud800"}) == '{"�":"�?"}'
