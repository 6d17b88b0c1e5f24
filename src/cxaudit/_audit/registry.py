"""What the engine asks of the registry of plugins."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

__all__ = ["Registry"]


class Registry(Protocol):
    """Specs that plugins registered."""

    def get(self, kind: str, name: str, /) -> Any:
        """Return a registered spec."""

    def of(self, kind: str, /) -> Mapping[str, Any]:
        """Return all specs of a kind by full id."""

    def resolve(self, reference: object, /) -> Any:
        """Return what a lazy reference names."""

    def blaming(self, kind: str, name: str, /) -> AbstractContextManager[None]:
        """Name the plugin that registered a name when its code fails."""
