"""What the words of a machine agent, and of who writes to it, tell: read when exports are read.

Only threads in which a machine wrote are looked at. It goes by words, in English and German; what
a vendor's own fields tell overrules it.
"""

from __future__ import annotations

import functools
import re
import tomllib
from importlib.resources import files

__all__ = ["asks_for_person", "discloses", "only_acknowledges", "passes_on"]

_LONGEST = 4000
_SENTENCE = re.compile(r"[.!?:]+(?=\s|$)|\n+")


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    text = files(__package__).joinpath("words", "machines.toml").read_text(encoding="utf-8")
    entries = "|".join(f"(?:{entry})" for entry in tomllib.loads(text)[name])
    return re.compile(entries.replace(" ?", r"\s*").replace(" ", r"\s+"), re.IGNORECASE)


def only_acknowledges(body: str | None) -> bool:
    """Tell whether each sentence greets, confirms, passes on or asks what it is about.

    A message without words is none that goes into the matter either.
    """
    sentences = [part.strip(" \t-*#>,;") for part in _SENTENCE.split((body or "")[:_LONGEST])]
    return all(
        _pattern("acknowledges").match(sentence) or _pattern("passes-on").search(sentence)
        for sentence in sentences
        if sentence
    )


def passes_on(body: str | None) -> bool:
    """Tell whether a machine says that it passes the customer on to people."""
    return bool(_pattern("passes-on").search((body or "")[:_LONGEST]))


def asks_for_person(body: str | None) -> bool:
    """Tell whether a customer asks for a person."""
    return bool(_pattern("asks-for-person").search((body or "")[:_LONGEST]))


def discloses(body: str | None) -> bool:
    """Tell whether a turn says that a machine writes."""
    return bool(_pattern("discloses").search((body or "")[:_LONGEST]))
