"""Page one quotes two customers, and nobody else; themes are counted where there are texts."""

from __future__ import annotations

import attrs
import pytest

from cxaudit._report.build import build_report
from cxaudit.plugin import Evidence, EvidenceSet, Text, ThemeCount

WAITED = "I waited for two weeks and heard nothing."
CARD = "My card was lost at the desk."


def theme(name, *quotes, texts=20, of=100, table="responses"):
    examples = tuple(
        Evidence(kind="hit", source="a.csv", key=f"{name}{n}", quote=quote)
        for n, quote in enumerate(quotes)
    )
    title = Text.of(name.title())
    return ThemeCount(theme=name, title=title, table=table, texts=texts, of=of, examples=examples)


def row(key, **fields):
    return Evidence(kind="row", source="m.csv", key=key, fields=fields)


def hit(key, quote):
    return Evidence(kind="hit", source="m.csv", key=key, quote=quote)


@pytest.fixture
def quoted(audit):
    """Return the quotes of page one, each with its source."""

    def quoted(*themes, evidence=()):
        sets = (
            EvidenceSet(
                item="phone.answered", touchpoint="phone", unit="tide", total=9, shown=evidence
            ),
        )
        result = attrs.evolve(audit("mixed"), themes=themes, evidence=sets)
        sections = {each.id: each for each in build_report(result).sections}
        found = sections.get("quotes")
        return found and [(each.text, each.source) for each in found.blocks]

    return quoted


def test_the_largest_themes_give_one_text_each(quoted):
    small, large = theme("card", CARD, texts=5), theme("waiting", WAITED, "You let me wait again!")
    middle = theme("price", "Far too dear for what it is.", texts=9, table="messages")
    assert quoted(small, large, middle) == [
        (WAITED, "survey comment, theme Waiting"),
        ("Far too dear for what it is.", "message, theme Price"),
    ]


def test_a_theme_met_in_two_tables_gives_one_text(quoted):
    found = quoted(theme("waiting", WAITED), theme("waiting", CARD, table="reviews", texts=3))
    assert found == [(WAITED, "survey comment, theme Waiting")]


def test_a_text_is_quoted_once(quoted):
    piece = f"\u2026{WAITED[10:30]}\u2026"
    themes = theme("waiting", WAITED), theme("silence", WAITED, piece, CARD, texts=5)
    assert [text for text, _ in quoted(*themes)] == [WAITED, CARD]


def test_a_whole_sentence_comes_before_a_piece_of_one_and_a_phrase_is_none(quoted):
    texts = "slow at lunch", "\u2026and then I waited for the bill\u2026", WAITED
    assert [text for text, _ in quoted(theme("waiting", *texts))] == [WAITED]
    assert [text for text, _ in quoted(theme("waiting", *texts[:2]))] == [texts[1]]
    assert quoted(theme("waiting", texts[0])) is None
    unspaced = "\u5e97\u54e1\u304c\u3068\u3066\u3082\u89aa\u5207\u3067\u3057\u305f\u3002"
    assert [text for text, _ in quoted(theme("waiting", unspaced))] == [unspaced]


def test_a_long_text_is_cut_at_a_word(quoted):
    ((text, _),) = quoted(theme("waiting", "I waited and " * 40))
    assert len(text) <= 241
    assert text.endswith(("I\u2026", "waited\u2026", "and\u2026"))


def test_evidence_is_quoted_where_its_row_says_that_a_customer_wrote(quoted):
    said = "Nobody called me back at all."
    own = hit("1", said)
    place = [(said, "Phone, Tide Bakery")]
    assert quoted(evidence=(own, row("1", author_role="customer", is_auto=False))) == place
    assert quoted(evidence=(own, row("1", response_id="r1"))) == place
    for fields in (
        {"author_role": "agent"},
        {"author_role": "customer", "is_auto": True},
        {"author_role": "customer", "is_test": True},
        {"author_role": None},
        {},
    ):
        assert quoted(evidence=(own, row("1", **fields))) is None
    assert quoted(evidence=(own, row("2", author_role="customer"))) is None
    note = Evidence(kind="comment", source="answers.csv", key="c1", quote=said)
    assert quoted(evidence=(note,)) is None


def test_themes_come_before_evidence(quoted):
    said = hit("1", "Nobody called me back at all."), row("1", author_role="customer")
    found = quoted(theme("waiting", WAITED), theme("card", CARD), evidence=said)
    assert [text for text, _ in found] == [WAITED, CARD]


def test_a_kind_without_texts_has_no_table(audit):
    found = (theme("waiting", WAITED), theme("waiting", texts=0, of=0, table="complaints"))
    report = build_report(attrs.evolve(audit("mixed"), themes=found))
    section = next(each for each in report.sections if each.id == "themes")
    titles = [each.title for each in section.blocks if hasattr(each, "rows")]
    assert titles == ["Themes of 100 texts: survey comments"]
    notes = [each.text for each in section.blocks if getattr(each, "tone", "") == "note"]
    assert notes[0] == "No texts to read: complaints."
