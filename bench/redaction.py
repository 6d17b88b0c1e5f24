"""How long the redactor takes: nanoseconds per byte, for ordinary text and for hostile texts.

Each kind is timed at a size and at twice the size; a time that grows faster than the text shows
in the last column (2 is proportional).
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator

from cxaudit._audit.evidence.redaction import redact_text
from cxaudit_reports.names import Names

ORDINARY = (
    "Good morning, I rang on 3 March at 10:15 about order 123456 and nobody rang back.",
    "Please write to anna.doe@example.com or ring +49 30 1234567, thanks!",
    "The parcel came on 2026-03-05, two days late, and the box was open.",
    "I waited 25 minutes; your page https://shop.example/help?id=7 says two.",
)
HOSTILE = (
    *("a.", "1.", "1 ", "1-", "(1)", "@", "a@", "a@b.c", "+", "+1", "+12345 ", "+49 30 1234567 "),
    *("www.", "http://", "http://a@", "?a#", "2026-01-01 ", "01.02.2026 ", "10:15 ", "1.5 "),
    *("DE89 ", "DE89370400440532013000", "DE89 3704 0044 0532 0130 00 ", "GB82WEST12345698765432"),
    *(
        "1:",
        "fe80:",
        "::1 ",
        "192.168.1.1 ",
        "aGVsbG8gd29ybGQ",
        "deadbeef-",
        "4111 1111 1111 1111 ",
    ),
    *(
        "gmail.com ",
        "a at b dot ",
        "a.a gmail",
        "card ",
        "card 12 ",
        "card a a a ",
        "pin,",
        " ",
        "\n",
    ),
)
NAMES = Names(["Anna Maria Doe; Annie", "Will Young", "O'Neil", *(f"Anna N{i}" for i in range(99))])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--repeats", type=int, default=20_000)
    repeats = arguments.parse_args().repeats
    redact_text("+49 30 1234567 DE89370400440532013000 4111 1111 1111 1111")  # imports
    print(f"{'text':<32}{'redactor':>22}{'names':>22}")
    print(f"{'':<32}" + f"{'ns per byte':>14}{'x for 2':>8}" * 2)
    for kind, text_of in kinds(repeats):
        print(f"{kind:<32}{timed(redact_text, text_of)}{timed(NAMES.without, text_of)}")


def kinds(repeats: int) -> Iterator[tuple[str, Callable[[int], str]]]:
    """Yield kinds of text, and what makes one so many times as long as the first."""
    draw = random.Random(7)
    sentences = [draw.choice(ORDINARY) for _ in range(repeats // 4)]
    yield "ordinary", lambda times: " ".join(sentences * times)
    yield "http://a@a@...", lambda times: "http://" + "a@" * repeats * times
    for piece in HOSTILE:
        yield repr(piece), lambda times, piece=piece: piece * repeats * times  # type: ignore[misc]


def timed(redact: Callable[[str], str], text_of: Callable[[int], str]) -> str:
    seconds = []
    for times in (1, 2):
        text = text_of(times)
        start = time.process_time()
        redact(text)
        seconds.append(time.process_time() - start)
    return f"{seconds[1] / len(text_of(2).encode()) * 1e9:>14,.0f}{seconds[1] / seconds[0]:>8.1f}"


if __name__ == "__main__":
    main()
