"""Mail: mbox files, the files of a Maildir, and single mails, threaded by their references."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import attrs

from cxaudit.plugin import ReadRequest, Rows, Skipped
from cxaudit_message.readers import markers
from cxaudit_message.readers.exports import Desk, Unknown
from cxaudit_message.readers.mail_files import Mail, mails
from cxaudit_message.readers.mail_marks import is_forward, is_no_reply, marker_of
from cxaudit_message.readers.matters import Location, Message, Thread
from cxaudit_message.readers.values import at_key
from cxaudit_message.readers.vendors import refuse_others

__all__ = ["read"]

_YEARS = range(1970, 2200)
_MACHINES = frozenset({"auto-reply", "bot", "campaign"})
_RECIPIENTS = ("to", "cc", "bcc", "delivered-to", "x-original-to", "envelope-to")


@attrs.define(kw_only=True)
class _Letter:
    """A mail, and what its headers say of both sides."""

    id: str
    location: Location
    mail: Mail
    at: datetime | None
    role: str
    sender: str
    customer: str | None
    outside: tuple[str, ...]
    seen_by: frozenset[str]
    mailbox: str | None
    marker: str
    private: bool
    spam: str
    references: tuple[str, ...]
    thread: str = ""


def read(request: ReadRequest) -> Rows:
    """Read mails into rows of the table that is asked for."""
    refuse_others(request, "mail")
    desk = Desk(request.use.table, markers.MAIL)
    addresses = frozenset(address.lower() for address in request.use.options["own_addresses"])
    house = _House(
        addresses=addresses,
        domains=frozenset(address[address.rfind("@") + 1 :] for address in addresses),
        machines=frozenset(address.lower() for address in request.use.options.get("bots", ())),
    )
    letters: dict[str, _Letter] = {}
    for location, mail in mails(request, desk.notes):
        if isinstance(mail, ValueError):
            desk.refuse(location, mail)
            continue
        letter = _letter(desk, location, mail, house, request)
        if isinstance(letter, Skipped | ValueError):
            desk.refuse(location, letter)
        elif letter.id in letters:
            desk.refuse(location, Skipped("a mail that was read before (same Message-ID)"))
        else:
            letters[letter.id] = letter
    for joined in _threads(list(letters.values())):
        _add(desk, joined)
    if desk.table == "threads":
        kept = list(desk.threads.values())
        labels = sum(thread.fields["is_spam"] == "label" for thread in kept)
        flags = sum(thread.fields["is_spam"] == "flag" for thread in kept)
        for thread in kept:
            thread.fields["is_spam"] = bool(thread.fields["is_spam"])
        desk.tell_spam({"the label Spam in X-Gmail-Labels": labels, "X-Spam-Flag": flags})
        desk.notes.append(f"{len(desk.messages)} mails are in {len(kept)} threads")
    return desk.rows(request.shown, Unknown({}))


def _letter(
    desk: Desk, location: Location, mail: Mail, house: _House, request: ReadRequest
) -> _Letter | Skipped | ValueError:
    """Return a mail with its sides told apart, or why it is left out."""
    sender = _sender(mail, house)
    if sender is None:
        return ValueError("a mail without a sender", mail.start)
    labels = {label.strip().lower() for label in mail.text("x-gmail-labels").split(",")}
    if "chat" in labels:
        return Skipped("a chat that Gmail keeps as mail (label Chat)")
    if mail.is_draft or "drafts" in labels:
        return Skipped("a draft, which was not sent")
    marker = "bot" if sender in house.machines else ""
    marker = marker or marker_of(mail, sender, house.owns, house.domains)
    if marker in {"bounce", "list"}:
        return desk.marks.left_out(marker)
    sent_to = [address for name in _RECIPIENTS for address in mail.addresses(name)]
    to_own = [address for address in sent_to if house.owns(address)]
    outside = tuple(dict.fromkeys(address for address in sent_to if not house.owns(address)))
    asks = [address for address in mail.addresses("reply-to") if not house.owns(address)]
    is_form = bool(asks) and asks[0] != sender and sender not in house.machines
    customer: str | None
    if house.owns(sender):
        role, customer = "agent", outside[0] if outside else None
        if is_form and not outside:  # a contact form, which writes to the house for a customer
            role, customer, marker = "customer", asks[0], ""
        elif marker in _MACHINES:
            role = "bot" if sender in house.machines else "system"
    elif to_own:
        role, customer = "customer", sender
        if is_form and is_no_reply(sender):  # the same, by somebody else's form
            customer, marker = asks[0], ""
    else:
        return Skipped("a mail of which neither side is one of own_addresses")
    own_id = next(iter(mail.ids("message-id")), mail.text("message-id").strip())
    if not own_id:
        desk.count("mails have no Message-ID, so that no reply can name them")
        own_id = f"{request.shown[location[0]]}#{location[1]}"
    spam = "label" if "spam" in labels else ""
    if not spam and mail.text("x-spam-flag").strip().lower() == "yes":
        spam = "flag"
    return _Letter(
        id=own_id,
        location=location,
        mail=mail,
        at=_date(desk, mail, request.use.zone),
        role=role,
        sender=sender,
        customer=customer,
        outside=outside,
        seen_by=frozenset((sender, *asks, *outside)),
        mailbox=next((address for address in to_own if address in house.addresses), None),
        marker=marker,
        private=role != "customer" and not outside,
        spam=spam,
        references=tuple(dict.fromkeys((*mail.ids("references"), *mail.ids("in-reply-to")))),
    )


@attrs.frozen(kw_only=True)
class _House:
    """The organisation's side: its addresses, ``@domain`` for all of one, domains, machines."""

    addresses: frozenset[str]
    domains: frozenset[str]
    machines: frozenset[str]

    def owns(self, address: str) -> bool:
        """Tell whether an address is the organisation's."""
        return address in self.addresses or address[address.rfind("@") :] in self.addresses


def _sender(mail: Mail, house: _House) -> str | None:
    """Return who wrote a mail; a list that puts its own address there names them elsewhere."""
    sender = next(iter(mail.addresses("from") or mail.addresses("sender")), None)
    if sender is not None and house.owns(sender):
        for name in ("x-original-from", "x-original-sender"):
            for address in mail.addresses(name):
                if not house.owns(address):
                    return address
    return sender


def _date(desk: Desk, mail: Mail, zone: str | None) -> datetime | None:
    """Return when a mail says that it was sent, or None with a note."""
    text = mail.text("date").strip()
    if not text:
        desk.count("mails have no Date, and so no time")
        return None
    try:
        sent = parsedate_to_datetime(text)
        sent = sent.astimezone(UTC) if sent.tzinfo else sent
    except (ValueError, TypeError, IndexError, OverflowError):
        sent = None
    if sent is None or sent.year not in _YEARS:
        desk.count("mails have a Date that cannot be read; their sent_at is empty")
        return None
    if sent.tzinfo is None and "-0000" in text:  # UTC of an unknown place (RFC 5322)
        return sent.replace(tzinfo=UTC)
    if sent.tzinfo is None and zone is None:
        desk.count("mails have a Date whose zone is not known; their sent_at is empty")
        return None
    return sent


def _threads(letters: list[_Letter]) -> list[list[_Letter]]:
    """Join mails that name each other; the subject is no thread.

    What the house wrote to several at once, or to nobody shown, does not join those who answer it:
    each of them has a thread of their own.
    """
    # Mail 2 answers 1, and 3 answers 2: above is {1: 1, 2: 1, 3: 2}, and the top of all is 1. What
    # Ann answers to a circular c hangs below "c ann@example.com" in place of c.
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while (upper := above.setdefault(key, key)) != key:
            above[key] = above[upper]
            key = above[key]
        return key

    circulars = {
        letter.id
        for letter in letters
        if letter.role != "customer" and len(letter.outside) != 1 and not letter.references
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
        thread.sort(key=lambda letter: (at_key(letter.at), letter.location))
    return list(grouped.values())


def _add(desk: Desk, letters: list[_Letter]) -> None:
    first = letters[0]
    customer = next((letter.customer for letter in letters if letter.customer), None)
    if customer is None:
        for letter in letters:
            desk.refuse(letter.location, Skipped("mail inside the house, of no customer's thread"))
        return
    customers = frozenset().union(
        *(letter.seen_by for letter in letters if letter.role == "customer")
    )
    fields: dict[str, Any] = {
        "channel": "email",
        "queue": next((letter.mailbox for letter in letters if letter.role == "customer"), None),
        "subject": first.mail.text("subject").strip() or None,
        "is_spam": next((letter.spam for letter in letters if letter.spam), ""),
    }
    begun = first.role != "customer" and not first.references
    thread = Thread(id=first.id, location=first.location, customer=customer, fields=fields)
    thread.outside = "outbound" if begun else ""
    if any(letter.marker == "group-address" for letter in letters):
        thread.marks.add("group-address")
    desk.add(thread)
    for letter in letters:
        passed_on = bool(customers) and letter.role == "agent" and bool(letter.outside)
        passed_on = passed_on and is_forward(letter.mail) and not customers & {*letter.outside}
        desk.add(
            Message(
                id=letter.id,
                thread=first.id,
                location=letter.location,
                at=letter.at,
                sent=letter.mail.text("date") or None,
                role=letter.role,
                author=letter.customer if letter.role == "customer" else letter.sender,
                body=letter.mail.body,
                auto=letter.marker in _MACHINES,
                private=letter.private or passed_on,
                marker=_marker(letter, passed_on=passed_on),
            )
        )


def _marker(letter: _Letter, *, passed_on: bool) -> str:
    """Return the marker of a mail; those of its thread are counted with that."""
    if passed_on:
        return "forwarded"
    return letter.marker if letter.marker in _MACHINES else ""
