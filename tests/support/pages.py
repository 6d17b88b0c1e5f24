"""A page as a browser would read it."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "img", "input"}


class Parsed(HTMLParser):
    """What a browser would make of a page: elements with attributes, and texts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append((tag, dict(attributes)))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, text):
        if self.open and self.open[-1][0] not in {"style", "script"}:
            self.texts.append((text, [*self.open]))

    def words(self, *, without=()):
        """Return all texts, but those inside an element of some tag or class."""
        return " ".join(
            text
            for text, ancestors in self.texts
            if not any(
                tag in without or set(attributes.get("class", "").split()) & set(without)
                for tag, attributes in ancestors
            )
        )

    @property
    def ids(self):
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    @property
    def links(self):
        return [attributes["href"] for tag, attributes in self.elements if tag == "a"]
