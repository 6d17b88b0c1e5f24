"""What a PDF must print of a report."""

from __future__ import annotations

import re

import attrs

from cxaudit.documents import cleaned, written
from cxaudit.plugin import blocks


def squeezed(text):
    """Return a text without spaces: lines break anywhere."""
    return re.sub(r"\s|\u200b", "", text)


UNPRINTED = {"anchor", "link", "anchors", "id", "tone", "media_type", "unit", "side", "data"}
"""Fields of blocks that are not printed."""


def texts_of(report):
    """Return every text and figure of a report's blocks, as they should be printed."""
    for section in cleaned(report).sections:
        yield section.title
        for block in section.blocks:
            yield from _texts(_printed(block))


def _printed(block):
    if isinstance(block, blocks.Matrix):  # its question is its title
        return attrs.evolve(block, title="")
    if isinstance(block, blocks.Table) and not block.columns[-1]:  # pairs have no head
        return attrs.evolve(block, columns=())
    return block


def _texts(value):
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, tuple):
        for element in value:
            yield from _texts(element)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield written(value)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            if field.name not in UNPRINTED:
                yield from _texts(getattr(value, field.name))
