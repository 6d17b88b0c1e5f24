r"""Patterns by which the engine leaves out texts in which a list of words finds nothing.

They are the lists themselves in RE2's syntax, made wider where RE2 cannot say the same: it knows no
look-around, and its ``\w`` and ``\s`` know ASCII alone, so that every other character counts for a
letter, a space and the end of a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxaudit_message.speech.wording import LEADS, alternatives, lists, vocabulary

__all__ = ["any_hit", "any_word"]

_BEYOND_ASCII = r"\x{80}-\x{10ffff}"
_WORD = rf"0-9A-Za-z_{_BEYOND_ASCII}"
_SPACE = rf"[\s\x0b\x1c-\x1f{_BEYOND_ASCII}]"
_NO_WORD = "[^0-9A-Za-z_]"
_NO_LETTER = "[^0-9A-Za-z]"
_PART = re.compile(r"\[[^]]*\]|\\[sw]|'")
"""A set of characters, or what becomes one."""
_LOOK_AHEAD = re.compile(r"\(\?!(?:[^()]|\([^()]*\))*\)")

_OTHER_I = "[\u0130\u0131]"
"""Letters that are an i for Python whatever the case, and none for RE2."""
_HIDING = f'["\u201c\u00ab@>]|://|www[.]|{_OTHER_I}'
"""Over words that are not looked at a hit may reach: "thank <ann@example.org> you"."""


def any_word(name: str) -> str:
    """Return the RE2 pattern of words of which each hit of a detector holds one."""
    return f"{_OTHER_I}|{_wider([vocabulary()[name]['screen']])}"


def any_hit(name: str) -> str:
    """Return the RE2 pattern that matches each text in which a detector finds something."""
    entries = [entry for _, of_label in lists(name) for entry in of_label]
    if name != "question":
        return f"{_HIDING}|(?:^|{_NO_WORD})(?:{_wider(entries)})(?:$|{_NO_WORD})"
    begins = _wider(vocabulary()[name]["begins"])
    return rf"{_HIDING}|[?]|(?:^|[.!?\n]){_NO_LETTER}*(?:(?:{LEADS}){_NO_LETTER}*)?(?:{begins})"


def _wider(entries: Sequence[str]) -> str:
    """Return an RE2 pattern that matches wherever one of some entries does."""
    text = _LOOK_AHEAD.sub("", alternatives(entries)).replace(r"\b", "")
    return _PART.sub(_wider_part, text)


def _wider_part(part: re.Match[str]) -> str:
    if part[0] == r"\s":
        return _SPACE
    # An apostrophe may be written in three ways.
    members = part[0].strip("[]").replace("'", "'\u2018\u2019").replace(r"\w", _WORD)
    return f"[{members}]"
