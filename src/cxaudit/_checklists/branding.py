"""How a client's documents look: the files that ``[branding]`` names, taken in as they are."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from cxaudit._checklists.documents import Step
from cxaudit._checklists.secrets import Report
from cxaudit._model.drawings import is_drawing, logo_problem
from cxaudit._model.pictures import picture_type
from cxaudit._model.word_templates import PLACEHOLDERS, template_problems

__all__ = ["read_branding"]

_ENDINGS = {"logo": (".png", ".jpg", ".jpeg", ".svg"), "template": (".docx",)}
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LOGO_HINT = "Save it as PNG, at the size at which it is shown, and look at it in a browser."
_TEMPLATE_HINT = (
    f"It may hold {', '.join(f'{{{{{name}}}}}' for name in PLACEHOLDERS)}, conditions on them, and "
    "nothing that fetches or runs something."
)
_MOST_BYTES = {"logo": 200_000, "template": 5_000_000}


def read_branding(settings: Mapping[str, str], folder: Path, report: Report) -> dict[str, str]:
    """Return the branding with the files that it names as ``data:`` addresses.

    So a saved result is rendered alike wherever it lies.

    Args:
        settings: The table of the audit file.
        folder: The audit file's folder, from which paths start.
        report: Takes what is wrong.
    """
    branding = dict(settings)
    for key, endings in _ENDINGS.items():
        if key not in settings:
            continue
        path: tuple[Step, ...] = ("branding", key)
        file = folder / settings[key]
        if file.suffix.lower() not in endings:
            report(path, f"{settings[key]!r} is no {key}.", f"It ends in {', '.join(endings)}.")
        elif file.exists() and not file.is_file():
            report(path, f"{settings[key]!r} is no regular file.", "Name the file itself.")
        elif not file.is_file():
            report(
                path, f"There is no file {settings[key]!r}.", "Paths start beside the audit file."
            )
        elif file.stat().st_size > _MOST_BYTES[key]:
            most = f"{_MOST_BYTES[key] // 1000:,} kB"
            report(path, f"{settings[key]!r} is larger than {most}.", "Save a smaller one.")
        else:
            data = file.read_bytes()
            media = _WORD
            if key == "template":
                for problem in template_problems(data):
                    report(path, f"{settings[key]!r}: {problem}.", _TEMPLATE_HINT)
            else:
                # A picture is what its bytes say, whatever its file is named.
                media = picture_type(data) or ("image/svg+xml" if is_drawing(data) else "")
                if not media:
                    hint = "Save it as PNG, JPEG or SVG, and look at it in a browser."
                    report(path, f"{settings[key]!r} holds no picture.", hint)
                elif problem := logo_problem(data, media):
                    report(path, f"{settings[key]!r} cannot be drawn: {problem}.", _LOGO_HINT)
            branding[key] = f"data:{media};base64,{base64.b64encode(data).decode()}"
    return branding
