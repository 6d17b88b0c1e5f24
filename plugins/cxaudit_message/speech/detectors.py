"""Detectors of what is said in conversations.

They judge words and times, as evidence on what was said and when; none infers what a member of
staff felt, from voice or otherwise.
"""

from __future__ import annotations

from cxaudit.plugin import Detector
from cxaudit_message.speech.screens import any_hit, any_word

__all__ = ["DETECTORS"]

_BY_AGENT = (
    "author_role = 'agent' and not coalesce(is_auto, false) and not coalesce(is_private, false)"
)
_BY_CUSTOMER = "author_role = 'customer'"
_TIMED = "start_s between 0 and 10000000 and not coalesce(is_private, false)"
"""A place beyond 115 days is none in a recording."""


def _words(name: str, summary: str, *, by: str = _BY_AGENT) -> Detector:
    """Return a detector of words; the engine leaves out texts in which there can be none."""
    words = f"(?i){any_word(name)}".replace("'", "''")
    return Detector(
        id=f"cxaudit.{name}",
        table="messages",
        column="body",
        where=f"{by} and matches(body, '{words}')",
        detect=f"cxaudit_message.speech.wording:{name.replace('-', '_')}",
        screen=any_hit(name),
        columns=("body",),
        summary=summary,
    )


DETECTORS: tuple[Detector, ...] = (
    _words("greeting", "The agent greets."),
    _words("thanks", "The agent thanks."),
    _words(
        "acknowledgement",
        "The agent names what the customer feels or has suffered; label first when only "
        "courtesies stand before it, else later.",
    ),
    _words("blame", "The agent blames (label blame) or lectures (label lecture)."),
    _words("cannot", "The agent says what cannot be done (label cannot) or can (label can)."),
    _words("question", "The customer asks something.", by=_BY_CUSTOMER),
    _words(
        "told-again",
        "The customer says again what was said before (label repeats), or staff ask for it (label "
        "asks).",
        by=f"({_BY_CUSTOMER} or {_BY_AGENT})",
    ),
    _words("problem", "The customer tells of something wrong.", by=_BY_CUSTOMER),
    Detector(
        id="cxaudit.interruption",
        table="messages",
        column="body",
        where=f"{_TIMED} and end_s <= 10000000 and author_role in ('agent', 'customer')",
        detect="cxaudit_message.speech.timing:interruptions",
        columns=("thread_id", "author_role", "start_s", "end_s", "body"),
        summary="The agent begins while the customer speaks, who then stops.",
    ),
    Detector(
        id="cxaudit.dead-air",
        table="messages",
        column="body",
        where=_TIMED,
        detect="cxaudit_message.speech.timing:silences",
        columns=("thread_id", "start_s", "end_s"),
        summary="Nobody speaks for more than ten seconds.",
    ),
)
