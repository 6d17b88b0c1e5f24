"""What states, places, cases and units are called in reports."""

from __future__ import annotations

from cxaudit._model.findings import State
from cxaudit._words.language import N_

__all__ = ["AREA_TITLES", "BASES", "CASES", "KINDS", "PARTS", "STATES", "TOUCHPOINTS", "WHY"]

STATES = {
    State.MET: N_("met"),
    State.NOT_MET: N_("not met"),
    State.PARTLY: N_("partly met"),
    State.MEASURED: N_("measured"),
    State.UNANSWERED: N_("not assessed: nobody answered"),
    State.NOT_OBSERVED: N_("not assessed: could not be observed"),
    State.NO_TARGET: N_("not assessed: no target agreed"),
    State.INSUFFICIENT: N_("not assessed: too few cases"),
    State.UNAVAILABLE: N_("not assessed: no data"),
    State.ERROR: N_("not assessed: the check failed"),
    State.NOT_APPLICABLE: N_("does not apply"),
    State.INFORMATIVE: N_("for information"),
    State.EXCLUDED: N_("excluded"),
}
WHY = {
    State.UNANSWERED: N_("nobody answered"),
    State.NOT_OBSERVED: N_("could not be observed"),
    State.NO_TARGET: N_("no target agreed"),
    State.INSUFFICIENT: N_("too few cases"),
    State.UNAVAILABLE: N_("no data"),
    State.ERROR: N_("the check failed"),
}
"""Why it was not assessed, when the finding itself does not say."""

TOUCHPOINTS = {
    "online": N_("Online"),
    "phone": N_("Phone"),
    "in-store": N_("In store"),
    "message": N_("Messages"),
    "organisation": N_("Organisation"),
}
CASES = {
    "interview": N_("{n} interview", "{n} interviews"),
    "document": N_("{n} document", "{n} documents"),
    "test": N_("{n} test", "{n} tests"),
    "in-store": N_("{n} visit", "{n} visits"),
    "phone": N_("{n} call", "{n} calls"),
    "message": N_("{n} conversation", "{n} conversations"),
    "online": N_("{n} page", "{n} pages"),
    "case": N_("{n} case", "{n} cases"),
    "record": N_("{n} record", "{n} records"),
}
PARTS = {
    "interview": N_("{part} of {n} interview", "{part} of {n} interviews"),
    "document": N_("{part} of {n} document", "{part} of {n} documents"),
    "test": N_("{part} of {n} test", "{part} of {n} tests"),
    "in-store": N_("{part} of {n} visit", "{part} of {n} visits"),
    "phone": N_("{part} of {n} call", "{part} of {n} calls"),
    "message": N_("{part} of {n} conversation", "{part} of {n} conversations"),
    "online": N_("{part} of {n} page", "{part} of {n} pages"),
    "case": N_("{part} of {n} case", "{part} of {n} cases"),
    "record": N_("{part} of {n} record", "{part} of {n} records"),
}
AREA_TITLES = {
    "process": N_("Process"),
    "roles": N_("Roles"),
    "interpersonal": N_("Interpersonal"),
    "direction": N_("Direction"),
    "external": N_("External"),
}
BASES = {
    "promise": N_("promise"),
    "policy": N_("policy"),
    "law": N_("law"),
    "reference": N_("reference"),
}
KINDS = {
    "organisation": N_("organisation"),
    "region": N_("region"),
    "site": N_("site"),
    "team": N_("team"),
}
