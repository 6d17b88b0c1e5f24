"""The detector `example.shouting`: notes in capitals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cxaudit.plugin import Hit

_WORD = "[A-ZÀ-ÖØ-Þ]{2,}"
_SHOUT = re.compile(rf"\b{_WORD}(?:[ ,!?]+{_WORD})+\b[!?]*")


def find_shouting(batches: Iterator[Sequence[Mapping[str, Any]]]) -> Iterable[Hit]:
    """Yield each run of two or more words in capitals.

    A detector by function sees batches of rows. A real one would load its model here, once.
    """
    for batch in batches:
        for row in batch:
            for match in _SHOUT.finditer(row["note"] or ""):
                yield Hit(
                    detector="example.shouting",
                    source=row["_source"],
                    row=row["_row"],
                    label="shouting",
                    start=match.start(),
                    end=match.end(),
                    quote=match[0],
                )
