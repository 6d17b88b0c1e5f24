"""Redaction: personal data out of everything that enters a result.

The default redactor takes out what follows, and leaves a label in its place: ``[email]`` (also as
speech-to-text writes it, for the large providers), ``[phone]``, ``[card]`` (13 to 19 digits that
pass Luhn's check), ``[iban]``, ``[ip]``, ``[query]`` (of a web address), and ``[number]``: any
other run of seven or more digits, or of three or more after a word such as "account" or
"passport". Dates, times of day, decimal fractions and UUIDs stay. Names and postal addresses in
free text are beyond any list of patterns; an in-house redactor can be hooked behind this
(``cxaudit_redact``).

Time grows in proportion to the text whatever it holds: every pattern looks a bounded way back, and
the number of passes is bounded (``bench/redaction.py`` measures it).
"""

from __future__ import annotations

import functools
import ipaddress
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from cxaudit._model.audit import Audit
from cxaudit._model.evidence import Answer, Answers, Case, Evidence
from cxaudit._plugins.containment import contained_each
from cxaudit._plugins.host import PluginHost

__all__ = [
    "Redact",
    "redact",
    "redact_text",
    "redacted_answers",
    "redacted_cases",
    "redactor",
]

Redact = Callable[[Sequence[Evidence]], list[Evidence | None]]
"""Returns pieces without personal data; None for one that is to be dropped."""

_STAGE = "cxaudit_redact"
_PROVIDERS = "gmail|googlemail|hotmail|yahoo|ymail|outlook|icloud|aol|gmx|rediffmail|protonmail"
_ID_WORDS = (
    "ssn|social security|card|credit|debit|account|acct|policy|claim|passport|licen[cs]e|pin|cvv"
    "|cvc|iban|customer (?:id|number|no)|member(?:ship)? (?:id|number|no)"
    "|last (?:four|4)(?: digits)?"
)
_URL = re.compile(r"(?i)\b((?:https?|ftp)://)(?:[^\s/?#]*@)?([^\s?#<>\"']*)([?#][^\s<>\"']*)?")
_LOCAL = r"\w.!$%&'*+^`{|}~-"
_EMAIL = re.compile(rf"(?<![{_LOCAL}])[{_LOCAL}]*\w@[\w-]+(?:\.[\w-]+)+")
_SPOKEN_EMAIL = re.compile(
    r"(?i)\b[\w.+-]{1,64}?(?:\s\d{1,5}(?=\s))?(?:\s{1,3}at\s{1,3}|\s?@\s?|\s(?=\w+\s?com\b))?"
    rf"(?:{_PROVIDERS})(?:\s?\.\s?|\s{{1,3}}dot\s{{1,3}})?(?:com|net|org|de|fr|co\s?\.?\s?(?:uk|in))\b"
    r"|\b[\w.+-]{1,64}\s{1,3}at\s{1,3}[\w-]{1,63}\s{1,3}dot\s{1,3}[a-z]{2,6}\b"
)
_SPOKEN_SIGN = re.compile(rf"(?i){_PROVIDERS}|\sdot\s")
_BEFORE_SIGN, _AFTER_SIGN = 150, 40
"""So far from its sign a spoken address can begin and end, in characters."""
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{1,4}){3,8}")
_IP = re.compile(r"(?<![\w.:])[0-9A-Fa-f:.]{3,45}(?![\w:])")
_DOTS, _COLONS = 3, 2
"""An address of version 4 has so many dots, one of version 6 at least so many colons."""
_DIGIT = re.compile(r"\d")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?\+00:00)?"
)
"""A day or an instant as we write it: all of it stays."""
_MOMENT_LENGTHS = {10, 25, 32}
_STAYS = (
    r"(?P<stays>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    r"|\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?!\d)"
    r"|\b\d{1,2}[./]\d{1,2}[./]\d{4}(?!\d)(?:[ ]\d\d:\d\d(?::\d\d)?)?"
    r"|(?<!\d)\d{1,6}[.,]\d+(?![.,]?\d|[ -]\d))"
)
_PLUS_NUMBER = re.compile(r"[+\uff0b](?:[^\w+\uff0b]{0,4}\d){6}[^+\uff0b\n]{0,40}")
_DIGITS = re.compile(_STAYS + r"|(?P<run>\+?\(?\d(?:[ ().\u00a0/-]{0,2}\d){6,})")
_AFTER_WORD = re.compile(
    rf"(?i)\b(?P<word>(?:{_ID_WORDS})s?\b(?:\W+(?!\d)[a-z]+){{0,3}}\W{{1,3}}(?:[a-z]{{1,3}}\s?)?)"
    r"(?P<run>\d(?:[ -]?\d){2,})(?![\d]|[.,]\d)"
)
_PHONE_DIGITS = range(7, 16)
_LONG_PHONE = 9
_CARD_DIGITS = range(13, 20)
_IBAN_LENGTH = 15
_PASSES = 10
_TRIES = 10
_REMOVED = "[removed]"
_SHORT = 40
_AT_ONCE = 100
"""So many short texts are looked at together."""


def redactor(host: PluginHost) -> Redact:
    """Return the default redactor followed by those of plugins; it fails closed."""

    def clean(pieces: Sequence[Evidence]) -> list[Evidence | None]:
        redacted = contained_each(redacting(pieces), pieces, _STAGE)
        return host.call_chains(_STAGE, evidence=redacted)

    return clean


def redacted_answers(answers: Answers, audit: Audit, clean: Redact) -> Answers:
    """Return answers with the words of raters redacted."""
    import numpy as np

    free = {item.id for item in audit.checklist.items if item.ask and item.ask.answer == "text"}
    wordy = np.flatnonzero(
        ~answers.among("comment", {""})
        | ~answers.among("reason", {""})
        | answers.among("item", free)
    )
    if not len(wordy):
        return answers

    def words(answer: Answer, text: str) -> str:
        return _words(text, answer.source, answer.case, clean)

    redacted = Answers.of(
        attrs.evolve(
            answer,
            comment=words(answer, answer.comment),
            reason=words(answer, answer.reason),
            value=words(answer, answer.value)
            if isinstance(answer.value, str) and answer.item in free
            else answer.value,
        )
        for answer in answers.where(wordy)
    )
    return answers.replaced(wordy, redacted)


def redacted_cases(cases: Sequence[Case], clean: Redact) -> tuple[Case, ...]:
    """Return cases with the words of their scenarios, and the names of their clusters, redacted."""
    return tuple(
        attrs.evolve(
            case,
            scenario=_words(case.scenario, "", case.id, clean),
            cluster=_words(case.cluster, "", case.id, clean),
        )
        for case in cases
    )


def _words(text: str, source: str, case: str, clean: Redact) -> str:
    if not text:
        return text
    (kept,) = clean([Evidence(kind="comment", source=source, key=case, quote=text)])
    return "[dropped]" if kept is None else kept.quote


def redact(evidence: Evidence) -> Evidence:
    """Return a piece of evidence without personal data.

    Redacting twice gives the same as redacting once.
    """
    return redacting([evidence])(evidence)


def redacting(pieces: Sequence[Evidence]) -> Callable[[Evidence], Evidence]:
    """Return what redacts each of some pieces. A text of many rows is gone through once."""
    values = set(itertools.chain.from_iterable(piece.fields.values() for piece in pieces))
    texts = _doubtful([value for value in values if isinstance(value, str)])
    redacted = contained_each(redact_text, texts, _STAGE)
    changed = {text: new for text, new in zip(texts, redacted, strict=True) if new != text}
    sources = {source: _without_queries(source) for source in {piece.source for piece in pieces}}

    def work(piece: Evidence) -> Evidence:
        fields = piece.fields
        if changed and not changed.keys().isdisjoint(fields.values()):
            fields = {name: _changed(value, changed) for name, value in fields.items()}
        source, key = sources[piece.source], _without_queries(piece.key)
        place = _without_queries(piece.place)
        quote = redact_text(piece.quote) if piece.quote else ""
        texts = source, key, place, quote
        if fields is piece.fields and texts == (piece.source, piece.key, piece.place, piece.quote):
            return piece
        return attrs.evolve(piece, source=source, key=key, place=place, quote=quote, fields=fields)

    return work


def _doubtful(texts: Sequence[str]) -> list[str]:
    """Return texts without most of those in which there is nothing to redact.

    Short ones are looked at many at once: a pattern that matches in a text does so as well where it
    is a line among others, for a line end is to all patterns what the end of the text is.
    """
    short = [text for text in texts if len(text) <= _SHORT and not _is_moment(text)]
    doubtful = [text for text in texts if len(text) > _SHORT]
    blocks = [short[start : start + _AT_ONCE] for start in range(0, len(short), _AT_ONCE)]
    lines = ["\n".join(block) for block in blocks]
    redacted = contained_each(_redacted_once, lines, _STAGE)
    for block, before, after in zip(blocks, lines, redacted, strict=True):
        if after != before:
            doubtful += block
    return doubtful


def _changed(value: str | float | None, changed: Mapping[str, str | None]) -> str | float | None:
    if not isinstance(value, str) or value not in changed:
        return value
    text = changed[value]
    if text is None:
        msg = "a text that could not be redacted"
        raise ValueError(msg)
    return text


def _without_queries(text: str) -> str:
    return _URL.sub(_web_address, text) if "://" in text else text


def redact_text(text: str) -> str:
    """Return a text without the personal data that the module names.

    A label may uncover what stood too close to be seen, so the text is gone through again until
    nothing changes. A text made so that this would not end soon is left out whole.
    """
    if _is_moment(text):
        return text
    return _remembered(text) if len(text) <= _SHORT else _redacted(text)


def _is_moment(text: str) -> bool:
    return len(text) in _MOMENT_LENGTHS and _MOMENT.fullmatch(text) is not None


def _redacted(text: str) -> str:
    for _ in range(_PASSES):
        clean = _redacted_once(text)
        if clean == text:
            return text
        text = clean
    return _REMOVED


_remembered = functools.lru_cache(maxsize=4096)(_redacted)
"""For short texts, such as names of queues: of a column's many rows few are different."""


def _redacted_once(text: str) -> str:
    # A pattern is tried only where the sign is without which it matches nothing.
    if "://" in text:
        text = _URL.sub(_web_address, text)
    if "@" in text:
        text = _EMAIL.sub("[email]", text)
    if _SPOKEN_SIGN.search(text):
        text = _without_spoken_emails(text)
    if ":" not in text and not _DIGIT.search(text):
        return text
    if len(text) >= _IBAN_LENGTH:
        text = _IBAN.sub(_iban, text)
    if ":" in text or "." in text:
        text = _IP.sub(_ip, text)
    if "+" in text or "\uff0b" in text:
        text = _PLUS_NUMBER.sub(_international_phone, text)
    text = _DIGITS.sub(_digits, text)
    return _AFTER_WORD.sub(lambda match: f"{match['word']}[number]", text)


def _web_address(match: re.Match[str]) -> str:
    return match[1] + _EMAIL.sub("[email]", match[2]) + ("?[query]" if match[3] else "")


def _without_spoken_emails(text: str) -> str:
    """Return a text without addresses as they are spoken, looked for near their signs only."""
    parts, end = [], 0
    for start, stop in _windows(text):
        for match in _SPOKEN_EMAIL.finditer(text, max(start, end), stop):
            parts += [text[end : match.start()], "[email]"]
            end = match.end()
    return "".join([*parts, text[end:]])


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text around signs of spoken addresses; none overlaps another."""
    start = stop = 0
    for sign in _SPOKEN_SIGN.finditer(text):
        if sign.start() - _BEFORE_SIGN > stop:
            yield start, stop
            start = sign.start() - _BEFORE_SIGN
        stop = sign.end() + _AFTER_SIGN
    yield start, stop


def _iban(match: re.Match[str]) -> str:
    from stdnum import iban

    # The words behind an IBAN may look like more of it: the longest valid beginning counts.
    whole: str = match[0]
    for end in reversed(list(_checked_ends(whole))):
        if iban.is_valid(whole[:end]):
            return "[iban]" + whole[end:]
    return whole


def _checked_ends(whole: str) -> Iterator[int]:
    """Yield where the beginnings of a text end whose check digits are right (ISO 7064, 97-10)."""
    head = int("".join(str(int(char, 36)) for char in whole[:4]))
    rest = 0
    for end, character in enumerate(whole[4:], start=5):
        if character.isalnum():
            digits = str(int(character, 36))
            rest = int(f"{rest}{digits}") % 97
            if end >= _IBAN_LENGTH and (rest * 10 ** len(str(head)) + head) % 97 == 1:
                yield end


def _ip(match: re.Match[str]) -> str:
    address = match[0].rstrip(".:")
    if address.count(".") != _DOTS and address.count(":") < _COLONS:
        return match[0]
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return match[0]
    return "[ip]" + match[0][len(address) :]


def _international_phone(match: re.Match[str]) -> str:
    import phonenumbers

    text: str = match[0]
    number = next(iter(phonenumbers.PhoneNumberMatcher(text, None, max_tries=_TRIES)), None)
    if number is None:
        return text
    return f"{text[: number.start]}[phone]{text[number.end :]}"


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
