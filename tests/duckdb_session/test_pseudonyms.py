"""Keys of people: one form, one pseudonym, in the engine as in Python."""

from __future__ import annotations

import hashlib
import hmac

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cxaudit import Session
from cxaudit._engines.duckdb.pseudonyms import fill_pseudonyms
from cxaudit._engines.duckdb.session import connect
from cxaudit._model.expressions import ColumnRef
from cxaudit._model.pseudonyms import Pseudonyms, normalised
from cxaudit._sources.columnar import read_parquet
from cxaudit.errors import AuditFileError
from cxaudit.plugin import Column, ReadRequest, RowQuery, SourceUse, Table, TableLoad

KEY = b"a key that nobody else has, 32 b"
SECRET = KEY.decode()


@pytest.mark.parametrize(
    ("value", "region", "form"),
    [
        ("+44 20 7946 0000", None, "+442079460000"),
        ("+44 (0)20 7946-0000", None, "+442079460000"),
        ("0044 20 7946 0000", None, "+442079460000"),
        ("020 7946 0000", "GB", "+442079460000"),
        ("020 7946 0000", None, "02079460000"),
        ("tel:+442079460000", None, "+442079460000"),
        ("sip:+442079460000@voice.example.com", None, "+442079460000"),
        ("whatsapp:+442079460000", None, "+442079460000"),
        ("Ada Lovelace <Ada.Lovelace@Example.COM>", None, "ada.lovelace@example.com"),
        ("mailto:ADA@example.com", None, "ada@example.com"),
        (" K-1024 ", None, "K-1024"),
        ("cust_7", "GB", "cust_7"),
        ("anonymous", None, None),
        ("Unavailable", None, None),
        ("   ", None, None),
        ("+266696687", None, None),
        ("+8656696", None, None),
        ("8656696", None, "8656696"),
        ("asterisk", None, None),
    ],
)
def test_a_key_has_one_form(value, region, form):
    assert normalised(value, region) == form


def test_a_pseudonym_is_the_hmac_of_the_form():
    expected = hmac.new(KEY, b"+442079460000", hashlib.sha256).hexdigest()[:16]
    assert Pseudonyms(KEY).of("0044 20 7946 0000") == expected
    assert Pseudonyms(KEY, "GB").of("020 7946 0000") == expected
    assert Pseudonyms(KEY + b"!").of("+442079460000") != expected


def test_a_key_does_not_show_itself():
    assert "nobody else" not in repr(Pseudonyms(KEY))


KEYS = st.one_of(
    st.text(),
    st.from_regex(r"[+(]?[0-9][0-9 ().-]{4,16}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9.]{1,8}@[A-Za-z0-9.]{1,12}", fullmatch=True),
    st.from_regex(r"(tel|sip|mailto):[+0-9a-z@.]{1,15}", fullmatch=True),
    st.sampled_from(["anonymous", "PRIVATE", "Unknown", "00000", "123456", "a-1", "\u00e9-1"]),
).filter(lambda text: "\x00" not in text)


@example(["00000/@0", "000000\u00a0@0", "(000)000@x", "0.a@X"], None, b"")
@given(st.lists(KEYS, max_size=30), st.sampled_from([None, "GB", "FR"]), st.binary(max_size=100))
def test_the_engine_makes_the_same_pseudonyms(keys, region, secret):
    pseudonyms = Pseudonyms(secret, region)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT unnest($1::VARCHAR[]) AS v", [keys])
        fill_pseudonyms(connection, "_cx_keys", "SELECT v FROM t", ["v"], pseudonyms)
        found = dict(connection.execute("SELECT raw, pseudonym FROM _cx_keys").fetchall())
    assert found == {key: pseudonyms.of(key) for key in keys if pseudonyms.of(key) != key}


@example(["PRIVATE", "a-1", "unknown ", "0"])
@given(st.lists(KEYS, max_size=30))
def test_without_a_secret_the_engine_makes_the_same_forms(keys):
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT unnest($1::VARCHAR[]) AS v", [keys])
        fill_pseudonyms(connection, "_cx_keys", "SELECT v FROM t", ["v"], None)
        forms = dict(connection.execute("SELECT raw, pseudonym FROM _cx_keys").fetchall())
    assert forms == {key: normalised(key, None) for key in keys if normalised(key, None) != key}


AUDIT = """cxaudit = 1
[audit]
id = "t"
title = "T"
client = "C"
checklists = ["c.toml"]
identity = "identity.csv"
{head}
[[unit]]
id = "firm"
kind = "organisation"
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
"""
CHECKLIST = """cxaudit = 1
[checklist]
id = "c"
version = "1"
title = "C"
"""
BREAKDOWN = """
[[metric]]
id = "calls"
table = "calls"
kind = "count"
"""
BY_CUSTOMER = """
[[breakdown]]
id = "by-customer"
metrics = ["calls"]
by = "customer_key"
"""


def test_a_key_of_many_rows_has_one_pseudonym():
    """A second one would double each row that has the key."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT unnest(['7', '7', '8', null]) AS v")
        fill_pseudonyms(connection, "_cx_keys", "SELECT v FROM t", ["v"], Pseudonyms(KEY))
        found = connection.execute("SELECT raw FROM _cx_keys ORDER BY raw").fetchall()
    assert found == [("7",), ("8",)]


@pytest.fixture
def start(tmp_path, monkeypatch):
    def start(head, key=SECRET):
        if key is not None:
            monkeypatch.setenv("HARBOUR_KEY", key)
        (tmp_path / "audit.toml").write_text(AUDIT.format(head="") + head + BY_CUSTOMER)
        (tmp_path / "c.toml").write_text(CHECKLIST + BREAKDOWN)
        (tmp_path / "calls.csv").write_text(
            "call_id,customer_key\n1,+44 20 7946 0000\n2,0044-20-7946-0000\n3,private\n"
        )
        (tmp_path / "identity.csv").write_text("key,customer\n+442079460000,ada\n")
        session = Session()
        return session.run(session.load(tmp_path / "audit.toml"))

    return start


def groups(result):
    return {each.group: each.n for each in result.measurements if each.breakdown}


def test_keys_are_hashed_with_the_users_key(start):
    result = start('[pseudonyms]\nkey = { env = "HARBOUR_KEY" }\n')
    assert groups(result) == {Pseudonyms(KEY).of("+442079460000"): 2, None: 1}


def test_without_pseudonyms_keys_have_one_form_and_withheld_numbers_are_nobody(start):
    assert groups(start("")) == {"+442079460000": 2, None: 1}


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (None, "The environment variable HARBOUR_KEY is not set."),
        ("short", "The key is shorter than 16 bytes, so pseudonyms could be guessed."),
    ],
)
def test_a_key_that_is_missing_or_short_is_refused(start, key, message):
    with pytest.raises(AuditFileError) as caught:
        start('[pseudonyms]\nkey = { env = "HARBOUR_KEY" }\n', key)
    (problem,) = caught.value.problems
    assert (problem.message, problem.path) == (message, "pseudonyms.key")


PEOPLE = Table(
    id="people",
    touchpoint="phone",
    columns=(
        Column(name="caller", type="text", meaning="", identifies="customer", required=True),
        Column(name="called", type="text", meaning="", identifies="customer"),
    ),
)


@pytest.mark.parametrize("copied", [True, False])
@settings(max_examples=20, deadline=None)
@example([("private", "+44 20 7946 0000"), ("a-1", None), (None, "Unknown"), (" a-1", "a-1")])
@given(st.lists(st.tuples(KEYS | st.none(), KEYS | st.none()), min_size=1, max_size=20))
def test_keys_of_rows_have_one_form_copied_or_read_again(tmp_path_factory, copied, keys):
    folder = tmp_path_factory.mktemp("people")
    file = folder / "people.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT unnest($1::VARCHAR[]) AS a, unnest($2::VARCHAR[]) AS b",
            [list(column) for column in zip(*keys, strict=True)],
        )
        connection.execute(f"COPY t TO '{file}' (FORMAT parquet)")
    use = SourceUse(name="people", reader="parquet", table="people", paths=("people.parquet",))
    load = TableLoad(
        source="people",
        table=PEOPLE,
        scan=read_parquet(ReadRequest(use=use, files=(file,), scratch=folder, shown=("p",))),
        columns={"caller": ColumnRef("a", "text"), "called": ColumnRef("b", "text")},
        unit_zones={"root": "UTC"},
    )
    session = connect()
    session.open([file], folder / "scratch")
    if not copied:
        session._room = 0  # as if memory had no room for a copy of the file
    account = session.load(load).account
    rows = [row for batch in session.rows(RowQuery(table="people")) for row in batch]
    session.close()

    def form(key):
        return None if key is None else normalised(key, None)

    kept = [(a, b) for a, b in keys if a is None or form(a) is not None]
    assert [(row["caller"], row["called"]) for row in rows] == [(form(a), form(b)) for a, b in kept]
    assert sum(account.rejected.values()) == len(keys) - len(kept)
