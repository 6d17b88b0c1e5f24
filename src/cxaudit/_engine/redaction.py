"""The default redactor: personal data out of everything that enters a result.

What it takes out, with the label that stands in its place: ``[email]`` (also as speech-to-text
writes it, for the large providers), ``[phone]``, ``[card]`` (13 to 19 digits that pass Luhn's
check), ``[iban]``, ``[ip]``, ``[query]`` (of a web address), and ``[number]``: any other run of
seven or more digits, or of three or more after a word such as "account" or "passport". Dates,
times of day, decimal fractions and UUIDs stay. Names and postal addresses in free text are
beyond any list of patterns; an in-house redactor can be hooked behind this (``cxaudit_redact``).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

import attrs

from cxaudit._model.evidence import Evidence
from cxaudit._model.specs import Table

__all__ = ["masked", "redact", "redact_text"]

_PROVIDERS = "gmail|googlemail|hotmail|yahoo|ymail|outlook|icloud|aol|gmx|rediffmail|protonmail"
_ID_WORDS = (
    "ssn|social security|card|credit|debit|account|acct|policy|claim|passport|licen[cs]e|pin|cvv"
    "|cvc|iban|customer (?:id|number|no)|member(?:ship)? (?:id|number|no)"
    "|last (?:four|4)(?: digits)?"
)
_URL = re.compile(r"(?i)\b((?:https?|ftp)://)(?:[^\s/@?#]*@)?([^\s?#<>\"']*)([?#][^\s<>\"']*)?")
_LOCAL = r"\w.!$%&'*+^`{|}~-"
_EMAIL = re.compile(rf"(?<![{_LOCAL}])[{_LOCAL}]*\w@[\w-]+(?:\.[\w-]+)+")
_SPOKEN_EMAIL = re.compile(
    r"(?i)\b[\w.+-]{1,64}?(?:\s\d{1,5}(?=\s))?(?:\s+at\s+|\s?@\s?|\s(?=\w+\s?com\b))?"
    rf"(?:{_PROVIDERS})(?:\s?\.\s?|\s+dot\s+)?(?:com|net|org|de|fr|co\s?\.?\s?(?:uk|in))\b"
    r"|\b[\w.+-]{1,64}\s+at\s+[\w-]+\s+dot\s+[a-z]{2,6}\b"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,8}", re.IGNORECASE)
_IP = re.compile(r"(?<![\w.:])[0-9A-Fa-f:.]{3,45}(?![\w:])")
_STAYS = (
    r"(?P<stays>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    r"|\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?!\d)"
    r"|\b\d{1,2}[./]\d{1,2}[./]\d{4}(?!\d)(?:[ ]\d\d:\d\d(?::\d\d)?)?"
    r"|(?<!\d)\d{1,6}[.,]\d+(?![.,]?\d|[ -]\d))"
)
_DIGITS = re.compile(_STAYS + r"|(?P<run>\+?\(?\d(?:[ ().\u00a0/-]{0,2}\d){6,})")
_AFTER_WORD = re.compile(
    rf"(?i)\b(?P<word>(?:{_ID_WORDS})s?\b(?:\W+(?!\d)[a-z]+){{0,3}}\W{{1,3}}(?:[a-z]{{1,3}}\s?)?)"
    r"(?P<run>\d(?:[ -]?\d){2,})(?![\d]|[.,]\d)"
)
_PHONE_DIGITS = range(7, 16)
_LONG_PHONE = 9
_CARD_DIGITS = range(13, 20)


def redact(evidence: Evidence) -> Evidence | None:
    """Return a piece of evidence without personal data; None when that failed (it is dropped).

    Redacting twice gives the same as redacting once.
    """
    try:
        return attrs.evolve(
            evidence,
            source=_URL.sub(_web_address, evidence.source),
            key=_URL.sub(_web_address, evidence.key),
            place=_URL.sub(_web_address, evidence.place),
            quote=redact_text(evidence.quote),
            fields={
                name: redact_text(value) if isinstance(value, str) else value
                for name, value in evidence.fields.items()
            },
        )
    except Exception:  # noqa: BLE001 - fails closed: what cannot be redacted is not shown
        return None


def masked(
    fields: Mapping[str, str | float | bool | None], table: Table
) -> dict[str, str | float | bool | None]:
    """Return a row with the personal columns of its table masked; null stays null."""
    personal = {column.name for column in table.columns if column.personal}
    return {
        name: f"[{name}]" if name in personal and value is not None else value
        for name, value in fields.items()
    }


def redact_text(text: str) -> str:
    """Return a text without the personal data that the module names."""
    # A label may uncover what stood too close to be seen. Each change leaves fewer characters
    # outside labels, so this ends.
    while (clean := _redacted_once(text)) != text:
        text = clean
    return text


def _redacted_once(text: str) -> str:
    text = _URL.sub(_web_address, text)
    text = _EMAIL.sub("[email]", text)
    text = _SPOKEN_EMAIL.sub("[email]", text)
    text = _IBAN.sub(_iban, text)
    text = _IP.sub(_ip, text)
    text = _international_phones(text)
    text = _DIGITS.sub(_digits, text)
    return _AFTER_WORD.sub(lambda match: f"{match['word']}[number]", text)


def _web_address(match: re.Match[str]) -> str:
    return match[1] + _EMAIL.sub("[email]", match[2]) + ("?[query]" if match[3] else "")


def _iban(match: re.Match[str]) -> str:
    from stdnum import iban

    # The words behind an IBAN may look like more of it: the longest valid beginning counts.
    whole: str = match[0]
    for end in range(len(whole), 14, -1):
        if whole[end - 1].isalnum() and iban.is_valid(whole[:end]):
            return "[iban]" + whole[end:]
    return whole


def _ip(match: re.Match[str]) -> str:
    address = match[0].rstrip(".:")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return match[0]
    return "[ip]" + match[0][len(address) :]


def _international_phones(text: str) -> str:
    if "+" not in text:
        return text
    import phonenumbers

    for match in reversed(list(phonenumbers.PhoneNumberMatcher(text, None))):
        text = f"{text[: match.start]}[phone]{text[match.end :]}"
    return text


def _digits(match: re.Match[str]) -> str:
    from stdnum import luhn

    if match["stays"]:
        return match[0]
    run = match["run"]
    digits = re.sub(r"\D", "", run)
    if len(digits) in _CARD_DIGITS and luhn.is_valid(digits):
        return "[card]"
    formatted = run[0] in "+(0" or (not run.isdigit() and len(digits) >= _LONG_PHONE)
    return "[phone]" if formatted and len(digits) in _PHONE_DIGITS else "[number]"
