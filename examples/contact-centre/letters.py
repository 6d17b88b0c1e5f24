"""What is written: tickets of the help desk, and the mailbox of a group address."""

# ruff: noqa: PLR2004 - the numbers describe how the invented firm is run
from __future__ import annotations

import random
from datetime import datetime, timedelta
from email.utils import format_datetime

from firm import DATA, DAYS, START, dump, zulu

TILDA = 950
TOPICS = ("my last bill", "the new meter", "moving house", "the outage", "my contract")
ASKS = (
    "Hello, I have a question about {topic}. Could you look into it?",
    "Good morning, {topic} is wrong again. When will it be put right?",
    "I wrote last week about {topic} and heard nothing. What is going on?",
)
GOOD = (
    "Thank you for writing. I am sorry for the trouble with {topic}. It is put right now. {name}",
    "Thank you for waiting. I looked into {topic}. We will write to you by Friday. Regards, {name}",
    "Hello, I understand how annoying that is. I will call you tomorrow about {topic}. {name}",
)
POOR = (
    "As I already said, {topic} is in the terms. You should have read them.",
    "We cannot change {topic}. We will get back to you soon.",
    "Your message about {topic} was passed on.",
)
THANKS = ("Thank you!", "Great, thanks.", "That helped, many thanks.")
AGAIN = ("It still does not work. Can you help?", "And when do I get the money?")
NAMES = ("Ines", "Karim", "Lotte", "Paul", "Sanna", "Tom")
SAYS_WHAT_IT_IS = "Hello, I am Tilda, the virtual assistant of Tidewater Energy."
DOES_NOT = "Hello, Tilda here."
SETTLES = (
    "About {topic}: the reading of March replaced three estimates, so nothing more is due.",
    "For {topic} the form on your account page is enough: it takes effect on the next day.",
    "I looked up {topic}. The work in your street ends on Thursday, and you need do nothing.",
)
WANTS_PERSON = ("I want to talk to a real person, please.", "No. Can I speak to a person?")
TELL_AGAIN = "Hello, how can I help you? Please describe the problem with {topic} again. {name}"

Sent = tuple[datetime, int, str, bool]
"""When, by whom, the words, and whether the customer can see them."""


def exchange(
    draw: random.Random, opened: datetime, people: tuple[int, int], topic: str, *, spam: bool
) -> tuple[list[Sent], str, datetime | None]:
    """Return the messages of a ticket, its status, and when it was solved."""
    customer, agent = people
    quick = agent <= 902  # the first of two groups
    messages: list[Sent] = [(opened, customer, draw.choice(ASKS).format(topic=topic), True)]
    at = opened + timedelta(seconds=20)
    messages.append((at, 1, "We received your message. Ticket {ticket}.", True))
    status, solved = "open", None
    if not spam and draw.random() < (0.93 if quick else 0.8):
        at = opened + timedelta(hours=draw.expovariate(1 / (9 if quick else 26)))
        text = draw.choice(GOOD if draw.random() < (0.9 if quick else 0.6) else POOR)
        messages.append((at, agent, text.format(topic=topic, name=NAMES[agent - 900]), True))
        if "by Friday" in text and draw.random() < (0.85 if quick else 0.4):
            later = at + timedelta(hours=draw.uniform(12, 90))
            messages.append((later, agent, f"As announced: {topic} is settled.", True))
            at = later
        if draw.random() < 0.3:
            messages.append((at + timedelta(minutes=5), agent, "Asked the meter team.", False))
        if draw.random() < 0.45:
            at += timedelta(hours=draw.uniform(1, 30))
            messages.append((at, customer, draw.choice(THANKS + AGAIN), True))
        if draw.random() < 0.85:
            solved = at + timedelta(hours=draw.uniform(0.1, 20))
            status = draw.choice(("solved", "closed"))
    return messages, status, solved


def with_machine(
    draw: random.Random, opened: datetime, people: tuple[int, int], topic: str
) -> tuple[list[Sent], str, datetime | None, str]:
    """Return the messages of a ticket that Tilda answers first, its status, its end, and a tag."""
    customer, agent = people
    asks = draw.choice(ASKS).format(topic=topic)
    messages: list[Sent] = [(opened, customer, asks, True)]
    at = opened + timedelta(seconds=8)
    says = SAYS_WHAT_IT_IS if draw.random() < 0.85 else DOES_NOT
    messages.append((at, TILDA, says, True))
    at += timedelta(seconds=20)
    messages.append((at, TILDA, draw.choice(SETTLES).format(topic=topic), True))
    lot = draw.random()
    if lot < 0.5:
        if draw.random() < 0.4:
            at += timedelta(minutes=2)
            messages.append((at, customer, draw.choice(THANKS), True))
        return messages, "solved", at + timedelta(minutes=30), "ai_agent_automated_resolution"
    at += timedelta(minutes=2)
    wants = lot < 0.75
    text = draw.choice(WANTS_PERSON) if wants else draw.choice(AGAIN)
    messages.append((at, customer, text, True))
    at += timedelta(seconds=10)
    messages.append((at, TILDA, "I will pass this on to a colleague.", True))
    if draw.random() < 0.18:
        return messages, "open", None, ""
    hours = draw.expovariate(1 / 0.2) if wants else draw.expovariate(1 / 7)
    at += timedelta(hours=hours)
    text = TELL_AGAIN if draw.random() < 0.35 else draw.choice(GOOD)
    messages.append((at, agent, text.format(topic=topic, name=NAMES[agent - 900]), True))
    return messages, "solved", at + timedelta(hours=draw.uniform(0.1, 20)), ""


class HelpDesk:
    """Tickets, comments and changes of groups, as they are written down."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.tickets: list[dict[str, object]] = []
        self.comments: list[dict[str, object]] = []
        self.audits: list[dict[str, object]] = []
        self._number = 50_000

    def number(self) -> int:
        """Return an id that nothing has."""
        self._number += 1
        return self._number

    def say(self, ticket: int, message: Sent) -> None:
        """Add a comment."""
        when, author, text, public = message
        channel = {1: "system", TILDA: "chatbot"}.get(author, "web")
        self.comments.append(
            {
                "id": self.number(),
                "ticket_id": ticket,
                "author_id": author,
                "public": public,
                "body": text.replace("{ticket}", str(ticket)),
                "created_at": zulu(when),
                "via": {"channel": channel},
            }
        )

    def open(self, ticket: int, messages: list[Sent], **fields: object) -> dict[str, object]:
        """Add a ticket with its comments."""
        row: dict[str, object] = {
            "id": ticket,
            "created_at": zulu(messages[0][0]),
            "updated_at": zulu(max(message[0] for message in messages)),
            "requester_id": messages[0][1],
            "submitter_id": messages[0][1],
            "status": "open",
            "priority": "normal",
            "description": messages[0][2].replace("{ticket}", str(ticket)),
            "tags": [],
            "via": {"channel": "email"},
            "url": f"https://tidewater.example/api/v2/tickets/{ticket}.json",
            **fields,
        }
        self.tickets.append(row)
        for message in messages:
            self.say(ticket, message)
        return row

    def move(self, ticket: int, at: datetime, before: int, after: int) -> None:
        """Add that a ticket went from one group to another."""
        change = {"field_name": "group_id", "value": str(after), "previous_value": str(before)}
        self.audits.append(
            {
                "id": self.number(),
                "ticket_id": ticket,
                "author_id": 1,
                "created_at": zulu(at),
                "events": [{"id": self.number(), "type": "Change", **change}],
            }
        )


def write_help_desk(draw: random.Random) -> None:
    """Write tickets, comments, changes and users as the help desk's API gives them."""
    desk = HelpDesk()
    end = START + timedelta(days=DAYS)
    for n in range(330):
        ticket, customer = 7000 + n, 100 + draw.randrange(180)
        topic = draw.choice(TOPICS)
        opened = START + timedelta(days=draw.uniform(0, 27), hours=draw.uniform(6, 10))
        group = draw.choice((31, 32))
        people = (customer, draw.choice([900, 901, 902] if group == 31 else [903, 904, 905]))
        channel = draw.choice(("email", "web", "chat"))
        spam, tag = draw.random() < 0.03, ""
        if channel != "email" and draw.random() < 0.6:
            messages, status, solved, tag = with_machine(draw, opened, people, topic)
        else:
            messages, status, solved = exchange(draw, opened, people, topic, spam=spam)
        messages = [message for message in messages if message[0] < end]
        if solved is not None and solved >= end:
            status, solved = "open", None
        row = desk.open(
            ticket,
            messages,
            assignee_id=people[1],
            group_id=group,
            status=status,
            priority=draw.choice(("normal", "high", None)),
            subject=f"Question about {topic}",
            tags=["spam"] * spam + [tag] * bool(tag),
            via={"channel": channel},
        )
        if solved is not None:
            row["updated_at"] = zulu(max([solved, *(message[0] for message in messages)]))
            reopens = int(draw.random() < 0.06)
            row["metric_set"] = {
                "ticket_id": ticket,
                "solved_at": zulu(solved),
                "reopens": reopens,
            }
        passed = [at for at, author, text, _ in messages if author == TILDA and "pass this" in text]
        if passed and draw.random() < 0.2:  # the machine chose the wrong group
            desk.move(ticket, passed[0] + timedelta(minutes=40), 63 - group, group)
    merge(draw, desk)
    add_others(desk)
    desk.tickets.append(desk.tickets[5])  # delivered twice
    staff = {900 + n: name for n, name in enumerate(NAMES)} | {TILDA: "Tilda"}
    users = [{"id": key, "role": "agent", "name": name} for key, name in staff.items()]
    users.append({"id": 1, "role": "admin", "name": "Robot"})
    dump("tickets.json", {"tickets": desk.tickets, "count": len(desk.tickets)})
    dump("comments.json", {"comments": desk.comments})
    dump("audits.json", {"audits": desk.audits})
    dump("users.json", {"users": users})


def merge(draw: random.Random, desk: HelpDesk) -> None:
    """Have customers write twice on one matter; staff merges the second ticket into the first."""
    for n, target in enumerate(draw.sample(desk.tickets[10:300], 12)):
        ticket, agent, first = 7400 + n, target["assignee_id"], target["id"]
        assert isinstance(agent, int)
        assert isinstance(first, int)
        opened = datetime.fromisoformat(str(target["created_at"])) + timedelta(hours=5)
        customer = target["requester_id"]
        assert isinstance(customer, int)
        note = f'This request was closed and merged into request #{first} "{target["subject"]}".'
        public = n % 2 == 0
        messages: list[Sent] = [
            (opened, customer, "Has anybody read what I wrote this morning?", True),
            (opened + timedelta(hours=1), agent, note, public),
        ]
        desk.open(
            ticket,
            messages,
            assignee_id=agent,
            group_id=target["group_id"],
            subject=target["subject"],
            status="closed",
            tags=["closed_by_merge"] if n % 3 else [],
        )
        text = f"Request #{ticket} was closed and merged into this request."
        desk.say(first, (opened + timedelta(hours=1), agent, text, public))


def add_others(desk: HelpDesk) -> None:
    """Add tickets that no customer opened by writing: calls, side talks, letters of staff."""
    for n in range(14):
        at = START + timedelta(days=2 * n, hours=9)
        fields: dict[str, object] = {"assignee_id": 903, "group_id": 32, "status": "closed"}
        if n % 3 == 0:
            messages: list[Sent] = [(at, 903, "Inbound call, 4 minutes.", False)]
            fields |= {"via": {"channel": "voice"}, "requester_id": 120 + n, "subject": "Call"}
        elif n % 3 == 1:
            messages = [(at, 904, "Can you read the meter in Quay Street tomorrow?", True)]
            fields |= {"via": {"channel": "side_conversation"}, "subject": "To the meter team"}
        else:
            messages = [(at, 905, "We come on Tuesday to change your meter.", True)]
            fields |= {"requester_id": 120 + n, "subject": "Your new meter"}
        desk.open(7500 + n, messages, **fields)


def write_mail(draw: random.Random) -> None:
    """Write the mailbox of a group address, as Gmail gives it, with all that comes to one."""
    ours, listed = "business@tidewater.example", "<business.tidewater.example>"
    mails: list[tuple[datetime, dict[str, str], str]] = []

    def add(at: datetime, body: str, **headers: str) -> str:
        name = f"<m{len(mails)}@mail.example>"
        fields = {key.replace("_", "-"): value for key, value in headers.items()}
        fields = {"Message-ID": name, "Date": format_datetime(at)} | fields
        mails.append((at, fields, body))
        return name

    for n in range(60):
        at = START + timedelta(days=draw.uniform(0, 26), hours=draw.uniform(7, 10))
        customer = f"office{n % 37}@customer.example"
        topic = draw.choice(TOPICS)
        subject = f"Site {n}: {topic}"
        text = draw.choice(ASKS).format(topic=topic)
        group = {"List_Id": listed, "Precedence": "list"}
        asked = add(at, text, From=customer, To=ours, Subject=subject, **group)
        notice = {"Auto_Submitted": "auto-replied", "In_Reply_To": asked}
        about = {"Subject": f"Re: {subject}"}
        if n % 6 == 0:
            text = "We have received your mail and will answer soon."
            add(at + timedelta(seconds=30), text, From=ours, To=customer, **about, **notice)
        if draw.random() < 0.88:
            later = at + timedelta(hours=draw.expovariate(1 / 12))
            sender = f"{draw.choice(NAMES).lower()}@tidewater.example"
            text = draw.choice(GOOD).format(topic=topic, name="Tidewater Energy")
            reply = {"In_Reply_To": asked, **about}
            answer = add(later, text, From=sender, To=customer, Cc=ours, **reply)
            if n % 10 == 3:
                away = {"Subject": f"Automatic reply: {subject}", "Auto_Submitted": "auto-replied"}
                text = "I am away until Monday."
                away |= {"In_Reply_To": answer}
                add(later + timedelta(minutes=1), text, From=customer, To=ours, **away)
            if n % 12 == 7:
                report = 'multipart/report; report-type=delivery-status; boundary="b"'
                back = {"Subject": "Undelivered Mail Returned to Sender", "Content_Type": report}
                back |= {"From": "MAILER-DAEMON@mail.example", "In_Reply_To": answer}
                add(later + timedelta(minutes=2), "The address is not known.", To=ours, **back)
        if n % 15 == 1:
            news = {
                "List_Id": "<news.grid-operators.example>",
                "List_Unsubscribe": "<mailto:off@x>",
            }
            news |= {"To": "news@grid-operators.example", "Subject": "Grid news"}
            add(at + timedelta(hours=3), "Tariffs.", From="desk@grid-operators.example", **news)
    parts = []
    for _, fields, body in sorted(mails, key=lambda mail: mail[0]):
        head = "\n".join(f"{name}: {value}" for name, value in fields.items())
        parts.append(f"From - Mon Apr 06 08:00:00 2026\n{head}\n\n{body}\n")
    (DATA / "business.mbox").write_text("\n".join(parts), "utf-8")
