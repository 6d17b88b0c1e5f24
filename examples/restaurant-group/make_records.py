"""Make the records of Copper Spoon, an invented restaurant group, in `data/`.

Nothing here happened: houses, guests, staff, figures and words are all drawn from a seed. The
records are dirty on purpose, as real ones are: test calls, rows with a missing or a further
field, ids that repeat, dates that do not exist, codes of houses that nobody knows, empty cells.

The photographs are drawn, which takes Pillow, and invented like all else; one says where it was
taken, as those of telephones do.

    python examples/restaurant-group/make_records.py
"""

# ruff: noqa: PLR2004 - the numbers describe how the invented houses are run
from __future__ import annotations

import csv
import gzip
import io
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SEED = 20260401
DATA = Path(__file__).parent / "data"
START, DAYS = datetime(2026, 4, 1), 91  # noqa: DTZ001 - local time of the house

HOUSES = {
    # code: unit, hours to UTC in summer, how well it is run (0 to 1), last day with guests
    "0041": ("copper-spoon.north.quay", 2, 0.92, 91),
    "0042": ("copper-spoon.north.station", 2, 0.85, 91),
    "0051": ("copper-spoon.isles.docks", 1, 0.6, 91),
    "0052": ("copper-spoon.isles.market", 1, 0.7, 45),
}
HOURS = [9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21]
HOUR_WEIGHTS = [2, 3, 7, 9, 6, 2, 2, 5, 9, 9, 5, 2]
TOPICS = ["a table for six", "nuts in the sauce", "a lost scarf", "the bill of Friday", "a voucher"]
REPLIES = [
    "Thank you for writing. {topic}: done, see you on Saturday.",
    "Many thanks for the hint. We keep {topic} in mind.",
    "About {topic}: yes, that works. Kind regards, the team.",
    "We looked into {topic}. You get the money back by Friday.",
]
BLAME = [
    "About {topic}: you should have told us when you booked.",
    "As we already told you, {topic} is in the terms.",
    "Please read our terms. {topic} is your own fault, I am afraid.",
]
PHOTOS = {  # by case and item
    ("docks-5", "in-store.clean"): "evidence/docks-table.jpg",
    ("docks-6", "in-store.clean"): "evidence/docks-floor.jpg",
    ("docks-7", "in-store.clean"): "evidence/docks-counter.jpg",
}
GPS, MAKE = 0x8825, 0x010F
COMMENTS = [
    "The crème brûlée was worth the journey.",
    "Lunch took an hour and nobody told us why.",
    "Wonderful café crème, and they knew my name again.",
    "",
    "",
    "We felt rushed: the bill came with the dessert.",
]


def main() -> None:
    """Write all files; the same seed gives the same bytes."""
    draw = random.Random(SEED)
    (DATA / "evidence").mkdir(parents=True, exist_ok=True)
    write_calls(draw)
    write_messages(draw)
    write_responses(draw)
    write_complaints(draw)
    write_units()
    write_cases_and_answers(draw)
    write_photos(random.Random(SEED))


def write_csv(name: str, rows: list[list[object]], separator: str = ",") -> None:
    """Write rows as they are, ragged ones too; a name in .gz is packed without a time stamp."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(rows)
    encoded = text.getvalue().encode("latin-1" if separator == ";" else "utf-8")
    if name.endswith(".gz"):
        encoded = gzip.compress(encoded, mtime=0)
    (DATA / name).write_bytes(encoded)


def moment(draw: random.Random, last_day: int) -> datetime:
    """Return a local time of a day with guests, more often at lunch and at dinner."""
    hour = draw.choices(HOURS, HOUR_WEIGHTS)[0]
    seconds = hour * 3600 + draw.randrange(3600)
    return START + timedelta(days=draw.randrange(last_day), seconds=seconds)


def write_calls(draw: random.Random) -> None:
    """Write the log of the phones of all houses, a month a file."""
    rows: list[tuple[datetime, list[object]]] = []
    number = 70000
    for code, (_, _, skill, last_day) in HOUSES.items():
        for _ in range(last_day * 10):
            at = moment(draw, last_day)
            number += 1
            busy = at.hour in {12, 13, 19}
            wait = round(draw.expovariate(1 / (9 + 40 * (1 - skill) * (2.2 if busy else 1))))
            patience = round(draw.expovariate(1 / 160)) + 2
            result, talk, hold, hold_count, transfers, agent = "ANSWERED", 0, 0, 0, 0, ""
            if draw.random() < 0.05:
                result, wait = "MENU", 0
            elif wait > patience:
                result, wait = "ABANDONED", patience
            else:
                talk = round(draw.lognormvariate(4.6, 0.7))
                agent = f"{code}-{draw.choice('ABC')}"
                if draw.random() < 0.25 * (1.2 - skill):
                    hold_count = draw.choice([1, 1, 2])
                    hold = hold_count * draw.randrange(10, 90)
                transfers = draw.choices([0, 1, 2], [90, 7, 6 * (1 - skill)])[0]
            if draw.random() < 0.006:
                result = "TEST"
            guest = "" if draw.random() < 0.2 else f"+33 1 99 00 {draw.randrange(100):02d} 01"
            day, clock = at.strftime("%d.%m.%Y"), at.strftime("%H:%M:%S")
            fields = [number, day, clock, code, result, wait, talk, hold, hold_count, transfers]
            rows.append((at, [*fields, agent, guest]))
    rows.sort(key=lambda row: (row[0], str(row[1][0])))
    header: list[object] = ["id", "day", "start", "site", "result", "wait"]
    header += ["talk", "hold", "holds", "transfers", "agent", "caller"]
    months: dict[int, list[list[object]]] = {month: [header] for month in (4, 5, 6)}
    for at, row in rows:
        months[at.month].append(row)
    april, may = months[4], months[5]
    april[40] = april[40][:-3]  # the writer stopped in the middle
    april[90] = [*april[90], "left over", "1"]
    april.insert(120, list(april[119]))  # sent twice
    april[200][1] = "31.04.2026"
    april[300][3] = "0099"
    may[50][3] = "0099"
    may[60][5] = "n/a"
    may[70][1] = ""
    may.insert(75, list(may[20]))
    for month, lines in months.items():
        write_csv(f"calls-2026-{month:02d}.csv.gz", lines)


def write_messages(draw: random.Random) -> None:
    """Write threads and their messages as JSON Lines; times carry offsets."""
    threads: list[dict[str, object]] = []
    messages: list[dict[str, object]] = []

    def say(thread: str, author: str, at: datetime, body: str) -> None:
        sent = at.isoformat()
        key = f"m{len(messages) + 1:05d}"
        messages.append(
            {"id": key, "thread": thread, "from": author, "sent_at": sent, "body": body}
        )

    for code, (_, offset, skill, last_day) in HOUSES.items():
        zone = timezone(timedelta(hours=offset))
        for _ in range(last_day):
            at = moment(draw, last_day).replace(tzinfo=zone)
            name = f"t{len(threads) + 1:04d}"
            channel = draw.choices(["web-form", "email", "chat", "social"], [3, 4, 2, 1])[0]
            topic = draw.choice(TOPICS)
            guest = f"guest{draw.randrange(1000)}@example.com"
            say(
                name, "customer", at, f"Good day, this is about {topic}. Answer to {guest}, please."
            )
            if channel == "web-form":
                say(name, "auto", at + timedelta(seconds=5), "We have your message.")
            replied = None
            if draw.random() < 0.8 + 0.19 * skill:
                replied = at + timedelta(hours=draw.lognormvariate(2.6 - 1.6 * skill, 0.8))
                pool = BLAME if draw.random() < 0.09 * (1 - skill) else REPLIES
                say(name, "staff", replied, draw.choice(pool).format(topic=topic))
            closed = (replied or at) + timedelta(hours=draw.uniform(1, 60))
            threads.append(
                {
                    "id": name,
                    "site": code,
                    "channel": channel,
                    "opened": at.isoformat(),
                    "first_human_reply": replied.isoformat() if replied else None,
                    "closed": closed.isoformat() if draw.random() < 0.9 else None,
                }
            )
    threads[10]["site"] = "9999"
    threads[20]["opened"] = "yesterday"
    threads[30].pop("closed")
    threads.append(dict(threads[5]))
    site = {thread["id"]: thread["site"] for thread in threads}
    for message in messages:
        message["site"] = site[message["thread"]]
    lines = [json.dumps(thread) for thread in threads]
    lines.insert(15, '{"id": "t9998", "site": "0041", "channel": "email"')  # cut off
    (DATA / "threads.jsonl").write_text("\n".join(lines) + "\n")
    (DATA / "messages.jsonl").write_text("".join(json.dumps(m) + "\n" for m in messages))


def write_responses(draw: random.Random) -> None:
    """Write the survey after visits: semicolons, latin-1, decimal points, empty cells."""
    rows: list[list[object]] = [["Nr", "Haus", "Datum", "Empfehlung", "Zufrieden", "Wort"]]
    for code, (_, _, skill, last_day) in HOUSES.items():
        for _ in range(last_day):
            at = moment(draw, last_day)
            mood = min(1.0, max(0.0, draw.gauss(0.35 + 0.55 * skill, 0.22)))
            nps = "" if draw.random() < 0.06 else round(10 * mood)
            csat = "" if draw.random() < 0.1 else 1 + round(4 * mood)
            word = draw.choice(COMMENTS)
            rows.append([len(rows), code, at.strftime("%d.%m.%Y"), nps, csat, word])
    rows[12][3] = "ten"
    rows[13][2] = "30.02.2026"
    rows[14] = rows[14][:4]
    rows.append(list(rows[20]))
    write_csv("survey.csv", rows, ";")


def write_complaints(draw: random.Random) -> None:
    """Write the list of complaints; dates only, in the house's own time."""
    header: list[object] = ["number", "site", "received", "told", "closed", "subject", "channel"]
    rows: list[list[object]] = [header]
    for code, (_, _, skill, last_day) in HOUSES.items():
        for _ in range(round(28 * (1.2 - skill))):
            received = START + timedelta(days=draw.randrange(last_day))
            days = round(draw.lognormvariate(2.6 - 0.9 * skill, 0.6))
            closed = received + timedelta(days=days)
            reply = closed - timedelta(days=draw.randrange(0, 3)) if draw.random() < skill else None
            is_open = draw.random() < 0.1
            rows.append(
                [
                    f"C{len(rows):03d}",
                    code,
                    received.date().isoformat(),
                    reply.date().isoformat() if reply and not is_open else "",
                    "" if is_open else closed.date().isoformat(),
                    draw.choice(["wait", "bill", "food", "manner"]),
                    draw.choice(["phone", "email", "in the house"]),
                ]
            )
    rows[5][2] = "2026-13-04"
    rows.append(list(rows[8]))
    write_csv("complaints.csv", rows)


def write_units() -> None:
    """Write the tree of units."""
    everywhere = "online;phone;in-store;message;organisation"
    house = "phone;in-store;message;online"
    top = "copper-spoon"
    rows: list[list[object]] = [
        [
            *("id", "name", "kind", "parent", "zone", "weight", "touchpoints"),
            *("from", "until", "comparator", "format"),
        ],
        [top, "Copper Spoon", "organisation", "", "Europe/Paris", 1, everywhere, "", "", "", ""],
        [f"{top}.north", "North", "region", top, "", 1, "", "", "", "", ""],
        [f"{top}.isles", "Isles", "region", top, "Europe/London", 1, "", "", "", "", ""],
    ]
    for name, title, weight, until, kind in (
        ("north.quay", "Quay", 1.5, "", "table"),
        ("north.station", "Station", 1, "", "kiosk"),
        ("isles.docks", "Docks", 1.5, "", "table"),
        ("isles.market", "Market", 1, "2026-05-15", "table"),
    ):
        parent = f"{top}.{name.split('.')[0]}"
        unit = f"{top}.{name}"
        rows.append([unit, title, "site", parent, "", weight, house, "", until, "", kind])
    rival = [f"{top}.rival", "Brass Fork (a competitor)", "site", top, "", 1, "in-store"]
    rows.append([*rival, "", "", "true", "table"])
    write_csv("units.csv", rows)


class Book:
    """Cases and answers as auditors would hand them in."""

    def __init__(self) -> None:
        self.cases: list[list[object]] = [
            ["id", "unit", "touchpoint", "at", "scenario", "wave", "status"]
        ]
        self.visits: list[list[object]] = [
            ["item", "touchpoint", "case", "rater", "value", "reason", "comment", "evidence"]
        ]
        self.talks: list[dict[str, object]] = []
        self.documents: list[dict[str, object]] = []

    def case(
        self, key: str, unit: str, touchpoint: str, at: str, scenario: str, status: str = "final"
    ) -> None:
        """Add a case."""
        wave = "2026-q1" if at < "2026-04" else "2026-q2"
        self.cases.append([key, unit, touchpoint, at, scenario, wave, status])


def level(draw: random.Random, skill: float) -> str:
    """Return 1, 0.5 or 0, the higher the better the house is run."""
    return draw.choices(["1", "0.5", "0"], [skill, 0.3, 1 - skill])[0]


def yes_no(draw: random.Random, chance: float) -> str:
    """Return yes with a chance."""
    return "yes" if draw.random() < chance else "no"


def visit_values(draw: random.Random, skill: float, *, kiosk: bool) -> dict[str, str]:
    """Return what an auditor notes on one visit."""
    values = {
        "in-store.noticed": str(round(draw.expovariate(1 / (15 + 110 * (1 - skill))))),
        "in-store.left-in-peace": level(draw, skill),
        "in-store.no-means-no": yes_no(draw, 0.4 * (1 - skill)),
        "in-store.problem-has-owner": level(draw, skill),
        "in-store.bill-right": yes_no(draw, 0.8 + 0.2 * skill),
        "in-store.clean": yes_no(draw, 0.5 + 0.5 * skill),
        "in-store.allergen": yes_no(draw, 1.0),
        "in-store.settled-first": level(draw, skill),
        "in-store.sincere": level(draw, skill),
        "in-store.guest-first": yes_no(draw, 0.5 * (1 - skill)),
        "in-store.felt": draw.choices(
            ["content", "neither", "discontent"], [skill, 0.3, 1 - skill]
        )[0],
        "in-store.wait-told": yes_no(draw, skill),
        "everywhere.facts-right": level(draw, 0.5 + skill / 2),
    }
    if kiosk:
        values["in-store.queue-minutes"] = str(round(draw.uniform(2, 12 - 6 * skill), 1))
    else:
        values["in-store.table-ready"] = str(round(draw.expovariate(1 / (12 * (1.05 - skill)))))
        values["in-store.hurried"] = yes_no(draw, 0.4 * (1 - skill))
    return values


def write_visits(draw: random.Random, book: Book) -> None:
    """Add mystery visits of two quarters; every fourth is judged by two raters."""
    places = [(unit, skill) for unit, _, skill, _ in HOUSES.values()]
    places.append(("copper-spoon.rival", 0.75))
    for unit, skill in places:
        house = unit.rpartition(".")[2]
        days = ["2026-02-12", "2026-04-09", "2026-04-18", "2026-05-06", "2026-05-12"]
        days += ["2026-05-23", "2026-06-05", "2026-06-13"]
        last = "2026-05-15" if house == "market" else "2026-12-31"
        for number, day in enumerate((day for day in days if day <= last), start=1):
            key = f"{house}-{number}"
            status = {"docks-4": "disputed", "quay-6": "draft", "station-5": "rejected"}.get(key)
            scenario = ["quiet guest", "talkative guest", "guest with a complaint"][number % 3]
            seat = "in-store.terrace" if day == "2026-06-13" and house == "quay" else "in-store"
            book.case(key, unit, seat, f"{day} 12:40", scenario, status or "final")
            values = visit_values(draw, skill, kiosk=house == "station")
            for rater in ("M. Example", "T. Sample") if number % 4 == 2 else ("M. Example",):
                for item, value in values.items():
                    score = level(draw, skill) if rater == "T. Sample" and value == "0.5" else value
                    row: list[object] = [item, "", key, rater, score, "", "", ""]
                    if rater == "M. Example" and (key, item) in PHOTOS:
                        row[7] = PHOTOS[key, item]
                    if item == "in-store.wait-told" and number % 3 == 0:
                        row[4:6] = ["not applicable", "Nobody had to wait"]
                    if item == "in-store.sincere" and number == 5:
                        row[4:6] = ["could not be observed", "Served through a screen"]
                    if item == "in-store.felt" and value == "discontent":
                        row[6] = "Would not come back; nobody looked up"
                    book.visits.append(row)
        book.case(f"{house}-rota", unit, "in-store", "2026-05-14", "rota beside time sheets")
        short = str(round(10 * (1 - skill)))
        if house != "rival":
            book.visits.append(
                [
                    *("in-store.staff-present", "in-store", f"{house}-rota", "M. Example"),
                    *(short, "", "", ""),
                ]
            )


def write_remote_tests(draw: random.Random, book: Book) -> None:
    """Add test calls, captures of pages and test messages, judged for the group as a whole."""
    group = "copper-spoon"

    def note(key: str, item: str, touchpoint: str, value: str, reason: str = "") -> None:
        book.visits.append([item, touchpoint, key, "T. Sample", value, reason, "", ""])

    for number in range(1, 9):
        key = f"call-{number}"
        unit = [unit for unit, *_ in HOUSES.values()][number % 3]
        book.case(key, unit, "phone", f"2026-05-{number + 3:02d} 12:15", "cold dish, upset")
        note(key, "phone.decides", "phone", yes_no(draw, 0.6))
        note(key, "phone.call-back-kept", "phone", yes_no(draw, 0.75))
        if number % 2:
            note(key, "phone.no-repeat-after-transfer", "phone", yes_no(draw, 0.4))
        else:
            why = "Not put through"
            note(key, "phone.no-repeat-after-transfer", "phone", "not applicable", why)
        note(key, "everywhere.facts-right", "phone", level(draw, 0.8))
        note(key, "everywhere.upset-heard", "phone", level(draw, 0.55))
        note(key, "phone.menu-way-out", "phone", yes_no(draw, 0.8))
        note(key, "phone.announcement-true", "phone", yes_no(draw, 0.7))
    for number, page in enumerate(("menu page", "account page", "error page"), start=1):
        key = f"page-{number}"
        book.case(key, group, "online", f"2026-05-0{number} 10:00", page)
        note(key, "online.way-to-a-person", "online", str(number))
        note(key, "online.nothing-ticked", "online", "no")
        note(key, "online.errors-help", "online", level(draw, 0.6))
    note("page-1", "online.help-right", "online", "7")
    for number in range(1, 7):
        key = f"message-{number}"
        unit = [unit for unit, *_ in HOUSES.values()][number % 3]
        book.case(key, unit, "message", f"2026-06-{number:02d} 11:20", "two questions")
        note(key, "message.every-question", "message", yes_no(draw, 0.7))
        note(key, "message.promise-kept", "message", yes_no(draw, 0.75))
        note(key, "everywhere.facts-right", "message", level(draw, 0.8))
        note(key, "everywhere.upset-heard", "message", level(draw, 0.5))


def write_papers(draw: random.Random, book: Book) -> None:
    """Add talks with staff and documents, the latter with what backs them."""
    group = "copper-spoon"
    for number in range(1, 9):
        key = f"staff-{number}"
        book.case(key, group, "organisation", f"2026-06-{number + 9:02d}", "talk with staff")
        for item, value in (
            ("organisation.limit-known", draw.random() < 0.5),
            ("organisation.standard-known", draw.random() < 0.6),
            ("organisation.hard-talks", draw.choice([0, 0.5, 0.5, 1])),
        ):
            book.talks.append({"item": item, "case": key, "rater": "M. Example", "value": value})
    steps = "Step 1: table for six, deposit 10 each.\nStep 4: service fee 4, beside the card.\n"
    sheet = "Docks, target sheet of May: desserts per shift 12. Bonus at 15.\n"
    (DATA / "evidence" / "booking-steps.txt").write_text(steps)
    (DATA / "evidence" / "target-sheet.txt").write_text(sheet)
    for key, item, touchpoint, value, extra in (
        ("booking", "online.full-price", "online", False, "evidence/booking-steps.txt"),
        ("targets", "organisation.targets-fair", "organisation", True, "evidence/target-sheet.txt"),
        ("duties", "organisation.one-owner", "organisation", True, ""),
        ("confirmation", "message.confirmation-time", "message", True, ""),
        ("recording", "organisation.recording-lawful", "organisation", False, ""),
    ):
        book.case(key, group, touchpoint, "2026-06-18", "document")
        answer: dict[str, object] = {"item": item, "case": key, "rater": "T. Sample"}
        answer["value"] = value
        if extra:
            answer["evidence"] = [extra]
        book.documents.append(answer)


def write_toml(name: str, answers: list[dict[str, object]]) -> None:
    """Write answers as ``[[answer]]`` tables."""
    tables = []
    for answer in answers:
        lines = [f"{key} = {json.dumps(value)}" for key, value in answer.items()]
        tables.append("\n".join(["[[answer]]", *lines]))
    (DATA / name).write_text("\n\n".join(tables) + "\n")


def write_cases_and_answers(draw: random.Random) -> None:
    """Write what was asked and observed."""
    book = Book()
    write_visits(draw, book)
    write_remote_tests(draw, book)
    write_papers(draw, book)
    write_csv("cases.csv", book.cases)
    write_csv("visits.csv", book.visits)
    write_toml("interviews.toml", book.talks)
    write_toml("documents.toml", book.documents)


def write_photos(draw: random.Random) -> None:
    """Draw what auditors photographed: a table, a floor and a counter that are not clean."""
    drawings = (draw_table, 640, 480), (draw_floor, 480, 640), (draw_counter, 640, 480)
    for name, (drawing, wide, high) in zip(PHOTOS.values(), drawings, strict=True):
        picture = Image.new("RGB", (wide, high), "#8c8a84")
        drawing(draw, ImageDraw.Draw(picture), wide, high)
        note = Image.new("L", (110, 12))
        ImageDraw.Draw(note).text(
            (2, 0), "drawn, not taken", 255, ImageFont.load_default_imagefont()
        )
        note = note.resize((220, 24))
        picture.paste("white", (wide - 228, high - 32), note)
        exif = Image.Exif()
        if drawing is draw_table:
            exif[MAKE] = "Invented"
            exif.get_ifd(GPS).update({1: "N", 2: (51.0, 30.0, 27.0), 3: "W", 4: (0.0, 1.0, 40.0)})
        picture.save(DATA / name, "JPEG", quality=60, exif=exif)


def spots(
    draw: random.Random, pen: ImageDraw.ImageDraw, box: tuple[int, ...], number: int, colour: str
) -> None:
    """Draw crumbs or stains within a box."""
    for _ in range(number):
        x, y, size = draw.randint(box[0], box[2]), draw.randint(box[1], box[3]), draw.randint(2, 7)
        pen.ellipse((x, y, x + size, y + size * 0.7), fill=colour)


def draw_table(draw: random.Random, pen: ImageDraw.ImageDraw, wide: int, high: int) -> None:
    """Draw a table from above, with a used plate, a ring of a glass, and crumbs."""
    for y in range(0, high, 60):
        pen.rectangle((0, y, wide, y + 60), fill=draw.choice(["#8a5a33", "#80522d", "#935f38"]))
        pen.line((0, y, wide, y), fill="#5f3c20", width=2)
    pen.ellipse((90, 90, 370, 370), fill="#e9e6df", outline="#c9c4b8", width=4)
    pen.ellipse((140, 140, 320, 320), fill="#dedacf")
    pen.ellipse((190, 200, 290, 260), fill="#b0572b")
    pen.ellipse((430, 110, 560, 240), outline="#4c2f1a", width=9)
    pen.line((400, 300, 560, 400), fill="#c8ccd0", width=10)
    spots(draw, pen, (60, 60, wide - 80, high - 60), 50, "#d9b98a")


def draw_floor(draw: random.Random, pen: ImageDraw.ImageDraw, wide: int, high: int) -> None:
    """Draw a tiled floor with a napkin and a spill."""
    for y in range(0, high, 80):
        for x in range(0, wide, 80):
            grey = draw.randint(150, 185)
            pen.rectangle((x, y, x + 76, y + 76), fill=(grey, grey, grey - 8))
    pen.ellipse((120, 340, 400, 520), fill="#7d6a52")
    pen.polygon(((90, 160), (230, 120), (280, 230), (140, 280)), fill="#f2efe8")
    pen.line((150, 150, 230, 250), fill="#d5d0c4", width=4)
    spots(draw, pen, (30, 60, wide - 40, high - 60), 60, "#6b5537")


def draw_counter(draw: random.Random, pen: ImageDraw.ImageDraw, wide: int, high: int) -> None:
    """Draw a counter before a wall, with glasses that nobody took away."""
    pen.rectangle((0, 0, wide, 250), fill="#31464d")
    pen.rectangle((0, 250, wide, high), fill="#b9a88e")
    pen.rectangle((0, 250, wide, 262), fill="#8f7f67")
    for x in (70, 190, 260, 420, 510):
        top = draw.randint(120, 160)
        pen.polygon(((x, top), (x + 70, top), (x + 58, 270), (x + 12, 270)), fill="#9fb4b8")
        pen.polygon(((x + 8, 225), (x + 62, 225), (x + 58, 270), (x + 12, 270)), fill="#a4702c")
        pen.line((x, top, x + 70, top), fill="#dfe9ea", width=3)
    pen.ellipse((150, 320, 360, 390), fill="#96815f")
    spots(draw, pen, (30, 280, wide - 60, high - 50), 70, "#7a6543")


if __name__ == "__main__":
    main()
