"""Readers of record files: which files there are, what columns they hold, what they can be read as.

A reader is called with a `cxaudit.plugin.ReadRequest`. It returns a `Scan` of files that the engine
reads by itself, or `Rows`, which `spool` writes out as such files.
"""

from __future__ import annotations

from cxaudit._sources.files import digest_file, expand
from cxaudit._sources.spool import spool

__all__ = ["digest_file", "expand", "spool"]
