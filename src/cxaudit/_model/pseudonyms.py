"""Keys of people: brought to one form, then hashed with the user's key."""

from __future__ import annotations

import hashlib
import hmac
import re

import attrs

__all__ = ["PSEUDONYM_LENGTH", "WITHHELD", "Pseudonyms", "is_withheld", "normalised"]

PSEUDONYM_LENGTH = 16
"""Hexadecimal digits of a pseudonym: 64 bits, so that millions of people share none."""

WITHHELD = frozenset(
    {
        *("anon", "anonymous", "asterisk", "blocked", "none", "null", "private", "restricted"),
        *("unavailable", "unidentified", "unknown", "withheld"),
        # As some carriers send them: anonymous, blocked, restricted, unavailable and unknown typed
        # on the keys of a phone. Numbers of those countries are longer.
        *("+266696687", "+2562533", "+7378742833", "+86282452253", "+8656696"),
    }
)
"""What systems write where a caller gave no number."""

_SCHEME = re.compile(r"^(?:tel|sips?|callto|mailto|whatsapp|sms):", re.IGNORECASE)
_ADDRESS = re.compile(r"<([^<>]+)>")
_PHONE = re.compile(r"[+(]*\d[\d\s().\-/\u00a0+]{5,}")
_SEPARATORS = re.compile(r"[^\d+]")


@attrs.frozen
class Pseudonyms:
    """How keys of people are hashed.

    Attributes:
        key: The secret; whoever holds it can tell whether a pseudonym is a given person's.
        region: Country (ISO 3166, two letters) of telephone numbers without a country code;
            None leaves such numbers as their digits.
        drawn: Whether the key was drawn for this run alone.
    """

    key: bytes = attrs.field(repr=False)
    region: str | None = None
    drawn: bool = False

    def of(self, value: str) -> str | None:
        """Return the pseudonym of a key; None when it names nobody.

        HMAC with SHA-256 (RFC 2104) of the normalised key, its first 16 hexadecimal digits.
        """
        normal_form = normalised(value, self.region)
        if normal_form is None:
            return None
        digest = hmac.new(self.key, normal_form.encode(), hashlib.sha256).hexdigest()
        return digest[:PSEUDONYM_LENGTH]


def normalised(value: str, region: str | None = None) -> str | None:
    """Return the one form of a contact key; None when it names nobody.

    Mail addresses become lower case, without the name before them. Telephone numbers become
    E.164 (``+442079460000``); those without a country code need ``region``, and are their digits
    without it. Anything else is an id, and stays as it is but for spaces around it.

    Args:
        value: A number, address or id, as a system wrote it.
        region: Country of numbers without a country code.
    """
    text = value.strip()
    if address := _ADDRESS.search(text):
        text = address[1].strip()
    text = _SCHEME.sub("", text)
    name, at, _ = text.partition("@")
    if at and not _is_phone(name):
        return text.lower()
    text = name if at else text
    if text.lower() in WITHHELD or not text:
        return None
    return _number(text, region) if _is_phone(text) else text


def is_withheld(number: str | None) -> bool:
    """Tell whether what stands where a telephone number is expected is that of nobody."""
    text = (number or "").strip().lower()
    return not text or text in WITHHELD or f"+{text}" in WITHHELD


def _is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None


def _number(text: str, region: str | None) -> str:
    digits = _SEPARATORS.sub("", text.replace("(0)", ""))
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if digits.startswith("+") or region is None:
        return digits
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return digits
    if not phonenumbers.is_possible_number(number):
        return digits
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
