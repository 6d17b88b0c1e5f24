"""A limit on how long one call of a plugin may take."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

from cxaudit._plugins.containment import Containment

__all__ = ["within"]

_Result = TypeVar("_Result")


def within(seconds: float | None, containment: Containment, work: Callable[[], _Result]) -> _Result:
    """Do somebody else's work, for no longer than some seconds.

    Python cannot end a thread: work that takes longer goes on beside the program until that ends.

    Args:
        seconds: The limit; without one the work is done here.
        containment: The block that it is done in; it is told where the work was.
        work: The work.

    Raises:
        TimeoutError: If it takes longer.
        Exception: Whatever the work raises.
    """
    if seconds is None:
        return work()
    results: list[_Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised where the work was asked for
            errors.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join(seconds)
    if results:
        return results[0]
    if errors:
        raise errors[0]
    containment.code = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - documented
    msg = f"it took more than {seconds:g} seconds"
    raise TimeoutError(msg)
