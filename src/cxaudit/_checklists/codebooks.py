"""Reading a codebook: a TOML file of themes and the words that tell them."""

from __future__ import annotations

from pathlib import Path

from cxaudit._checklists.context import text
from cxaudit._checklists.documents import Problems, read_document
from cxaudit._checklists.validation import validate_document
from cxaudit._model.detectors import Detector
from cxaudit._model.themes import Codebook, Theme

__all__ = ["read_codebook"]


def read_codebook(path: Path, problems: Problems) -> Codebook | None:
    """Return a codebook; None when it is wrong, every problem being told."""
    from cxaudit._expressions.patterns import detector_problems

    before = len(problems.reported)
    document = read_document(path, str(path), problems)
    if document is None:
        return None
    validate_document(document, "codebook-1.schema.json", problems)
    if len(problems.reported) > before:
        return None
    head = document.data["codebook"]
    language = head.get("language", "en")
    themes: dict[str, Theme] = {}
    for index, table in enumerate(document.data["theme"]):
        name = table["id"]
        if name in themes:
            message = f"The theme {name!r} is defined twice."
            problems.add(document, ("theme", index, "id"), message, "Give each its own id.")
        if "phrases" not in table and "patterns" not in table:
            hint = 'Add `phrases = ["..."]` or `patterns = ["..."]`.'
            problems.add(document, ("theme", index), f"The theme {name!r} has no words.", hint)
        theme = Theme(
            id=name,
            title=text(table["title"], language),
            phrases=tuple(table.get("phrases", ())),
            patterns=tuple(table.get("patterns", ())),
        )
        looked = Detector(
            id="codebook",
            table="messages",
            phrases={"words": theme.phrases},
            patterns={"words": theme.patterns},
        )
        for (kind, _, number), wrong in detector_problems(looked):
            hint = "RE2 syntax holds." if kind == "patterns" else "A phrase holds a letter."
            problems.add(document, ("theme", index, kind, number), f"{wrong}.", hint)
        themes[name] = theme
    if len(problems.reported) > before:
        return None
    return Codebook(
        id=head["id"],
        version=head["version"],
        title=text(head["title"], language),
        themes=tuple(themes.values()),
        digests={document.file: document.digest},
    )
