"""The command line: thin over `cxaudit.session`. stdout is the artefact, stderr the talk."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    from cxaudit._cli.guard import guarded

    return guarded(arguments)
