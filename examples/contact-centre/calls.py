"""Calls: the queue log, Tilda's list, and tables that people keep."""

# ruff: noqa: PLR2004 - the numbers describe how the invented firm is run
from __future__ import annotations

import random
from datetime import datetime, timedelta

from firm import DATA, DAYS, HOLIDAYS, START, clock_time, save, stamp

QUEUES = {"moving": "SIP/2", "billing": "SIP/2", "outages": "SIP/3", "contracts": "SIP/3"}
AGENTS = {queue: [f"{prefix}{n}" for n in range(11, 15)] for queue, prefix in QUEUES.items()}
OVERFLOW = "overflow"
AGENTS[OVERFLOW] = ["SIP/411", "SIP/412"]
OVERFLOWS_AFTER = 75
"""Seconds after which a caller goes to the overflow queue, which a partner serves."""
HANGS_UP = "SIP/312"


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
