"""Readers: what a file holds comes out as written, or the error names the file."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import importlib
import json
import os
import sys

import pytest

from cxaudit._sources import digest_file, expand, spool
from cxaudit._sources.columnar import read_parquet
from cxaudit._sources.delimited import read_csv
from cxaudit._sources.documents import read_json, read_jsonl
from cxaudit._sources.workbooks import read_xlsx
from cxaudit.errors import SourceError
from cxaudit.plugin import ReadRequest, Rows, SourceUse


def request(tmp_path, *names, **options):
    use = SourceUse(name="s", reader="r", table="calls", paths=names, options=options)
    files = tuple(tmp_path / name for name in names)
    return ReadRequest(use=use, files=files, scratch=tmp_path / "scratch")


def write(tmp_path, name, content):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


class TestExpand:
    def use(self, *paths):
        return SourceUse(name="calls", reader="r", table="calls", paths=paths, line=12)

    def test_globs_are_sorted_and_a_file_is_read_once(self, tmp_path):
        for name in ("b.csv", "a.csv", "c.txt"):
            write(tmp_path, name, "x")
        found = expand(self.use("*.csv", "a.csv", "./b.csv"), tmp_path)
        assert [path.name for path in found] == ["a.csv", "b.csv"]

    def test_all_bad_paths_are_named_at_once(self, tmp_path):
        (tmp_path / "folder").mkdir()
        with pytest.raises(SourceError) as caught:
            expand(self.use("no-*.csv", "folder"), tmp_path)
        first, second = caught.value.problems
        assert "no-*.csv" in first.message
        assert first.path == "sources.calls.path[0]"
        assert first.line == 12
        assert "folder" in second.message
        assert second.hint

    @pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="names are UTF-8 there")
    def test_a_name_that_is_no_text_is_refused_with_its_bytes(self, tmp_path):
        (tmp_path / os.fsdecode(b"caf\xe9.csv")).write_bytes(b"id\n1\n")
        with pytest.raises(SourceError) as caught:
            expand(self.use("*.csv"), tmp_path)
        (problem,) = caught.value.problems
        assert r"caf\xe9.csv" in problem.message
        assert "Rename" in problem.hint

    def test_a_name_with_brackets_is_a_file_before_it_is_a_glob(self, tmp_path):
        write(tmp_path, "calls [1].csv", "x")
        assert len(expand(self.use("calls [1].csv"), tmp_path)) == 1

    def test_a_folder_with_brackets_in_its_name_is_no_glob(self, tmp_path):
        file = write(tmp_path / "wave [2026]", "a.csv", "x")
        assert expand(self.use("*.csv"), file.parent) == (file,)


def test_columns_that_differ_by_capitals_are_told_and_not_lost(tmp_path):
    """An engine takes both names for one column, and would read one of them alone."""
    write(tmp_path, "a.csv", "id,b\n1,x\n")
    write(tmp_path, "b.csv", "ID,b\n2,y\n")
    with pytest.raises(SourceError) as caught:
        read_csv(request(tmp_path, "a.csv", "b.csv"))
    assert "the column 'ID' is 'id' in" in str(caught.value)


def test_the_digest_is_sha_256_of_the_bytes(tmp_path):
    path = write(tmp_path, "a.bin", b"\x00abc" * 100_000)
    assert digest_file(path) == hashlib.sha256(b"\x00abc" * 100_000).hexdigest()


@pytest.mark.parametrize(
    ("separator", "content"),
    [(",", "a,b;c\n1,2\n"), (";", "a;b\n1,5;2\n"), ("\t", "a\tb\n1\t2,3\n"), ("|", "a|b\n1|2\n")],
)
def test_the_separator_is_found(tmp_path, separator, content):
    write(tmp_path, "a.csv", content)
    scan = read_csv(request(tmp_path, "a.csv"))
    assert scan.options["separator"] == separator
    assert len(scan.columns) == 2


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Größe,Straße\n1,2\n".encode("cp1252"), "cp1252"),
        ("Größe,Straße\n1,2\n".encode("utf-16"), None),
        ("Größe,Straße\n1,2\n".encode("utf-16-le"), "utf-16-le"),
        ("\ufeffGröße,Straße\n1,2\n".encode(), None),
        ("Größe,Straße\n1,2\n".encode("latin-1"), "latin-1"),
    ],
)
def test_encodings_give_the_same_columns(tmp_path, content, encoding):
    write(tmp_path, "a.csv", content)
    options = {"encoding": encoding} if encoding else {}
    scan = read_csv(request(tmp_path, "a.csv", **options))
    assert scan.columns == ("Größe", "Straße")
    assert scan.files[0].read_bytes().decode("utf-8-sig") == "Größe,Straße\n1,2\n"
    assert not scan.notes


def test_undecodable_bytes_are_counted_with_the_first_line(tmp_path):
    write(tmp_path, "a.csv", b"id,name\n1,ok\n2,caf\xe9\n3,na\xefve\n")
    scan = read_csv(request(tmp_path, "a.csv"))
    assert "2 bytes" in scan.notes[0]
    assert "line 3" in scan.notes[0]
    assert scan.files[0].read_text(encoding="utf-8").splitlines()[2] == "2,caf\ufffd"


def test_an_unknown_encoding_is_said(tmp_path):
    write(tmp_path, "a.csv", "a,b\n")
    with pytest.raises(SourceError, match="klingon"):
        read_csv(request(tmp_path, "a.csv", encoding="klingon"))


def test_a_cut_gzip_file_is_an_error_that_names_it(tmp_path):
    packed = gzip.compress(b"a,b\n" + b"".join(b"%d,x%d\n" % (i, i * i) for i in range(50_000)))
    write(tmp_path, "a.csv.gz", packed[: len(packed) // 2])
    with pytest.raises(SourceError) as caught:
        read_csv(request(tmp_path, "a.csv.gz"))
    assert caught.value.problems[0].file == "a.csv.gz"
    assert "ends too early" in caught.value.problems[0].message


def test_a_file_that_is_no_gzip_is_an_error_that_names_it(tmp_path):
    write(tmp_path, "a.csv.gz", b"a,b\n1,2\n")
    with pytest.raises(SourceError, match=r"a\.csv\.gz"):
        read_csv(request(tmp_path, "a.csv.gz"))


@pytest.mark.parametrize(
    ("start", "kind", "hint"),
    [
        (b"PAR1\x15\x04", "Parquet", 'reader = "parquet"'),
        (b"PK\x03\x04\x14", "workbook", 'reader = "xlsx"'),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook", 'reader = "xlsx"'),
        (b"SQLite format 3\0", "SQLite", "CSV"),
        (b"%PDF-1.7", "PDF", "CSV"),
        (b"\x1f\x8b\x08", "gzip", ".gz"),
    ],
)
def test_a_file_of_another_kind_is_an_error_that_says_which(tmp_path, start, kind, hint):
    write(tmp_path, "a.csv", start + bytes(range(256)))
    with pytest.raises(SourceError) as caught:
        read_csv(request(tmp_path, "a.csv"))
    (problem,) = caught.value.problems
    assert problem.file == "a.csv"
    assert kind in problem.message
    assert hint in problem.hint


def test_a_text_may_begin_as_a_parquet_file_does(tmp_path):
    write(tmp_path, "a.csv", "PAR1,PAR2\n1,2\n")
    assert read_csv(request(tmp_path, "a.csv")).columns == ("PAR1", "PAR2")


def test_an_empty_file_is_an_error_unless_others_have_columns(tmp_path):
    write(tmp_path, "a.csv", b"")
    write(tmp_path, "b.csv", "x,y\n")
    with pytest.raises(SourceError, match="empty"):
        read_csv(request(tmp_path, "a.csv"))
    scan = read_csv(request(tmp_path, "a.csv", "b.csv"))
    assert scan.columns == ("x", "y")
    assert any("a.csv" in note and "empty" in note for note in scan.notes)


def test_double_and_empty_header_names_are_told_apart(tmp_path):
    write(tmp_path, "a.csv", "id,ID,,id_2,_row,id\n1,2,3,4,5,6\n")
    scan = read_csv(request(tmp_path, "a.csv"))
    assert scan.columns == ("id", "ID_3", "column3", "id_2", "_row_2", "id_4")
    assert len(scan.notes) == 4


def test_lines_before_the_header_are_skipped(tmp_path):
    write(tmp_path, "a.csv", "Report of May\n;;;\nid;x\n1;2\n")
    scan = read_csv(request(tmp_path, "a.csv", skip=2))
    assert scan.columns == ("id", "x")


def test_json_rows_keep_numbers_as_written_and_flatten_objects(tmp_path):
    document = (
        '{"data": {"calls": [{"id": 1.50, "via": {"channel": "web"}, "tags": [1], "x": null}, 3]}}'
    )
    write(tmp_path, "a.json", document)
    found = read_json(request(tmp_path, "a.json", records="/data/calls"))
    assert isinstance(found, Rows)
    (_, _, fields), (shown, row, bad) = found.rows
    assert fields == {"id": "1.50", "via.channel": "web", "tags": '["1"]', "x": None}
    assert (shown, row) == ("a.json", 2)
    assert isinstance(bad, ValueError)


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("", {}, "empty"),
        ('{"a": [', {}, "not JSON"),
        ('{"a": []}', {}, "no array"),
        ('{"a": []}', {"records": "/b"}, "nothing at"),
        ("[" * 100_000, {}, "nested"),
    ],
)
def test_json_that_cannot_be_read_is_an_error(tmp_path, content, options, said):
    write(tmp_path, "a.json", content)
    with pytest.raises(SourceError, match=said):
        read_json(request(tmp_path, "a.json", **options))


def test_json_lines_give_the_union_of_their_fields(tmp_path):
    write(tmp_path, "a.jsonl", '{"a": 1}\n\nbroken\n{"b": 2, "A": 3}\n')
    scan = read_jsonl(request(tmp_path, "a.jsonl"))
    assert sorted(scan.options["keys"]) == ["A", "a", "b"]
    assert len({name.lower() for name in scan.columns}) == 3
    write(tmp_path, "b.jsonl", "[1]\n")
    with pytest.raises(SourceError, match="no line holds"):
        read_jsonl(request(tmp_path, "b.jsonl"))


def test_parquet_columns_are_found_and_other_files_refused(tmp_path, needs):
    pyarrow = needs("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"id": [1], "x": ["a"]}), tmp_path / "a.parquet")
    assert read_parquet(request(tmp_path, "a.parquet")).columns == ("id", "x")
    write(tmp_path, "b.parquet", "no")
    with pytest.raises(SourceError, match=r"b\.parquet"):
        read_parquet(request(tmp_path, "b.parquet"))


def test_workbook_values_dates_and_sheets(tmp_path, needs):
    xlsxwriter = needs("xlsxwriter")
    needs("calamine")
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        first, second = book.add_worksheet("One"), book.add_worksheet("Two")
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        first.write_row(0, 0, ["id", "at", "sum", "yes"])
        first.write_row(1, 0, ["x"])
        first.write_datetime(1, 1, dt.datetime(2026, 4, 1, 8, 30), day)  # noqa: DTZ001
        first.write_formula(1, 2, "=1+1", None, 2)
        first.write(1, 3, bool(1))
        first.write_row(3, 0, ["y", "", 0.5])
        second.write_row(0, 0, ["other"])
        second.write_row(1, 0, ["z"])
    rows = list(read_xlsx(request(tmp_path, "a.xlsx")).rows)
    assert [(place, row) for place, row, _ in rows] == [("a.xlsx#One", 2), ("a.xlsx#One", 4)]
    assert rows[0][2] == {"id": "x", "at": "2026-04-01 08:30:00", "sum": 2, "yes": True}
    assert rows[1][2] == {"id": "y", "at": None, "sum": 0.5, "yes": None}
    other = list(read_xlsx(request(tmp_path, "a.xlsx", sheet="Two")).rows)
    assert other[0][2] == {"other": "z"}
    with pytest.raises(SourceError) as caught:
        read_xlsx(request(tmp_path, "a.xlsx", sheet="Three"))
    assert "'One', 'Two'" in caught.value.problems[0].hint


def test_a_file_that_is_no_workbook_is_an_error(tmp_path):
    write(tmp_path, "a.xlsx", "no")
    with pytest.raises(SourceError, match=r"a\.xlsx"):
        read_xlsx(request(tmp_path, "a.xlsx"))


def test_spooled_rows_keep_their_place_and_refusals(tmp_path):
    given = Rows(
        rows=[
            ("f", 1, {"a": 1, "_row": "own", "at": dt.date(2026, 4, 1)}),
            ("f", 2, ValueError("bad", "raw text")),
            ("g", 7, {"b": None}),
        ],
        notes=("said",),
    )
    scan = spool(given, tmp_path / "spool")
    lines = [json.loads(line) for line in scan.files[0].read_text().splitlines()]
    assert lines[0] == {"a": 1, "_row_2": "own", "at": "2026-04-01", "_source": "f", "_row": 1}
    assert lines[1] == {"b": None, "_source": "g", "_row": 7}
    assert scan.rejected == (("f", 2, "bad", "raw text"),)
    assert scan.columns == ("a", "_row_2", "at", "b")
    assert scan.numbered
    assert scan.notes == ("said",)
    assert scan.files[0].stat().st_mode & 0o077 == 0
