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

import random
from datetime import timedelta

from calls import write_callbacks, write_calls, write_outbound, write_staffing
from firm import DATA, START, clock, save, stamp
from letters import write_help_desk, write_mail

SEED = 20260406


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


if __name__ == "__main__":
    main()
