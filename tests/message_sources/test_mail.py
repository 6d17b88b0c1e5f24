"""Mail becomes threads by its references; service@acme.example is the house. All is invented."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import HeaderParser

import pytest

from cxaudit.testing import hostile_files, read_source
from cxaudit_message.readers.sources import SOURCES
from cxaudit_message.readers.values import plain

SPEC = next(each for each in SOURCES if each.id == "cxaudit.mail")
OWN = ["service@acme.example", "@shops.acme.example"]
HOUSE, CUSTOMER = "service@acme.example", "Ann Example <Ann@Example.com>"


def at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def mail(number, sender, to, when, body="words", **headers):
    """One mail as text; header names have underscores for hyphens, None leaves one out."""
    lines = {
        "Message-ID": f"<{number}@x.example>",
        "From": sender,
        "To": to,
        "Subject": "Parcel",
        "Date": when.strftime("%a, %d %b %Y %H:%M:%S +0000") if when else None,
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\n" for name, value in lines.items() if value is not None)
    return f"{head}\n{body}\n"


def mbox(*mails):
    line = "From someone@x.example Mon Mar  2 10:00:00 2026\n"
    return "".join(f"{line}{each}\n" for each in mails)


ASKED = mail(1, CUSTOMER, HOUSE, at(8), "Where is it?")
AUTO = mail(
    2, HOUSE, CUSTOMER, at(8, 1), In_Reply_To="<1@x.example>", Auto_Submitted="auto-replied"
)
ANSWERED = mail(3, HOUSE, CUSTOMER, at(10), "Soon.", In_Reply_To="<1@x.example>")
AGAIN = mail(4, CUSTOMER, HOUSE, at(12), References="<1@x.example> <3@x.example>")


@pytest.fixture
def post(read):
    """Give a function that reads mails, all in one mbox file."""

    def reading(*mails, table="threads", own=OWN):
        return read("mail", {"box.mbox": mbox(*mails)}, table, own_addresses=own)

    return reading


def test_mails_that_name_each_other_are_one_thread(post):
    found = post(ASKED, AUTO, ANSWERED, AGAIN)
    (row,) = found.rows
    assert row["thread_id"] == "1@x.example"
    assert (row["customer_key"], row["queue"], row["channel"]) == (
        "ann@example.com",
        HOUSE,
        "email",
    )
    assert (row["opened_at"], row["replies"]) == (at(8), 1)
    assert "4 mails are in 1 threads" in found.notes


def test_an_automatic_answer_is_no_answer(post):
    found = post(ASKED, AUTO, ANSWERED)
    (row,) = found.rows
    assert row["first_reply_at"] == row["first_human_reply_at"] == at(10)
    assert (row["handled_by"], found.marked["auto-reply"]) == ("person", 1)


@pytest.mark.parametrize(
    ("header", "value", "auto"),
    [
        ("Auto-Submitted", "auto-generated", True),
        ("Auto-Submitted", "auto-replied; owner-email=x", True),
        ("Auto-Submitted", "no", False),
        ("Precedence", "bulk", True),
        ("Precedence", "auto_reply", True),
        ("Precedence", "first-class", False),
        ("X-Autoreply", "yes", True),
        ("X-Autorespond", "Parcel", True),
        ("Return-Path", "<>", True),
        ("Return-Path", "<a@b.example>", False),
    ],
)
def test_headers_tell_what_a_machine_sent(post, header, value, auto):
    (row,) = post(mail(1, CUSTOMER, HOUSE, at(8), **{header: value}), table="messages").rows
    assert row["is_auto"] is auto


def test_a_thread_that_only_a_machine_wrote_is_no_contact(post):
    found = post(mail(1, CUSTOMER, HOUSE, at(8), Precedence="bulk"))
    assert (found.rows, found.marked["campaign"]) == ([], 1)
    assert found.skipped == ["a thread in which no customer wrote to people"]


def test_an_address_from_which_only_machines_write_answers_as_a_machine(read):
    shop = mail(2, "orders@shops.acme.example", CUSTOMER, at(9), In_Reply_To="<1@x.example>")
    files = {"1": ASKED, "2": shop, "3": ANSWERED}
    options = {"own_addresses": OWN, "bots": ["Orders@shops.acme.example"]}
    row = read("mail", files, **options).by["1@x.example"]
    assert (row["first_reply_at"], row["first_human_reply_at"]) == (at(9), at(10))


def test_the_same_subject_is_no_thread(post):
    assert len(post(ASKED, mail(9, CUSTOMER, HOUSE, at(9), Subject="Re: Parcel")).rows) == 2


def test_answers_meet_over_a_mail_that_is_missing(post):
    """The one that both answer was deleted; they are one thread all the same."""
    found = post(
        mail(5, CUSTOMER, HOUSE, at(8), References="<gone@x.example>"),
        mail(6, HOUSE, CUSTOMER, at(9), References="<gone@x.example>"),
    )
    assert len(found.rows) == 1


def test_those_who_answer_a_circular_have_a_thread_each(post):
    ann, ben = CUSTOMER, "ben@example.com"
    circular = mail(1, HOUSE, f"{ann}, {ben}", at(7))
    found = post(
        circular,
        mail(2, ann, HOUSE, at(8), In_Reply_To="<1@x.example>"),
        mail(3, ben, HOUSE, at(9), In_Reply_To="<1@x.example>"),
        mail(4, HOUSE, ben, at(10), References="<1@x.example> <3@x.example>"),
    )
    told = {row["customer_key"]: row.get("first_human_reply_at") for row in found.rows}
    assert told == {"ann@example.com": None, "ben@example.com": at(10)}
    assert found.marked["outbound"] == 1, "the circular itself, which nobody has to answer"


def test_a_whole_domain_may_be_the_houses(post):
    shop = "mia@shops.acme.example"
    rows = post(
        mail(1, CUSTOMER, shop, at(8)),
        mail(2, shop, CUSTOMER, at(9), In_Reply_To="<1@x.example>"),
        table="messages",
    ).by
    assert rows["2@x.example"]["agent"] == shop
    assert rows["1@x.example"]["author_role"] == "customer"


def test_mail_between_others_or_inside_the_house_is_left_out(post):
    found = post(
        mail(1, CUSTOMER, "else@example.net", at(8)),
        mail(2, HOUSE, "mia@shops.acme.example", at(8)),
        ASKED,
        ASKED,
    )
    assert (
        sorted(found.skipped)
        == [
            "a mail of which neither side is one of own_addresses",
            "a mail that was read before (same Message-ID)",
            "mail inside the house, of no customer's thread",
        ]
        or len(found.rows) == 0
    )


def test_an_internal_mail_in_a_thread_is_private_and_no_reply(post):
    inside = mail(2, HOUSE, "mia@shops.acme.example", at(9), In_Reply_To="<1@x.example>")
    (row,) = post(ASKED, inside, ANSWERED).rows
    assert row["first_human_reply_at"] == at(10)
    assert post(ASKED, inside, table="messages").by["2@x.example"]["is_private"] is True


def test_a_contact_form_writes_for_the_customer(post):
    (row,) = post(mail(1, HOUSE, HOUSE, at(8), Reply_To=CUSTOMER)).rows
    assert (row["customer_key"], row["opened_at"]) == ("ann@example.com", at(8))


def test_what_the_house_began_is_opened_when_the_customer_answers(post):
    (row,) = post(
        mail(1, HOUSE, CUSTOMER, at(8)),
        mail(2, CUSTOMER, HOUSE, at(9), In_Reply_To="<1@x.example>"),
        mail(3, HOUSE, CUSTOMER, at(10), In_Reply_To="<2@x.example>"),
    ).rows
    assert (row["opened_at"], row["first_human_reply_at"]) == (at(9), at(10))


@pytest.mark.parametrize(
    ("date", "hour"),
    [
        ("Mon, 02 Mar 2026 10:00:00 +0200", 8),
        ("2 Mar 26 03:00 EST", 8),
        ("Mon, 2 Mar 2026 08:00:00 GMT", 8),
        ("Mon, 2 Mar 2026 08:00:00 -0000", 8),
        ("Sun, 1 Mar 2026 20:00:00 -1200", 8),
    ],
)
def test_dates_come_in_any_zone(post, date, hour):
    (row,) = post(mail(1, CUSTOMER, HOUSE, None, Date=date), table="messages").rows
    assert row["sent_at"] == at(hour)


@pytest.mark.parametrize(
    ("date", "note"),
    [
        ("yesterday", "1 mails have a Date that cannot be read; their sent_at is empty"),
        ("Mon, 2 Mar 9999 08:00:00 +0000", "1 mails have a Date that cannot be read"),
        ("Mon, 2 Mar 2026 08:00:00", "1 mails have a Date whose zone is not known"),
        ("Mon, 2 Mar 2026 08:00:00 ABCST", "1 mails have a Date whose zone is not known"),
    ],
)
def test_a_date_that_is_missing_or_wrong_is_told_and_not_made_up(post, date, note):
    found = post(mail(1, CUSTOMER, HOUSE, None, Date=date), table="messages")
    assert not isinstance(found.rows[0]["sent_at"], datetime)
    assert found.rows[0]["position"] is None
    assert any(each.startswith(note) for each in found.notes)


def test_a_mail_without_a_date_is_refused_and_told(post):
    found = post(mail(1, CUSTOMER, HOUSE, None), table="messages")
    assert (found.rows, found.refused) == ([], ["a message without a time"])
    assert post(mail(1, CUSTOMER, HOUSE, None)).refused == ["a thread without a time"]


def test_encoded_words_and_raw_bytes_in_headers_are_read(read):
    coded = mail(1, "=?utf-8?q?Ann_=C3=89?= <ann@example.com>", HOUSE, at(8)).replace(
        "Subject: Parcel", "Subject: =?iso-8859-1?Q?Caf=E9?= =?utf-8?b?w7w=?="
    )
    raw = mail(2, CUSTOMER, HOUSE, at(9), Subject="Größe").encode("utf-8")
    latin = mail(3, CUSTOMER, HOUSE, at(9), Subject="Größe").encode("latin-1")
    files = {"cur/1": coded, "cur/2": raw, "cur/3": latin}
    found = read("mail", files, own_addresses=OWN)
    assert [row["subject"] for row in found.rows] == ["Caféü", "Größe", "Größe"]


def composed(**content):
    letter = EmailMessage()
    letter["Message-ID"], letter["From"], letter["To"] = "<1@x.example>", "ann@example.com", HOUSE
    letter["Date"] = "Mon, 02 Mar 2026 08:00:00 +0000"
    if "plain" in content:
        letter.set_content(content["plain"], charset=content.get("charset", "utf-8"))
    if "html" in content:
        add = letter.add_alternative if "plain" in content else letter.set_content
        add(content["html"], subtype="html")
    if "file" in content:
        letter.add_attachment(content["file"], filename="x.txt")
    return letter.as_bytes()


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ({"plain": "Grüße\n", "charset": "iso-8859-15"}, "Grüße"),
        ({"plain": "plain", "html": "<p>html</p>"}, "plain"),
        ({"html": "<style>p{}</style><p>Hi &amp; <b>bye</b></p><script>x<y</script>"}, "Hi & bye"),
        ({"html": "<!-- a > b --><div>one</div><div>two<br>three"}, "one\ntwo\nthree"),
        ({"html": "2 < 3 and 4 > 1"}, "2 < 3 and 4 > 1"),
        (
            {"html": "<p>Dear\nAnn,&nbsp;see <a href='https://x.example'>here</a>.<ul><li>a<li>b"},
            "Dear Ann, see here.\na\nb",
        ),
        (
            {"html": "<head><title>T</title></head><table><tr><td>Size<td>42<tr><td>Colour"},
            "Size 42\nColour",
        ),
        (
            {"html": "Thanks!<div>-- <br>Ann</div><blockquote>You <i>wrote</i></blockquote>"},
            "Thanks!\n--\nAnn\nYou wrote",
        ),
        ({"plain": "words", "file": "not these"}, "words"),
        ({"plain": " \n", "html": "<p>html</p>"}, "html"),
    ],
)
def test_the_words_are_plain_text_or_html_without_its_marks(read, content, body):
    found = read("mail", {"cur/1": composed(**content)}, "messages", own_addresses=OWN)
    assert found.rows[0]["body"] == body


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "lines",
    [
        ["Subject: Parcel", " of Ann", "\tand Ben"],
        ["Subject:", " Parcel"],
        ["Subject: \tParcel  ", "X-Empty:", "Subject: Another"],
        [": no name", " folded below it", "Subject: Parcel"],
        ["X-Note: a: b", "From here on", " it goes on", "Subject: Parcel"],
        ["Subject: Parcel", "From here on words begin"],
    ],
)
def test_headers_and_words_are_those_that_the_standard_library_finds(read, lines, end):
    date = "Date: Mon, 2 Mar 2026 10:00:00 +0000"
    head = [date, f"From: {CUSTOMER}", f"To: {HOUSE}", *lines]
    text = end.join([*head, "", "words", ""])
    message = HeaderParser().parsestr(text)
    (row,) = read("mail", {"cur/1": text.encode()}, own_addresses=[HOUSE]).rows
    assert row["subject"].split() == message["Subject"].split()
    assert row["body"].split() == message.get_payload().split()


@pytest.mark.parametrize("between", ["", "\n", " \t "])
@pytest.mark.parametrize(
    "words", ["Where is it?", "in two\n lines", " \u00a0 ", "", "a > b", "- a"]
)
def test_plain_paragraphs_are_read_as_by_the_parser_of_html(words, between):
    # An empty comment makes no difference in HTML, and is more than a plain paragraph.
    html = f'<p>{words}</p>{between}<p class="no-margin">Ann</p>'
    assert plain(html) == plain(f"<!---->{html}")


def test_a_charset_that_does_not_exist_is_guessed_and_nothing_breaks(read):
    one = mail(1, CUSTOMER, HOUSE, at(8), "caf\xe9", Content_Type='text/plain; charset="x-odd"')
    found = read("mail", {"1": one.encode("latin-1")}, "messages", own_addresses=OWN)
    assert found.rows[0]["body"] == "café"


def test_a_line_from_in_the_words_does_not_end_a_mail(post):
    one = mail(1, CUSTOMER, HOUSE, at(8), "Hello\n\nFrom here on nothing works\n\n>From me")
    (row,) = post(one, table="messages").rows
    assert row["body"] == "Hello\n\nFrom here on nothing works\n\nFrom me"


def test_labels_of_gmail_tell_spam_chats_and_drafts(post):
    found = post(
        mail(1, CUSTOMER, HOUSE, at(8), X_Gmail_Labels="Spam,Unread"),
        mail(2, CUSTOMER, HOUSE, at(8), X_Gmail_Labels="Chat"),
        mail(3, HOUSE, CUSTOMER, at(8), X_Gmail_Labels="Drafts"),
        mail(4, CUSTOMER, HOUSE, at(8), X_Spam_Flag="YES"),
        mail(5, CUSTOMER, HOUSE, at(8), X_Gmail_Labels="=?UTF-8?Q?Inbox,Bo=C3=AEte?="),
    )
    assert {key[0]: row["is_spam"] for key, row in found.by.items()} == {
        "1": True,
        "4": True,
        "5": False,
    }
    assert sorted(found.skipped) == [
        "a chat that Gmail keeps as mail (label Chat)",
        "a draft, which was not sent",
    ]
    note = "threads called spam: 1 by the label Spam in X-Gmail-Labels, 1 by X-Spam-Flag"
    assert note in found.notes


def test_a_maildir_is_read_by_its_files(read):
    files = {
        "inbox/cur/1:2,S": ASKED,
        "inbox/new/2": ANSWERED,
        "inbox/cur/3:2,D": mail(8, HOUSE, CUSTOMER, at(9)),
    }
    found = read("mail", files, own_addresses=OWN)
    assert found.by["1@x.example"]["first_human_reply_at"] == at(10)
    assert found.skipped == ["a draft, which was not sent"]


def test_a_packed_mailbox_is_unpacked(read):
    files = {"box.mbox.gz": gzip.compress(mbox(ASKED, ANSWERED).encode())}
    assert len(read("mail", files, "messages", own_addresses=OWN).rows) == 2
    broken = {"box.mbox.gz": gzip.compress(mbox(ASKED, ANSWERED).encode() * 50)[:-20]}
    found = read("mail", broken, "messages", own_addresses=OWN)
    assert any("the file breaks off or is damaged" in reason for reason in found.refused)


def test_mails_without_an_id_stand_alone_and_are_told(post):
    found = post(mail(1, CUSTOMER, HOUSE, at(8), **{"Message-ID": None}), ASKED)
    assert len(found.rows) == 2
    assert any(note.startswith("1 mails have no Message-ID") for note in found.notes)


def test_addresses_come_in_many_shapes(post):
    odd = '"Example, Ann" <ann@example.com>, =?utf-8?q?=C3=89?= <x@example.net>'
    (row,) = post(mail(1, odd, f"undisclosed:;, <{HOUSE.upper()}>", at(8))).rows
    assert (row["customer_key"], row["queue"]) == ("ann@example.com", HOUSE)


def test_parts_in_parts_in_parts_end_in_a_reason_or_a_row(read):
    deep = "".join(
        f'Content-Type: multipart/mixed; boundary="b{level}"\n\n--b{level}\n'
        for level in range(3000)
    )
    one = mail(1, CUSTOMER, HOUSE, at(8)).replace("\n\nwords\n", f"\n{deep}")
    found = read("mail", {"1": one}, "messages", own_addresses=OWN)
    assert len(found.rows) + len(found.refused) == 1


def test_a_mail_that_is_too_large_is_refused_and_the_next_one_read(read, monkeypatch):
    monkeypatch.setattr("cxaudit_message.readers.mail_files._LARGEST", 2 << 20)
    big = mail(5, CUSTOMER, HOUSE, at(8), "x" * (3 << 20))
    found = read("mail", {"box": mbox(big, ASKED)}, "messages", own_addresses=OWN)
    assert [row["message_id"] for row in found.rows] == ["1@x.example"]
    assert found.refused == ["a mail larger than 2 MB"]


@pytest.mark.parametrize("table", ["threads", "messages"])
def test_hostile_files_end_in_rows_or_reasons(tmp_path, table):
    odd = [
        mail(7, "no address", HOUSE, at(8)),
        mail(8, "<<<>>>@@,,;:", HOUSE, at(8), References="<" * 500),
        mail(9, CUSTOMER, HOUSE, at(8), Content_Type="text/plain; charset*=x''y; name=\"", Cc="("),
        mail(10, CUSTOMER, HOUSE, at(8), "=?=\n", Content_Transfer_Encoding="base64"),
        mail(11, CUSTOMER, HOUSE, at(8), "x", Content_Type="multipart/mixed"),
        mail(12, "=?utf-8?b?!!!?= <a@b.example>", HOUSE, at(8), Subject="=?x-no?q?=ff?="),
        mail(13, CUSTOMER, HOUSE, at(8), "<" * 50_000, Content_Type="text/html"),
    ]
    good = mbox(*odd, ASKED, ANSWERED).encode()
    for path in hostile_files(tmp_path, good, ".mbox").values():
        read_source(SPEC, [path], {"own_addresses": OWN}, table=table)
    single = hostile_files(tmp_path / "cur", ASKED.encode(), "")
    for path in single.values():
        read_source(SPEC, [path], {"own_addresses": OWN}, table=table)


@pytest.mark.timeout(60)  # a few seconds where reading is linear, hours where it is not
@pytest.mark.parametrize(
    ("html", "body"),
    [
        ("<" * 5_000_000, "<" * 1_000_000),
        ("<div>" * 200_000 + "words", "words"),
        ("<p><b><i>" * 50_000 + "words", "words"),
        ("<a b='" * 200_000, None),
        ("<!-- -" * 200_000, None),
        (f"<p {' '.join(f'a{number}' for number in range(50_000))}>words", "words"),
    ],
    ids=["brackets", "nested", "misnested", "quotes", "comments", "attributes"],
)
def test_no_html_makes_reading_slow(read, html, body):
    letter = mail(1, CUSTOMER, HOUSE, at(8), html, Content_Type="text/html")
    mailbox = read("mail", {"1": letter}, "messages", own_addresses=OWN)
    assert mailbox.rows[0].get("body") == body


def test_own_addresses_must_be_given(tmp_path):
    (tmp_path / "box").write_text(mbox(ASKED), encoding="utf-8")
    with pytest.raises(AssertionError, match="own_addresses"):
        read_source(SPEC, [tmp_path / "box"], {})


def test_the_account_tells_what_was_read_kept_left_out_and_refused(run):
    files = {
        "mail/cur/1": ASKED,
        "mail/cur/2": ANSWERED,
        "mail/cur/3": mail(9, CUSTOMER, "else@example.net", at(8)),
        "mail/cur/4": "no header here\n",
        "mail/cur/5": mail(6, CUSTOMER, HOUSE, None, Date="yesterday"),
    }
    own = 'options = { own_addresses = ["service@acme.example"] }\n'
    use = f'reader = "mail"\npath = "mail/cur/*"\n{own}'
    accounts = run(files, {name: f'{use}table = "{name}"' for name in ("threads", "messages")})
    messages = accounts["messages"]
    assert (messages.read, messages.kept, messages.skipped) == (5, 3, 1)
    assert messages.rejected == {"no mail: it does not begin with header lines": 1}
    assert messages.unreadable == {"sent_at": 1}
    assert (accounts["threads"].kept, accounts["threads"].skipped) == (1, 1)
    assert "3 mails are in 2 threads" in accounts["threads"].notes
