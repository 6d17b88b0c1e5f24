"""Themes of what customers write: counted once a text, redacted, nobody else's words among them."""

from __future__ import annotations

CHECKLIST = """
[[item]]
id = "message.seen"
area = "process"
touchpoints = ["message"]
title = "Messages are seen"
ask = { answer = "yes-no" }
"""
CODEBOOK = """cxaudit = 1
[codebook]
id = "t"
version = "1"
title = "T"
[[theme]]
id = "waiting"
title = { en = "Waiting", de = "Warten" }
phrases = ["waited", "no answer"]
[[theme]]
id = "card"
title = "The card"
patterns = ["stamp ?card"]
[[theme]]
id = "parking"
title = "Parking"
phrases = ["parking"]
"""
SOURCES = """
[sources.messages]
reader = "csv"
table = "messages"
path = "messages.csv"
[sources.comments]
reader = "csv"
table = "responses"
path = "responses.csv"
"""
MESSAGES = [
    {"author_role": "customer", "body": "I WAITED and waited. No answer from a@b.example!"},
    {"author_role": "customer", "body": "My stampcard is lost, I waited a week."},
    {"author_role": "customer", "body": "Thanks for the awaited parcel"},
    {"author_role": "customer", "body": ""},
    {"author_role": "agent", "body": "You waited long, I am sorry about the stamp card."},
    {"author_role": "customer", "body": "I waited too", "is_auto": "true"},
    {"author_role": "customer", "body": "I waited, said the tester", "is_test": "true"},
]
COMMENTS = [{"comment": "no answer"}, {"comment": ""}]


def numbered(rows, key):
    return [{key: number, "unit": "quay"} | row for number, row in enumerate(rows)]


def themes(run, messages=MESSAGES):
    ran = run(
        CHECKLIST,
        head='codebook = "themes.toml"',
        audit=SOURCES,
        files={
            "themes.toml": CODEBOOK,
            "messages.csv": numbered(messages, "message_id"),
            "responses.csv": numbered(COMMENTS, "response_id"),
        },
    )
    return {(each.table, each.theme): each for each in ran.result.themes}, ran


def test_each_text_of_a_customer_counts_once(run):
    found, _ = themes(run)
    counts = {key: (each.texts, each.of) for key, each in found.items()}
    assert counts == {
        ("messages", "waiting"): (2, 3),
        ("messages", "card"): (1, 3),
        ("messages", "parking"): (0, 3),
        ("responses", "waiting"): (1, 1),
        ("responses", "card"): (0, 1),
        ("responses", "parking"): (0, 1),
    }


def test_examples_are_redacted_and_say_where_they_stand(run):
    found, _ = themes(run)
    quotes = {piece.quote for piece in found["messages", "waiting"].examples}
    assert quotes == {
        "I WAITED and waited. No answer from [email]!",
        "My stampcard is lost, I waited a week.",
    }
    (comment,) = found["responses", "waiting"].examples
    assert (comment.source, comment.key) == ("responses.csv", "1")


def test_long_texts_are_cut_around_the_find(run):
    long = "x " * 500 + "and then I waited there " + "y " * 500
    found, _ = themes(run, [{"author_role": "customer", "body": long}])
    (piece,) = found["messages", "waiting"].examples
    assert len(piece.quote) < 200
    assert "I waited there" in piece.quote
    assert piece.quote.startswith("\u2026")
    assert piece.quote.endswith("\u2026")


def test_the_report_shows_them_in_its_language(run):
    _, ran = themes(run)
    page = ran.session.render(ran.result, "markdown")
    assert "| Waiting | 2 | 66.7\u00a0% |" in page
    assert "Themes of 3 texts: messages" in page


def test_without_a_codebook_there_are_none(run):
    assert run(CHECKLIST).result.themes == ()
