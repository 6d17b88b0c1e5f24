"""Settings that stand in the environment, not in the audit file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol

from cxaudit._checklists.documents import Step
from cxaudit._model.pseudonyms import Pseudonyms

__all__ = ["Secret", "read_pseudonyms", "with_secrets"]

_KEY_BYTES, _DRAWN_BYTES = 16, 32


class Report(Protocol):
    """Takes a problem: where it stands, what is wrong, what to do."""

    def __call__(self, path: tuple[Step, ...], message: str, hint: str, /) -> None: ...


class Secret(str):
    """A setting read from the environment: a text that does not show itself in a repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def with_secrets(value: Any, path: tuple[Step, ...], report: Report) -> Any:
    """Return settings with every ``{ env = "NAME" }`` read from the environment."""
    if isinstance(value, list):
        return [with_secrets(entry, (*path, index), report) for index, entry in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if set(value) != {"env"} or not isinstance(value["env"], str):
        return {key: with_secrets(entry, (*path, key), report) for key, entry in value.items()}
    name = value["env"]
    if name not in os.environ:
        report(
            path,
            f"The environment variable {name} is not set.",
            f"Set it before the run: `export {name}=...`.",
        )
    return Secret(os.environ.get(name, ""))


def read_pseudonyms(settings: Mapping[str, Any], report: Report) -> Pseudonyms | None:
    """Return how keys of people are hashed; a key that is not given is drawn for the run."""
    if not settings:
        return None
    if "key" not in settings:
        return Pseudonyms(os.urandom(_DRAWN_BYTES), settings.get("region"), drawn=True)
    path: tuple[Step, ...] = ("pseudonyms", "key")
    key = str(with_secrets(settings["key"], path, report)).encode()
    if len(key) < _KEY_BYTES and settings["key"]["env"] in os.environ:
        report(
            path,
            f"The key is shorter than {_KEY_BYTES} bytes, so pseudonyms could be guessed.",
            "Make one by `python -c 'import secrets; print(secrets.token_hex(32))'`.",
        )
    return Pseudonyms(key, settings.get("region"))
