"""Work of DuckDB beside the main thread, so that Ctrl-C is ours to answer.

In the main thread a signal reaches DuckDB's own code: a statement fails with another error than
`KeyboardInterrupt`, and while the library is loaded the process may end at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["beside"]

_T = TypeVar("_T")


def beside(work: Callable[[], _T], interrupt: Callable[[], None] | None = None) -> _T:
    """Return what some work gives. On Ctrl-C the work is ended first, then the signal told.

    Args:
        work: What to do.
        interrupt: Asks the work to end; may be called several times. None waits for its end.
    """
    done: list[_T] = []
    failed: list[BaseException] = []
    # Not Thread.join: broken off, it may take a live thread for ended (Python 3.11).
    finished = threading.Event()

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failed.append(error)
        finally:
            finished.set()

    thread = threading.Thread(target=run, name="cxaudit-duckdb", daemon=True)
    try:
        thread.start()
        finished.wait()
    except BaseException:
        # The signal may come before the thread has started at all.
        while not finished.wait(0.1) and thread.is_alive():
            if interrupt is not None:
                interrupt()
        raise
    if failed:
        raise failed[0]
    return done[0]
