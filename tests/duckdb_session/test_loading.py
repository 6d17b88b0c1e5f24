"""Dirty files of every kind through the loader, against a slow reading in plain Python."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections import Counter
from zoneinfo import ZoneInfo

import attrs
import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit._engines.duckdb.session import connect
from cxaudit._expressions import parse
from cxaudit._sources.columnar import read_parquet
from cxaudit._sources.delimited import read_csv
from cxaudit._sources.documents import read_jsonl
from cxaudit.plugin import ReadRequest, RowQuery, SourceUse, TableLoad
from tests.support.records import TABLE, ZONES

MAPPING = {
    "call_id": "nullif(id, 'bad')",
    "at": "at",
    "wait_s": "n",
    "ok": "ok",
    "day": "day",
    "note": "note",
    "unit": "u",
}
WHERE = "note is null or note <> 'TEST'"
ALIASES = {"0042": "east"}
RAW = ("id", "at", "n", "ok", "day", "note", "u")

BAD = object()
"""Something was there, and could not be read."""

NUMBERS = {
    None: None, "1": 1.0, "2.50": 2.5, "-1e3": -1000.0, " 7 ": 7.0, "0": 0.0,
    "n/a": BAD, "nan": BAD, "-Infinity": BAD, "1,5": BAD,
}  # fmt: skip
BOOLEANS = {None: None, "true": True, "YES": True, "f": False, " 0 ": False, "2": BAD, "ja": BAD}
DAYS = {
    None: None, "2026-04-01": dt.date(2026, 4, 1), "2024-02-29": dt.date(2024, 2, 29),
    "2026-02-30": BAD, "1. April": BAD,
}  # fmt: skip
UNITS = {None: None, "root": "root", "east": "east", "0042": "east", "what": None, "Root": None}
BAD_TIMES = ("n/a", "01.04.2026 10:00", "2026-13-01", "2026-04-01 25:00:00", " 2026-04-01", "10:00")
CHANGES = [
    dt.datetime(2022, 3, 27, 2),  # noqa: DTZ001 - on the clock
    dt.datetime(2022, 10, 30, 2),  # noqa: DTZ001
    dt.datetime(2022, 3, 13, 2),  # noqa: DTZ001
    dt.datetime(2022, 11, 6, 1),  # noqa: DTZ001
    dt.datetime(1900, 1, 1),  # noqa: DTZ001 - stands for no time in many systems
    dt.datetime(2150, 7, 1),  # noqa: DTZ001
]
CLOCK = st.builds(
    lambda day, seconds: day + dt.timedelta(seconds=seconds),
    st.sampled_from(CHANGES),
    st.integers(-9_000, 9_000),
)
TIMES = (
    st.none()
    | st.sampled_from(BAD_TIMES)
    | CLOCK
    | CLOCK.map(lambda at: at.replace(tzinfo=dt.timezone(dt.timedelta(hours=-3, minutes=-30))))
)


@attrs.frozen
class Cells:
    """What one row has to say; a time as text, on the clock, or with an offset."""

    id: str | None
    at: str | dt.datetime | None
    n: str | None
    ok: str | None
    day: str | None
    note: str | None
    u: str | None

    @property
    def texts(self):
        """Return the row as a text file has it."""
        at = self.at
        if isinstance(at, dt.datetime):
            at = at.isoformat(sep="T" if at.tzinfo else " ")
        return [at if name == "at" else getattr(self, name) for name in RAW]


ROWS = st.builds(
    Cells,
    id=st.sampled_from(["1", "2", "3", "4", "5", "6", "bad", None]),
    at=TIMES,
    n=st.sampled_from(list(NUMBERS)),
    ok=st.sampled_from(list(BOOLEANS)),
    day=st.sampled_from(list(DAYS)),
    note=st.sampled_from([None, "TEST", 'say "so"', "two\nlines", "a, b", "é"]),
    u=st.sampled_from(list(UNITS)),
)
BROKEN = None
TOO_SHORT = "the row is broken: fewer fields than the header"
FILES = st.lists(st.lists(ROWS | st.just(BROKEN), max_size=15), min_size=1, max_size=3)


def instant(at, zone):
    """Return the UTC instant of a time, and whether its clock showed it twice or never."""
    if at is None or isinstance(at, str):
        return (None if at is None else BAD), None
    if at.tzinfo:
        return at.astimezone(dt.UTC), None
    first, second = (at.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    odd = None
    if first.utcoffset() != second.utcoffset():
        back = first.astimezone(dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        odd = "twice" if back == at else "never"
    return first.astimezone(dt.UTC), odd


class Reference:
    """The loader in plain Python: rows one after another, over files and loads."""

    def __init__(self, raw_of):
        self.raw_of = raw_of
        self.keys = set()
        self.rows = []

    def load(self, files, broken):
        """Return the account of one more load, and its lines of quarantine."""
        account = Counter()
        unreadable, unmatched, rejected = Counter(), Counter(), Counter()
        lines, refused = [], []
        for number, cells_of_file in enumerate(files):
            for row, cells in enumerate(cells_of_file, start=1):
                origin = f"f{number}", row
                account["read"] += 1
                if cells is BROKEN:
                    rejected[broken[0]] += 1
                    lines.append((*origin, broken[0], broken[1]))
                    continue
                if cells.note == "TEST":
                    account["skipped"] += 1
                    continue
                values, odd = self.values(cells)
                reason = self.reason(cells)
                if reason:
                    rejected[reason] += 1
                    refused.append((*origin, reason, self.raw_of(cells)))
                    continue
                self.keys.add(cells.id)
                account["kept"] += 1
                unreadable.update(name for name, value in values.items() if value is BAD)
                account[odd] += 1
                if values["unit"] is None:
                    unmatched[cells.u or ""] += 1
                readable = {k: None if v is BAD else v for k, v in values.items()}
                self.rows.append({**readable, "_source": origin[0], "_row": row})
        counts = (account["read"], account["kept"], account["skipped"])
        odd = (account["twice"], account["never"])
        return (counts, odd, *map(dict, (rejected, unreadable, unmatched))), lines + refused

    def reason(self, cells):
        """Return why a row is refused."""
        if cells.id == "bad":
            return "required column call_id cannot be read"
        if cells.id is not None and cells.id in self.keys:
            return "the key repeats: call_id"
        return None

    @staticmethod
    def values(cells):
        """Return the row of the table, and what its clock had to do with its time."""
        unit = UNITS[cells.u]
        zone = ZONES[unit or "root"]
        at, odd = instant(cells.at, zone)
        return {
            "call_id": cells.id,
            "at": at,
            "wait_s": NUMBERS[cells.n],
            "ok": BOOLEANS[cells.ok],
            "day": DAYS[cells.day],
            "note": cells.note,
            "unit": unit,
            "touchpoint": "phone",
            "_zone": zone,
        }, odd


def written_csv(files, folder):
    """Return a scan of the rows as CSV; a broken one is too short."""
    paths = []
    for number, rows in enumerate(files):
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerow(RAW)
        for cells in rows:
            if cells is BROKEN:
                out.write("short\n")
            else:
                csv.writer(out, lineterminator="\n").writerow(cells.texts)
        paths.append(folder / f"f{number}.csv")
        paths[-1].write_text(out.getvalue(), encoding="utf-8", newline="")
    return read_csv(request(paths, folder, separator=","))


def written_json(files, folder):
    """Return a scan of the rows as JSON Lines; a broken one is no object."""
    paths = []
    for number, rows in enumerate(files):
        lines = [
            "[]" if cells is BROKEN else json.dumps(dict(zip(RAW, cells.texts, strict=True)))
            for cells in rows
        ]
        paths.append(folder / f"f{number}.jsonl")
        paths[-1].write_text("".join(f"{line}\n" for line in lines))
    return read_jsonl(request(paths, folder))


def written_parquet(files, folder, types):
    """Return a scan of the rows as Parquet, its columns of some types."""
    paths = []
    for number, rows in enumerate(files):
        names = ", ".join(f'"{name}" {kind}' for name, kind in zip(RAW, types, strict=True))
        paths.append(folder / f"f{number}.parquet")
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"CREATE TABLE t ({names})")
            if rows:
                marks = ", ".join("?" * len(RAW))
                connection.executemany(
                    f"INSERT INTO t VALUES ({marks})", [cells.texts for cells in rows]
                )
            connection.execute(f"COPY t TO '{paths[-1]}' (FORMAT parquet)")
    return read_parquet(request(paths, folder))


def request(paths, folder, **options):
    use = SourceUse(name="s", reader="r", table="calls", paths=("x",), options=options)
    names = tuple(f"f{number}" for number in range(len(paths)))
    return ReadRequest(use=use, files=tuple(paths), scratch=folder / "scratch", shown=names)


def check(files, scan, broken, raw_of, loads, folder, *, copied=True):
    """Load a scan some times and hold all that comes of it to the reference."""
    quarantine = folder / "q.jsonl"
    raw = dict.fromkeys(scan.columns, "text")
    load = TableLoad(
        source="calls",
        table=TABLE,
        scan=scan,
        columns={name: parse(text, raw, {}) for name, text in MAPPING.items()},
        where=parse(WHERE, raw, {}, expect="boolean"),
        zone="unit",
        unit_aliases=ALIASES,
        unit_zones=ZONES,
        quarantine=quarantine,
    )
    reference = Reference(raw_of)
    expected, accounts, lines = [], [], []
    session = connect()
    session.open(scan.files, folder / "scratch")
    if not copied:
        session._room = 0  # as if memory had no room for a copy of the file
    for _ in range(loads):
        account = session.load(load).account
        accounts.append(
            (
                (account.read, account.kept, account.skipped),
                (account.ambiguous_times, account.skipped_times),
                dict(account.rejected),
                dict(account.unreadable),
                dict(account.unmatched_units),
            )
        )
        expected_account, refused = reference.load(files, broken)
        expected.append(expected_account)
        lines += refused
    rows = [row for batch in session.rows(RowQuery(table="calls")) for row in batch]
    stored = session._connection.unguarded.execute("SELECT * FROM calls LIMIT 0").description
    session.close()
    assert accounts == expected
    key = ("_source", "_row")
    in_order = sorted(reference.rows, key=lambda row: [row[name] for name in key])
    # A row without a key may be there once for each load.
    assert sorted(map(repr, rows)) == sorted(
        repr({name[0]: row[name[0]] for name in stored}) for row in in_order
    )
    written = quarantine.read_text("utf-8").splitlines() if quarantine.exists() else []
    refused = [json.loads(line) for line in written]
    assert [(r["source"], r["row"], r["reason"], r["raw"]) for r in refused] == lines


LOADS = st.integers(1, 2)


@settings(max_examples=25, deadline=None)
@given(files=FILES, loads=LOADS)
def test_dirty_csv_is_read_as_plain_python_would(tmp_path_factory, files, loads):
    folder = tmp_path_factory.mktemp("csv")
    check(
        files, written_csv(files, folder), (TOO_SHORT, "short"),
        lambda cells: json.dumps(dict(zip(RAW, cells.texts, strict=True)), ensure_ascii=False),
        loads, folder,
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(files=FILES.filter(lambda files: any(row for rows in files for row in rows)), loads=LOADS)
def test_dirty_json_lines_are_read_as_plain_python_would(tmp_path_factory, files, loads):
    folder = tmp_path_factory.mktemp("json")
    check(
        files, written_json(files, folder), ("the line is not a JSON object", "[]"),
        lambda cells: json.dumps(
            dict(sorted(zip(RAW, cells.texts, strict=True))), ensure_ascii=False
        ),
        loads, folder,
    )  # fmt: skip


TEXT = ("VARCHAR",) * len(RAW)
NATIVE = ("VARCHAR", "TIMESTAMP", "DOUBLE", "BOOLEAN", "DATE", "VARCHAR", "VARCHAR")
INSTANT = ("VARCHAR", "TIMESTAMPTZ", "FLOAT", "INTEGER", "DATE", "VARCHAR", "VARCHAR")


def of_type(cells, types):
    """Return the row with the cells that a Parquet file of such types may have."""
    at = cells.at
    if types is not TEXT:
        aware = isinstance(at, dt.datetime) and at.tzinfo is not None
        at = at if isinstance(at, dt.datetime) and aware == (types is INSTANT) else None
        booleans = {"true", "f"} if types is NATIVE else {"2"}
        numbers = {name for name, value in NUMBERS.items() if value is not BAD} | {"nan"}
        return attrs.evolve(
            cells,
            at=at,
            n=cells.n if cells.n in numbers else None,
            ok=cells.ok if cells.ok in booleans else None,
            day=cells.day if DAYS[cells.day] is not BAD else None,
        )
    return cells


@settings(max_examples=40, deadline=None)
@given(
    files=st.lists(st.lists(ROWS, max_size=15), min_size=1, max_size=3),
    types=st.sampled_from([TEXT, NATIVE, INSTANT]),
    loads=LOADS,
    copied=st.booleans(),
)
def test_dirty_parquet_is_read_as_the_same_text_would_be(
    tmp_path_factory, files, types, loads, copied
):
    """Whether a column is of text or of a type of its own, and is copied or read again."""
    folder = tmp_path_factory.mktemp("parquet")
    files = [[of_type(cells, types) for cells in rows] for rows in files]

    def raw_of(cells):
        casts = ", ".join(f"CAST(CAST(? AS {kind}) AS VARCHAR)" for kind in types)
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            values = connection.execute(f"SELECT {casts}", cells.texts).fetchone()
        return json.dumps(dict(zip(RAW, values, strict=True)), ensure_ascii=False)

    scan = written_parquet(files, folder, types)
    check(files, scan, None, raw_of, loads, folder, copied=copied)
