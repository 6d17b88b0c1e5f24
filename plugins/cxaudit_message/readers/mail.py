"""Mail: mbox files, the files of a Maildir, and single mails, threaded by their references."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import attrs

from cxaudit.plugin import ReadRequest, Rows, Skipped
from cxaudit_message.readers.exports import Desk, Unknown
from cxaudit_message.readers.mail_files import Mail, mails
from cxaudit_message.readers.matters import Message, Place, Thread
from cxaudit_message.readers.values import at_key

__all__ = ["read"]

_YEARS = range(1970, 2200)
_NOT_AUTOMATIC = frozenset({"", "no"})
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_RECIPIENTS = ("to", "cc", "bcc", "delivered-to", "x-original-to", "envelope-to")


@attrs.define(kw_only=True)
class _Letter:
    """A mail, and what its headers say of both sides."""

    id: str
    place: Place
    mail: Mail
    at: datetime | None
    role: str
    sender: str
    customer: str | None
    outside: int
    mailbox: str | None
    auto: bool
    private: bool
    spam: str
    references: tuple[str, ...]
    thread: str = ""


def read(request: ReadRequest) -> Rows:
    """Read mails into rows of the table that is asked for."""
    desk = Desk(request.use.table)
    own = tuple(each.lower() for each in request.use.options["own_addresses"])
    machines = frozenset(each.lower() for each in request.use.options.get("bots", ()))
    letters: dict[str, _Letter] = {}
    for place, found in mails(request, desk.notes):
        if isinstance(found, ValueError):
            desk.refuse(place, found)
            continue
        letter = _letter(desk, place, found, own, request)
        if isinstance(letter, _Letter) and letter.sender in machines:
            letter.auto = True
        if isinstance(letter, Skipped | ValueError):
            desk.refuse(place, letter)
        elif letter.id in letters:
            desk.refuse(place, Skipped("a mail that was read before (same Message-ID)"))
        else:
            letters[letter.id] = letter
    threads = _threads(list(letters.values()))
    for thread in threads:
        _add(desk, thread)
    if desk.table == "threads":
        kept = list(desk.threads.values())
        labels = sum(each.fields["is_spam"] == "label" for each in kept)
        flags = sum(each.fields["is_spam"] == "flag" for each in kept)
        for each in kept:
            each.fields["is_spam"] = bool(each.fields["is_spam"])
        desk.tell_spam({"the label Spam in X-Gmail-Labels": labels, "X-Spam-Flag": flags})
        desk.notes.append(f"{len(desk.messages)} mails are in {len(kept)} threads")
    return desk.rows(request.shown, Unknown({}))


def _letter(
    desk: Desk, place: Place, mail: Mail, own: tuple[str, ...], request: ReadRequest
) -> _Letter | Skipped | ValueError:
    """Return a mail with its sides told apart, or why it is left out."""
    sender = next(iter(mail.addresses("from") or mail.addresses("sender")), None)
    if sender is None:
        return ValueError("a mail without a sender", mail.start)
    labels = {label.strip().lower() for label in mail.text("x-gmail-labels").split(",")}
    if "chat" in labels:
        return Skipped("a chat that Gmail keeps as mail (label Chat)")
    if mail.is_draft or "drafts" in labels:
        return Skipped("a draft, which was not sent")
    sent_to = [each for name in _RECIPIENTS for each in mail.addresses(name)]
    to_own = [each for each in sent_to if _is_own(each, own)]
    outside = list(dict.fromkeys(each for each in sent_to if not _is_own(each, own)))
    customer: str | None
    if _is_own(sender, own):
        role, customer = "agent", outside[0] if outside else None
        asks = [each for each in mail.addresses("reply-to") if not _is_own(each, own)]
        if asks and not outside:  # a contact form, which writes to the house for a customer
            role, customer = "customer", asks[0]
    elif to_own:
        role, customer = "customer", sender
    else:
        return Skipped("a mail of which neither side is one of own_addresses")
    own_id = next(iter(mail.ids("message-id")), mail.text("message-id").strip())
    if not own_id:
        desk.count("mails have no Message-ID, so that no reply can name them")
        own_id = f"{request.shown[place[0]]}#{place[1]}"
    spam = "label" if "spam" in labels else ""
    if not spam and mail.text("x-spam-flag").strip().lower() == "yes":
        spam = "flag"
    return _Letter(
        id=own_id,
        place=place,
        mail=mail,
        at=_date(desk, mail, request.use.zone),
        role=role,
        sender=sender,
        customer=customer,
        outside=len(outside),
        mailbox=next((each for each in to_own if each in own), None),
        auto=_is_auto(mail),
        private=role == "agent" and not outside,
        spam=spam,
        references=tuple(dict.fromkeys((*mail.ids("references"), *mail.ids("in-reply-to")))),
    )


def _is_own(address: str, own: tuple[str, ...]) -> bool:
    return address in own or address[address.rfind("@") :] in own


def _is_auto(mail: Mail) -> bool:
    """Tell whether a machine says that it wrote it (RFC 3834, and habits before it)."""
    submitted = mail.text("auto-submitted").partition(";")[0].strip().lower()
    return (
        submitted not in _NOT_AUTOMATIC
        or mail.text("precedence").strip().lower() in _BULK
        or mail.has("x-autoreply")
        or mail.has("x-autorespond")
        or mail.text("return-path").strip() == "<>"
    )


def _date(desk: Desk, mail: Mail, zone: str | None) -> datetime | None:
    """Return when a mail says that it was sent, or None with a note."""
    text = mail.text("date").strip()
    if not text:
        desk.count("mails have no Date; their sent_at is empty")
        return None
    try:
        found = parsedate_to_datetime(text)
        found = found.astimezone(UTC) if found.tzinfo else found
    except (ValueError, TypeError, IndexError, OverflowError):
        found = None
    if found is None or found.year not in _YEARS:
        desk.count("mails have a Date that cannot be read; their sent_at is empty")
        return None
    if found.tzinfo is None and "-0000" in text:  # UTC of an unknown place (RFC 5322)
        return found.replace(tzinfo=UTC)
    if found.tzinfo is None and zone is None:
        desk.count("mails have a Date whose zone is not known; their sent_at is empty")
        return None
    return found


def _threads(letters: list[_Letter]) -> list[list[_Letter]]:
    """Join mails that name each other; the subject is no thread.

    What the house wrote to several at once, or to nobody shown, does not join those who answer it:
    each of them has a thread of their own.
    """
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while (upper := above.setdefault(key, key)) != key:
            above[key] = above[upper]
            key = above[key]
        return key

    circulars = {
        letter.id
        for letter in letters
        if letter.role == "agent" and letter.outside != 1 and not letter.references
    }
    for letter in letters:
        for reference in letter.references:
            split = reference in circulars and letter.id != reference
            name = f"{reference} {letter.customer}" if split else reference
            above[top(letter.id)] = top(name)
    grouped: defaultdict[str, list[_Letter]] = defaultdict(list)
    for letter in letters:
        grouped[top(letter.id)].append(letter)
    for thread in grouped.values():
        thread.sort(key=lambda each: (at_key(each.at), each.place))
    return list(grouped.values())


def _add(desk: Desk, letters: list[_Letter]) -> None:
    first = letters[0]
    customer = next((each.customer for each in letters if each.customer), None)
    if customer is None:
        for letter in letters:
            desk.refuse(letter.place, Skipped("mail inside the house, of no customer's thread"))
        return
    fields: dict[str, Any] = {
        "channel": "email",
        "queue": next((each.mailbox for each in letters if each.role == "customer"), None),
        "subject": first.mail.text("subject").strip() or None,
        "is_spam": next((each.spam for each in letters if each.spam), ""),
    }
    desk.add(Thread(id=first.id, place=first.place, customer=customer, fields=fields))
    for letter in letters:
        desk.add(
            Message(
                id=letter.id,
                thread=first.id,
                place=letter.place,
                at=letter.at,
                sent=letter.mail.text("date") or None,
                role=letter.role,
                author=letter.sender if letter.role == "agent" else letter.customer,
                body=letter.mail.body,
                auto=letter.auto,
                private=letter.private,
            )
        )
