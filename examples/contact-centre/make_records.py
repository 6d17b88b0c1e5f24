"""Make the records of Tidewater Energy, an invented supplier, in `data/`.

Nothing here happened: customers, staff, figures and words are all drawn from a seed. Files have
the shapes that real systems export: the queue log of a telephone system, tickets and comments of
a help desk, transcripts, and tables that somebody keeps by hand. They are dirty on purpose: a log
that begins in the middle of a call and breaks off, calls without an id, numbers written in three
ways, a ticket delivered twice, spam, automatic replies, a speaker whom nobody named.

    python examples/contact-centre/make_records.py
"""

# ruff: noqa: PLR2004 - the numbers describe how the invented firm is run
from __future__ import annotations

import csv
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SEED = 20260406
DATA = Path(__file__).parent / "data"
ZONE = ZoneInfo("Europe/Paris")
START = datetime(2026, 4, 6, tzinfo=ZONE)
DAYS = 28
HOLIDAYS = {"2026-04-06", "2026-05-01"}

QUEUES = {"moving": "SIP/h", "billing": "SIP/h", "outages": "SIP/k", "contracts": "SIP/k"}
AGENTS = {queue: [f"{prefix}{n}" for n in range(11, 15)] for queue, prefix in QUEUES.items()}
HANGS_UP = "SIP/k12"
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


def main() -> None:
    """Write all files; the same seed gives the same bytes."""
    draw = random.Random(SEED)
    (DATA / "transcripts").mkdir(parents=True, exist_ok=True)
    customers = [f"+3312345{n:04d}" for n in range(700)]
    calls = write_queue_log(draw, customers)
    write_outbound(draw, calls)
    write_callbacks(draw, customers)
    write_staffing(draw, calls)
    write_help_desk(draw)
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


def write_queue_log(draw: random.Random, customers: list[str]) -> list[dict[str, object]]:
    """Write the queue log; return what happened for the files that lean on it."""
    lines: list[tuple[int, str]] = []
    calls: list[dict[str, object]] = []

    def add(at: float, *fields: object) -> None:
        lines.append((int(at), "|".join(map(str, (int(at), *fields)))))

    for n, start in enumerate(opening(draw)):
        at, call = start.timestamp(), f"{int(start.timestamp())}.{n}"
        queue = draw.choice(list(QUEUES))
        customer = draw.choice(customers)
        number = written(draw, customer) if draw.random() > 0.03 else "anonymous"
        busy = 4.0 if start.day == 15 and start.month == 4 else 1.0  # a storm
        wait = draw.expovariate(1 / (28 * busy))
        patience = draw.expovariate(1 / 150)
        add(at, call, queue, "NONE", "ENTERQUEUE", "", number, 1)
        record = {"at": start, "queue": queue, "customer": customer, "answered": False}
        calls.append(record)
        if patience < wait:
            add(at + patience, call, queue, "NONE", "ABANDON", 1, 1, int(patience))
            continue
        if wait > 400:
            add(at + 400, call, queue, "NONE", "EXITWITHTIMEOUT", 1, 1, 400)
            continue
        record["answered"] = True
        agent = draw.choice(AGENTS[queue])
        if draw.random() < 0.06:
            add(at + wait - 2, call, queue, draw.choice(AGENTS[queue]), "RINGNOANSWER", 15000)
        talk = draw.expovariate(1 / 210) + 15
        if agent == HANGS_UP and draw.random() < 0.22:
            talk = draw.uniform(1, 8)
        add(at + wait, call, queue, agent, "CONNECT", int(wait), call, 4)
        end = at + wait + talk
        if draw.random() < 0.07 and talk > 20:
            other = draw.choice([name for name in QUEUES if name != queue])
            add(end, call, queue, agent, "BLINDTRANSFER", other, "inside", int(wait), int(talk), 1)
            add(end + 2, call, other, "NONE", "ENTERQUEUE", "", number, 1)
            second = draw.expovariate(1 / 35)
            taker = draw.choice(AGENTS[other])
            add(end + 2 + second, call, other, taker, "CONNECT", int(second), call, 3)
            end += 2 + second + (more := draw.expovariate(1 / 180) + 20)
            add(end, call, other, taker, "COMPLETECALLER", int(second), int(more), 1)
        else:
            kind = draw.choice(("COMPLETEAGENT", "COMPLETECALLER"))
            kind = "COMPLETEAGENT" if talk < 10 else kind
            add(end, call, queue, agent, kind, int(wait), int(talk), 1)
    first = lines[0][0]
    before = f"{first - 40}|{first - 400}.0|billing|SIP/h11|COMPLETECALLER|12|300|1"
    reload = f"{first - 30}|NONE|NONE|NONE|QUEUESTART|"
    text = "\n".join([before, reload, *(line for _, line in sorted(lines, key=lambda x: x[0]))])
    (DATA / "queue_log").write_text(f"{text}\n1777", "utf-8")
    return calls


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


def write_help_desk(draw: random.Random) -> None:
    """Write tickets, comments and users as the help desk's API gives them."""
    staff = {900 + n: name for n, name in enumerate(NAMES)}
    tickets, comments = [], []
    number = 50_000
    for n in range(260):
        ticket, customer = 7000 + n, 100 + draw.randrange(180)
        topic = draw.choice(TOPICS)
        opened = START + timedelta(days=draw.uniform(0, 27), hours=draw.uniform(6, 10))
        group = draw.choice((31, 32))
        agent = draw.choice([900, 901, 902] if group == 31 else [903, 904, 905])
        spam = draw.random() < 0.03
        messages, status, solved = exchange(draw, opened, (customer, agent), topic, spam=spam)
        end = START + timedelta(days=DAYS)
        messages = [message for message in messages if message[0] < end]
        if solved is not None and solved >= end:
            status, solved = "open", None
        last = max([message[0] for message in messages] + ([solved] if solved else []))
        row = {
            "id": ticket,
            "created_at": zulu(opened),
            "updated_at": zulu(last),
            "requester_id": customer,
            "submitter_id": customer,
            "assignee_id": agent,
            "group_id": group,
            "status": status,
            "priority": draw.choice(("normal", "high", None)),
            "subject": f"Question about {topic}",
            "description": messages[0][2],
            "tags": ["spam"] if spam else [],
            "via": {"channel": draw.choice(("email", "web", "chat"))},
            "url": f"https://tidewater.example/api/v2/tickets/{ticket}.json",
        }
        if solved is not None:
            row["metric_set"] = {
                "ticket_id": ticket,
                "solved_at": zulu(solved),
                "reopens": int(draw.random() < 0.06),
            }
        tickets.append(row)
        for when, author, text, public in messages:
            number += 1
            comments.append(
                {
                    "id": number,
                    "ticket_id": ticket,
                    "author_id": author,
                    "public": public,
                    "body": text.replace("{ticket}", str(ticket)),
                    "created_at": zulu(when),
                    "via": {"channel": "system" if author == 1 else "web"},
                }
            )
    tickets.append(tickets[5])  # delivered twice
    users = [{"id": key, "role": "agent", "name": name} for key, name in staff.items()]
    users.append({"id": 1, "role": "admin", "name": "Robot"})
    dump("tickets.json", {"tickets": tickets, "count": len(tickets)})
    dump("comments.json", {"comments": comments})
    dump("users.json", {"users": users})


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
                    answers.append((item, touchpoint, case, rater, value, "", ""))
    answers[3] = (*answers[3][:4], "could not be observed", "the line broke", "")
    save("cases.csv", ("id", "unit", "touchpoint", "at", "status"), cases)
    names = ("item", "touchpoint", "case", "rater", "value", "reason", "comment")
    save("answers.csv", names, answers)


def stamp(at: datetime | None) -> str:
    """Return a local time as people write it in a table."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"


def zulu(at: datetime) -> str:
    """Return an instant as an API gives it."""
    return at.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


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
