"""Make the records of Tidewater Energy, an invented supplier, in `data/`.

Nothing here happened: customers, staff, figures and words are all drawn from a seed. Files have
the shapes that real systems export: the queue log of a telephone system, tickets and comments of
a help desk, transcripts, and tables that somebody keeps by hand. They are dirty on purpose: a log
that begins in the middle of a call and breaks off, calls without an id, numbers written in three
ways, a ticket delivered twice, tickets merged into others, spam, automatic replies, mails that
came back, a speaker whom nobody named.

Tilda is the supplier's machine agent: she takes a part of the calls before they come to a queue,
and answers in chat and on the web first. Some matters she settles, some she passes on.

    python examples/contact-centre/make_records.py
"""

# ruff: noqa: PLR2004 - the numbers describe how the invented firm is run
from __future__ import annotations

import csv
import json
import random
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

SEED = 20260406
DATA = Path(__file__).parent / "data"
ZONE = ZoneInfo("Europe/Paris")
START = datetime(2026, 4, 6, tzinfo=ZONE)
DAYS = 28
HOLIDAYS = {"2026-04-06", "2026-05-01"}

QUEUES = {"moving": "SIP/2", "billing": "SIP/2", "outages": "SIP/3", "contracts": "SIP/3"}
AGENTS = {queue: [f"{prefix}{n}" for n in range(11, 15)] for queue, prefix in QUEUES.items()}
OVERFLOW = "overflow"
AGENTS[OVERFLOW] = ["SIP/411", "SIP/412"]
OVERFLOWS_AFTER = 75
"""Seconds after which a caller goes to the overflow queue, which a partner serves."""
HANGS_UP = "SIP/312"
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


def main() -> None:
    """Write all files; the same seed gives the same bytes."""
    draw = random.Random(SEED)
    for folder in ("transcripts", "talks"):
        (DATA / folder).mkdir(parents=True, exist_ok=True)
    customers = [f"+3312345{n:04d}" for n in range(700)]
    calls = write_calls(draw, customers)
    write_outbound(draw, calls)
    write_callbacks(draw, customers)
    write_staffing(draw, calls)
    write_help_desk(draw)
    write_mail(draw)
    write_transcripts()
    write_identity(customers)
    write_answers(draw)


def opening(draw: random.Random) -> list[datetime]:
    """Return the instants at which calls come in, in order."""
    arrivals = []
    for day in range(DAYS):
        date = START + timedelta(days=day)
        if date.weekday() == 6 or f"{date:%Y-%m-%d}" in HOLIDAYS:
            continue
        hours = 4 if date.weekday() == 5 else 10
        arrivals += [
            date + timedelta(hours=8, seconds=draw.randrange(hours * 3600))
            for _ in range(18 if hours == 4 else 58)
        ]
    return sorted(arrivals)


def written(draw: random.Random, number: str) -> str:
    """Return a number as one of the ways in which systems write it."""
    return draw.choice((number, "0033" + number[3:], "0" + number[3:], number))


Call = dict[str, object]


class QueueLog:
    """The lines of a queue log, and until when each agent is speaking."""

    def __init__(self, draw: random.Random) -> None:
        """Begin with nothing."""
        self.draw = draw
        self.lines: list[tuple[int, str]] = []
        self.busy_until: dict[str, float] = {}

    def add(self, at: float, *fields: object) -> None:
        """Write a line."""
        self.lines.append((int(at), "|".join(map(str, (int(at), *fields)))))

    def taker(self, queue: str, at: float, other_than: str = "") -> str:
        """Return an agent of a queue who is free, or any when none is."""
        agents = [name for name in AGENTS[queue] if name != other_than]
        free = [name for name in agents if self.busy_until.get(name, 0) < at]
        return self.draw.choice(free or agents)

    def wait(self, at: float, call: str, queue: str, busy: float) -> tuple[str, str, float] | None:
        """Have a caller wait; return the queue, who answered and when, or None."""
        wait, patience = self.draw.expovariate(1 / (28 * busy)), self.draw.expovariate(1 / 150)
        limit = OVERFLOWS_AFTER if queue != OVERFLOW else 400
        if patience < min(wait, limit):
            self.add(at + patience, call, queue, "NONE", "ABANDON", 1, 1, int(patience))
            return None
        if wait > limit:
            self.add(at + limit, call, queue, "NONE", "EXITWITHTIMEOUT", 1, 1, limit)
            if queue == OVERFLOW:
                return None
            if self.draw.random() < 0.1:
                self.add(at + limit + 1, call, OVERFLOW, "NONE", "FULL")
                return None
            self.add(at + limit + 1, call, OVERFLOW, "NONE", "ENTERQUEUE", "", "", 1)
            return self.wait(at + limit + 1, call, OVERFLOW, 1.5)
        agent = self.taker(queue, at + wait)
        if self.draw.random() < 0.06:
            missing = self.draw.choice(AGENTS[queue])
            self.add(at + wait - 2, call, queue, missing, "RINGNOANSWER", 15000)
        self.add(at + wait, call, queue, agent, "CONNECT", int(wait), call, 4)
        return queue, agent, at + wait

    def pass_on(self, at: float, call: str, queue: str, agent: str, number: str) -> None:
        """Put a caller through to another queue, half of them after a word with the colleague."""
        other = self.draw.choice([name for name in QUEUES if name != queue])
        first = at
        if self.draw.random() < 0.5:
            own = f"{call}9"  # the agent asks for the other queue by a channel of their own
            self.add(at - 9, own, other, "NONE", "ENTERQUEUE", "", agent.partition("/")[2], 1)
            self.add(at, own, queue, agent, "ATTENDEDTRANSFER", "APP", "Queue", 10, 60, 1)
        else:
            self.add(at, call, queue, agent, "BLINDTRANSFER", other, "inside", 10, 60, 1)
            self.add(at + 2, call, other, "NONE", "ENTERQUEUE", "", number, 1)
            first = at + 2
        wait = self.draw.expovariate(1 / 35)
        taker = self.taker(other, first + wait, agent)
        self.add(first + wait, call, other, taker, "CONNECT", int(wait), call, 3)
        talk = self.draw.expovariate(1 / 180) + 20
        self.busy_until[taker] = first + wait + talk
        self.add(first + wait + talk, call, other, taker, "COMPLETECALLER", int(wait), int(talk), 1)

    def speak(self, call: str, queue: str, agent: str, at: float, number: str) -> None:
        """Have somebody speak to the caller from an instant on."""
        talk = self.draw.expovariate(1 / 210) + 15
        if agent == HANGS_UP and self.draw.random() < 0.22:
            talk = self.draw.uniform(1, 8)
        self.busy_until[agent] = at + talk
        if self.draw.random() < 0.07 and talk > 20 and queue != OVERFLOW:
            self.pass_on(at + talk, call, queue, agent, number)
            return
        kind = self.draw.choice(("COMPLETEAGENT", "COMPLETECALLER"))
        kind = "COMPLETEAGENT" if talk < 10 else kind
        self.add(at + talk, call, queue, agent, kind, 10, int(talk), 1)

    def write(self) -> None:
        """Write the file: it begins in the middle of a call, and breaks off."""
        first = min(self.lines)[0]
        before = f"{first - 40}|{first - 400}.0|billing|SIP/211|COMPLETECALLER|12|300|1"
        reload = f"{first - 30}|NONE|NONE|NONE|QUEUESTART|"
        lines = [line for _, line in sorted(self.lines, key=lambda line: line[0])]
        text = "\n".join([before, reload, *lines])
        (DATA / "queue_log").write_text(f"{text}\n1777", "utf-8")


def write_calls(draw: random.Random, customers: list[str]) -> list[Call]:
    """Write the queue log and the list of Tilda's calls; return what came to the queues."""
    log = QueueLog(draw)
    calls: list[Call] = []
    talks: list[tuple[object, ...]] = []
    for n, start in enumerate(opening(draw)):
        at, call = start.timestamp(), f"{int(start.timestamp())}.{n}"
        queue = draw.choice(list(QUEUES))
        customer = draw.choice(customers)
        number = written(draw, customer) if draw.random() > 0.03 else "anonymous"
        if draw.random() < 0.3:
            talk = talk_with_machine(draw, start)
            passed = call if talk[-1] == "passed on" else ""
            talks.append((f"v-{n}", *talk[:-1], number, queue, talk[-1], passed))
            if not passed:
                continue
            at += 60
        storm = start.day == 15 and start.month == 4
        if storm and draw.random() < 0.25:
            log.add(at, call, queue, "NONE", "FULL")
            continue
        log.add(at, call, queue, "NONE", "ENTERQUEUE", "", number, 1)
        record: Call = {"at": start, "queue": queue, "customer": customer, "answered": False}
        calls.append(record)
        if answer := log.wait(at, call, queue, 4.0 if storm else 1.0):
            record["answered"] = True
            log.speak(call, *answer, number)
        if n % 97 == 5:  # a colleague who calls a queue
            log.add(at + 3600, f"{call}7", "billing", "NONE", "ENTERQUEUE", "", "311", 1)
            log.add(at + 3620, f"{call}7", "billing", "SIP/212", "CONNECT", 20, call, 4)
            log.add(at + 3700, f"{call}7", "billing", "SIP/212", "COMPLETEAGENT", 20, 80, 1)
    log.write()
    names = ("id", "began", "asked", "passed", "number", "queue", "result", "call")
    save("voice_agent.csv", names, talks)
    return calls


def talk_with_machine(draw: random.Random, start: datetime) -> tuple[str, str, str, str]:
    """Return when a talk with Tilda began, when a person was asked for, the passing on, its end."""
    asks, passes = start + timedelta(seconds=40), start + timedelta(seconds=58)
    lot = draw.random()
    if lot < 0.5:
        return clock_time(start), "", "", "settled"
    if lot < 0.62:
        return clock_time(start), clock_time(asks), clock_time(passes), "passed on"
    if lot < 0.92:
        return clock_time(start), "", clock_time(passes), "passed on"
    return clock_time(start), clock_time(asks), "", "hung up"


def write_outbound(draw: random.Random, calls: list[dict[str, object]]) -> None:
    """Write the calls that staff made to those who had not been answered."""
    rows = []
    for n, call in enumerate(call for call in calls if not call["answered"]):
        if draw.random() < 0.7:
            start = call["at"]
            assert isinstance(start, datetime)
            at = start + timedelta(hours=draw.uniform(0.5, 9))
            talk = int(draw.expovariate(1 / 120)) if draw.random() < 0.8 else ""
            rows.append((f"out-{n}", f"{at:%d/%m/%Y %H:%M:%S}", call["customer"], talk))
    save("outbound.csv", ("id", "dialled", "number", "talk"), rows)


def write_callbacks(draw: random.Random, customers: list[str]) -> None:
    """Write the list of call-backs that staff promised, as a team lead keeps it."""
    rows = []
    for n in range(90):
        promised = START + timedelta(days=draw.randrange(1, 26), hours=draw.uniform(8, 17))
        due = promised + timedelta(hours=draw.choice((2, 4, 24)))
        tried = due + timedelta(minutes=draw.gauss(-20, 45)) if draw.random() < 0.9 else None
        reached = tried is not None and draw.random() < 0.85
        site = draw.choice(("harbour", "hill"))
        row = (f"cb-{n}", draw.choice(customers), site, stamp(promised), stamp(due), stamp(tried))
        rows.append((*row, stamp(tried) if reached else "", "yes" if reached else "no"))
    names = ("id", "customer", "site", "made", "due", "tried", "kept", "reached")
    save("callbacks.csv", names, rows)


def write_staffing(draw: random.Random, calls: list[dict[str, object]]) -> None:
    """Write how many people sat at each queue in each half-hour."""
    offered: dict[tuple[datetime, str], int] = {}
    for call in calls:
        at = call["at"]
        assert isinstance(at, datetime)
        begin = at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
        key = (begin, str(call["queue"]))
        offered[key] = offered.get(key, 0) + 1
    rows = []
    for (begin, queue), count in sorted(offered.items()):
        people = draw.choice((1, 1, 2))
        busy = min(count * 230, int(people * 1800 * 0.97))
        row = (stamp(begin), queue, count, 230, people, busy, people * 1800 - busy)
        rows.append(row)
    names = ("half_hour", "queue", "offered", "handling", "people", "busy", "ready")
    save("staffing.csv", names, rows)


Sent = tuple[datetime, int, str, bool]


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


TALKS = {
    "c-2041": (
        ("Agent", 0.0, 4.1, "Good morning, Tidewater Energy, this is Ines. How can I help?"),
        ("Customer", 4.6, 12.0, "My bill has doubled and I am really worried about it."),
        ("Agent", 12.4, 19.5, "I understand that this is a worry. Let us look at it together."),
        ("Customer", 20.0, 23.0, "Thank you, that would be kind."),
        (
            "Agent",
            24.0,
            33.0,
            "So the bill doubled. What I can do is spread it over a year.",
        ),
        ("Customer", 33.5, 35.0, "That helps a lot."),
        ("Agent", 35.4, 38.0, "Thank you for calling."),
    ),
    "c-2077": (
        ("Agent", 0.0, 1.2, "Tidewater."),
        ("Customer", 1.5, 9.8, "I have been without power since this morning and my mother"),
        ("Agent", 7.9, 11.0, "Customer number?"),
        ("Customer", 11.3, 18.0, "I do not have it here. She needs her machine, and"),
        ("Agent", 15.2, 20.0, "I cannot do anything without it. You should have it ready."),
        ("Customer", 33.9, 36.0, "Fine. One moment."),
    ),
    "c-2103": (
        ("Agent", 0.0, 3.0, "Hello, Tidewater Energy, Karim speaking."),
        ("Customer", 3.2, 8.0, "When do you close today?"),
        ("Agent", 8.3, 10.0, "At six. Thank you for asking."),
        ("Sam", 10.2, 12.0, "(in the background) ask about the meter"),
    ),
}


def write_transcripts() -> None:
    """Write transcripts as WebVTT, a speaker in each cue."""
    for name, turns in TALKS.items():
        cues = [
            f"{clock(begin)} --> {clock(end)}\n<v {speaker}>{text}"
            for speaker, begin, end, text in turns
        ]
        text = "WEBVTT\n\nNOTE invented\n\n" + "\n\n".join(cues) + "\n"
        (DATA / "transcripts" / f"{name}.vtt").write_text(text, "utf-8")


def write_identity(customers: list[str]) -> None:
    """Write which number and which help-desk id belong to one customer."""
    rows = [(number, f"customer-{n}") for n, number in enumerate(customers[:180])]
    rows += [(str(100 + n), f"customer-{n}") for n in range(180)]
    save("identity.csv", ("key", "customer"), rows)


TALKS_WITH_TILDA = {
    "message": """Mystery prompts to Tilda, the machine agent in chat. Invented.

Auditor: Your blue meter reads itself at night, right?
Tilda: Yes, it does.                                   (wrong: it has to be read by hand)
Auditor: Are you a person?
Tilda: No, I am a virtual assistant. Do you want a colleague?
Auditor: That does not help.
Tilda: The form on your account page is enough.        (the same words as before)
""",
    "phone": """Test calls to Tilda, the machine agent on the phone. Invented.

Tilda: Tidewater Energy, this is Tilda, a voice assistant. What is it about?
Auditor: I have been without power since six, and I am at my wits' end.
Tilda: Great! I can help with outages.
Auditor: Are you a person?
Tilda: No, I am a program.
""",
}
"""What auditors wrote and said to Tilda: evidence of the answers below."""

OF_TILDA = {
    "message": {
        "message.machine-facts-right": ("yes yes", "no no", "yes", "yes", "no"),
        "message.machine-no-loop": ("no", "yes", "no", "yes", "yes"),
        "message.machine-upset": ("0.5 0.5", "0 0", "0.5", "1", "0.5"),
        "message.machine-admits": ("yes", "yes", "yes", "yes", "yes"),
        "message.machine-owner": ("no", "", "", "", ""),
        "message.machine-purpose": ("0.5 0.5", "", "", "", ""),
    },
    "phone": {
        "phone.machine-facts-right": ("1 1", "1 1", "0.5", "1", "1"),
        "phone.machine-told-again": ("no", "no", "yes", "no", "yes"),
        "phone.machine-lets-finish": ("yes", "yes", "no", "yes", "yes"),
        "phone.machine-no-loop": ("yes", "yes", "yes", "no", "yes"),
        "phone.machine-upset": ("0 0", "0 0.5", "0.5", "0.5", "0"),
        "phone.machine-disclosed": ("yes", "yes", "yes", "yes", "yes"),
        "phone.machine-admits": ("yes", "yes", "yes", "yes", "yes"),
        "phone.machine-owner": ("yes", "", "", "", ""),
        "phone.machine-purpose": ("0 0", "", "", "", ""),
    },
}
"""What they answered for five such talks each, one or two raters to a talk."""


def write_answers(draw: random.Random) -> None:
    """Write what two auditors heard in test calls and read in threads."""
    asked = {
        "phone": {
            "phone.explained-once": ("yes", "no"),
            "phone.decided-in-contact": ("yes", "no"),
            "phone.facts-right": ("1", "0.5", "0"),
            "conversation.let-finish": ("yes", "no"),
            "conversation.said-back": ("yes", "no"),
            "conversation.feeling-named": ("1", "0.5", "0"),
            "conversation.can-before-cannot": ("1", "0.5", "0"),
            "conversation.free-of-blame": ("yes", "no"),
            "conversation.upset-heard": ("1", "0.5", "0"),
            "phone.person-from-menu": ("yes", "no"),
            "phone.announcement-true": ("yes", "no"),
        },
        "message": {
            "message.all-questions": ("yes", "no"),
            "message.owner-named": ("yes", "no"),
            "message.willing": ("1", "0.5", "0"),
            "message.facts-right": ("yes", "no"),
            "conversation.free-of-blame": ("yes", "no"),
            "conversation.upset-heard": ("1", "0.5", "0"),
        },
    }
    cases, answers = [], []
    for touchpoint, items in asked.items():
        for n in range(12):
            case = f"{'call' if touchpoint == 'phone' else 'thread'}-{n + 1}"
            unit = "tidewater.harbour" if n % 2 else "tidewater.hill"
            at = START + timedelta(days=n + 1, hours=10 + n % 5)
            cases.append((case, unit, touchpoint, stamp(at), "final"))
            for item, choices in items.items():
                truth = 0 if draw.random() < (0.85 if n % 2 else 0.65) else draw.randrange(3)
                for rater in ("auditor one", "auditor two")[: 2 if n < 4 else 1]:
                    picked = truth if draw.random() < 0.9 else draw.randrange(len(choices))
                    value = choices[min(picked, len(choices) - 1)]
                    answers.append((item, touchpoint, case, rater, value, "", "", ""))
    answers[3] = (*answers[3][:4], "could not be observed", "the line broke", "", "")
    for touchpoint, items in OF_TILDA.items():
        for n in range(5):
            case = f"tilda-{touchpoint}-{n + 1}"
            at = START + timedelta(days=n + 15, hours=11)
            cases.append((case, "tidewater", touchpoint, stamp(at), "final"))
            for item, values in items.items():
                talk = f"talks/{touchpoint}.txt"
                for rater, value in enumerate(values[n].split()):
                    who = ("auditor one", "auditor two")[rater]
                    answers.append((item, touchpoint, case, who, value, "", "", talk))
    save("cases.csv", ("id", "unit", "touchpoint", "at", "status"), cases)
    for touchpoint, text in TALKS_WITH_TILDA.items():
        (DATA / "talks" / f"{touchpoint}.txt").write_text(text, "utf-8")
    names = ("item", "touchpoint", "case", "rater", "value", "reason", "comment", "evidence")
    save("answers.csv", names, answers)


def stamp(at: datetime | None) -> str:
    """Return a local time as people write it in a table."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"


def zulu(at: datetime) -> str:
    """Return an instant as an API gives it."""
    return at.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock_time(at: datetime) -> str:
    """Return a local time to the second, as a machine writes it in a table."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def clock(seconds: float) -> str:
    """Return a time in a recording."""
    return f"00:{int(seconds) // 60:02d}:{seconds % 60:06.3f}"


def save(name: str, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """Write a CSV file."""
    with (DATA / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def dump(name: str, content: object) -> None:
    """Write a JSON file."""
    (DATA / name).write_text(json.dumps(content, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
