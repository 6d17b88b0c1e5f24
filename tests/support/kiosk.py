"""A checklist of one question, for audits whose records are what is tried."""

from __future__ import annotations

__all__ = ["CHECKLIST"]

CHECKLIST = """cxaudit = 1
[checklist]
id = "kiosk"
version = "1"
title = "Kiosk"
[[item]]
id = "polite"
area = "process"
touchpoints = ["message"]
title = "Letters are polite"
ask = { method = "observe", answer = "yes-no" }
"""
