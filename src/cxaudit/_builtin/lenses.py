"""The touchpoints and lenses that cxaudit knows from the start."""

from __future__ import annotations

from cxaudit._model.groupings import Lens, Touchpoint

__all__ = ["LENSES", "TOUCHPOINTS"]

TOUCHPOINTS = (
    Touchpoint(id="online", title="Online"),
    Touchpoint(id="phone", title="Phone"),
    Touchpoint(id="in-store", title="In store"),
    Touchpoint(id="message", title="Messages"),
    Touchpoint(id="message.email", title="Email"),
    Touchpoint(id="message.chat", title="Chat"),
    Touchpoint(id="message.social", title="Social media"),
    Touchpoint(id="organisation", title="Organisation"),
)

LENSES = (
    Lens(
        id="be-sure",
        title="BE SURE",
        keys={
            "broad-knowledge": "Broad knowledge",
            "extreme-desire": "Extreme desire to help",
            "sincere-interest": "Sincere interest",
            "understanding": "Understanding of expectations",
            "respect": "Respect",
            "empowered": "Empowered",
        },
    ),
    Lens(
        id="fundamentals",
        title="Four fundamentals",
        keys={
            "listen": "Listen",
            "identify": "Identify with the customer",
            "be-helpful": "Be helpful",
            "give-more": "Give more",
        },
    ),
)
