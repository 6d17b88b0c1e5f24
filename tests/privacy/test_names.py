"""Names by list leave every text that enters a result, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxaudit.plugin import Evidence
from cxaudit_reports.names import LABEL, Names, names_of

LIST = Names(["Anna Maria Doe; Annie", "# staff", "", "José Núñez", "Will Young", "Siân O'Neil"])


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Anna Maria Doe called.", "[name] called."),
        ("ANNA MARIA DOE called", "[name] called"),
        ("anna maria doe called", "[name] called"),
        ("Anna Doe called", "[name] called"),
        ("Doe, Anna Maria", "[name]"),
        ("doe, anna", "[name]"),
        ("I spoke to A. Doe.", "I spoke to [name]."),
        ("I spoke to A.M. Doe", "I spoke to [name]"),
        ("I spoke to AM Doe", "I spoke to [name]"),
        ("from Doe, A.", "from [name]"),
        ("from Anna D. in Lyon", "from [name] in Lyon"),
        ("signed A.M.D.", "signed [name]"),
        ("Anna's phone, Doe\u2019s desk", "[name]'s phone, [name]\u2019s desk"),
        ("annie hung up on me, annies fault", "[name] hung up on me, [name] fault"),
        ("Doe said so", "[name] said so"),
        ("jose nunez", "[name]"),
        ("JOSÉ NÚÑEZ", "[name]"),
        ("Jose\u0301 N\u00faN\u0303ez"[:4] + "\u0301 Núñez", "[name]"),
        ("Jo\u00adsé Núñez and Jos\u200bé", "[name] and [name]"),
        ("J. Nunez", "[name]"),
        ("Sian O\u2019Neil, S. ONeil", "[name], [name]"),
        ("anna_doe.mp3, calls/Anna-Maria-Doe.wav", "[name].mp3, calls/[name].wav"),
        ("Young was rude", "[name] was rude"),
    ],
)
def test_a_name_goes_however_it_is_written(text, clean):
    assert LIST.without(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "I will be young again",
        "Annabel and Mariana Doering",
        "the doe in the wood",
        "a doe",
        "[email] and [name]",
        "Banna, Doeful",
        "",
    ],
)
def test_other_words_stay(text):
    assert LIST.without(text) == text


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["Anna Maria Doe", "Núñez"]))
def test_a_name_among_other_words_goes_and_goes_once(before, after, name):
    clean = LIST.without(f"{before} {name} {after}")
    assert name not in clean.replace(before, "", 1).replace(after, "", 1)
    assert LABEL in clean
    assert LIST.without(clean) == clean


def test_every_text_of_a_piece_of_evidence_is_cleaned():
    piece = Evidence(
        kind="row",
        source="annie.csv",
        key="Annie",
        place="by Annie",
        quote="Annie!",
        fields={"agent": "annie", "wait_s": 4.0},
        digest="annie",
    )
    clean = LIST.redact(piece)
    assert "nnie" not in f"{clean.source} {clean.key} {clean.place} {clean.quote} {clean.fields}"
    assert clean.fields["wait_s"] == 4.0
    assert clean.digest == "annie"


def test_a_file_of_names_lies_beside_the_audit_file(tmp_path):
    (tmp_path / "names.txt").write_text("\ufeffAnna Doe\n", encoding="utf-8")
    assert names_of({"names": "names.txt"}, tmp_path).without("Anna Doe") == LABEL
    assert names_of({"names": ["Anna Doe"]}, tmp_path).without("Anna Doe") == LABEL
    assert not names_of({}, tmp_path)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("missing.txt", "cannot be read"),
        ("latin.txt", "not UTF-8"),
        ("empty.txt", "holds no name"),
        (["Anna", 4], "a file, or a list"),
        (["Anna", "x"], "line 2: 'x' is too short"),
        ({"a": "b"}, "a file, or a list"),
    ],
)
def test_wrong_settings_are_refused_with_what_to_do(names, told, tmp_path):
    (tmp_path / "latin.txt").write_bytes("José".encode("latin-1"))
    (tmp_path / "empty.txt").write_text("# nobody\n", encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        names_of({"names": names}, tmp_path)


def test_a_long_list_of_one_first_name_is_quick():
    """The work for a word does not grow with the names that begin alike."""
    names = Names(f"Anna N{number}" for number in range(2_000))
    assert names.without("Anna N7, a. " * 5_000) == "[name], a. " * 5_000


def test_a_list_is_a_regular_file(tmp_path):
    (tmp_path / "names").mkdir()
    with pytest.raises(ValueError, match="no regular file"):
        names_of({"names": "names"}, tmp_path)
    with pytest.raises(ValueError, match="no regular file"):
        names_of({"names": "/dev/zero"}, tmp_path)
