"""Catalogues of invented languages, and reports reworded as they would be."""

from __future__ import annotations

import functools
import re

import attrs
import pytest
from babel.messages import Catalog
from babel.messages.pofile import write_po


@functools.cache
def messages() -> Catalog:
    """Return all messages of reports; what it imports only few tests need."""
    from tests.support.messages import template

    return template()


@pytest.fixture
def invented(tmp_path, monkeypatch):
    """Give a function that invents the catalogue of a language: each word of each message changed.

    It is in capitals if nothing else is asked for. Then small letters in a document are those of a
    client, or of a word that no translator can reach.
    """
    from cxaudit._words import language

    folder = tmp_path / "languages"
    folder.mkdir()
    monkeypatch.setattr(language, "CATALOGUES", folder)
    language.language_of.cache_clear()

    def invent(tag, word=str.upper):
        catalogue = Catalog(locale=tag)
        for message in messages():
            if isinstance(message.id, tuple):
                one, many = (_reworded(form, word) for form in message.id)
                forms = catalogue.num_plurals
                catalogue.add(message.id, (one, many) if forms == 2 else (many,) * forms)
            elif message.id:
                catalogue.add(message.id, _reworded(message.id, word))
        with (folder / f"{tag}.po").open("wb") as file:
            write_po(file, catalogue)
        language.language_of.cache_clear()

    yield invent
    language.language_of.cache_clear()


@pytest.fixture
def reworded():
    """Give a function that changes each word that a report says, a client's or ours."""
    return _reworded


_ARABIC = dict(zip("abcdefghijklmnopqrstuvwxyz", "ابثدهفغحيجكلمنوپقرستوڤخشيز", strict=True))


@pytest.fixture
def arabic():
    """Give a function that returns a word in letters of Arabic: what it means does not matter."""
    return lambda word: "".join(_ARABIC.get(letter, letter) for letter in word.casefold())


_UNSAID = {
    *("anchor", "anchors", "audience", "branding", "data", "id", "language", "link"),
    *("media_type", "side", "tone", "unit"),
}
"""Fields of reports that are no texts, or that documents put into words of their own."""
_WORD = re.compile(r"(\{\w+\})|[^\W\d_]+")


def _reworded(value, word):
    if isinstance(value, str):
        text = _WORD.sub(lambda match: match[1] or word(match[0]), value)
        if hasattr(value, "ends"):
            return type(value)(text, *_reworded(value.ends, word))
        figure = hasattr(value, "style")
        return type(value)(text, value.value, value.style) if figure else text
    if isinstance(value, tuple):
        return tuple(_reworded(element, word) for element in value)
    if attrs.has(type(value)):
        fields = (field.name for field in attrs.fields(type(value)) if field.name not in _UNSAID)
        return attrs.evolve(
            value, **{name: _reworded(getattr(value, name), word) for name in fields}
        )
    return value
