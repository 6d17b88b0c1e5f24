"""Which plugin's code is running, for whoever tells what it prints from what is ours."""

from __future__ import annotations

from contextvars import ContextVar

__all__ = ["running_plugin"]

running_plugin: ContextVar[str] = ContextVar("running_plugin", default="")
"""Name of the plugin; empty while our own code runs."""
