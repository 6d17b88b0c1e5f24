"""The command line's entry point: answers ``--version`` before anything is loaded."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    if sys.argv[1:] == ["--version"]:
        from cxaudit import __version__
        from cxaudit._cli.exits import UNREAD
        from cxaudit._cli.streams import printed_streams, put

        with printed_streams() as streams:
            put(f"cxaudit {__version__}\n")
        if any(stream.broken for stream in streams):
            sys.exit(UNREAD)
        return
    from cxaudit._cli import main as run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
