"""Rules by which each reader tells records that are no contact of a customer, or no answer.

The same word names the same thing in all readers, those of other plugins too.
"""

from __future__ import annotations

from cxaudit.plugin import Marker, MarkerEffect

__all__ = ["AMAZON_CONNECT", "ASTERISK_CDR", "ASTERISK_QUEUE_LOG", "GENESYS_CLOUD", "TWILIO"]

_LEAVES_OUT, _JOINS, _MARKS = MarkerEffect.LEAVES_OUT, MarkerEffect.JOINS, MarkerEffect.MARKS

_QUEUE_LOGS = "https://docs.asterisk.org/Operation/Logging/Queue-Logs/"
_CDR = "https://docs.asterisk.org/Configuration/Reporting/Call-Detail-Records-CDR/CDR-Variables/"
_CONNECT = "https://docs.aws.amazon.com/connect/latest/adminguide/ctr-data-model.html"
_CONNECT_CONTACT = (
    "https://docs.aws.amazon.com/connect/latest/APIReference/API_DescribeContact.html"
)
_GENESYS = "https://github.com/MyPureCloud/platform-client-sdk-python/blob/master/build/docs/AnalyticsSession.md"
_TWILIO = "https://www.twilio.com/docs/voice/api/call-resource"


def _marker(rule: str, effect: MarkerEffect, meaning: str, source: str) -> Marker:
    return Marker(id=rule, effect=effect, meaning=meaning, source=source)


ASTERISK_QUEUE_LOG: tuple[Marker, ...] = (
    _marker(
        "transferred",
        _JOINS,
        "second halves of attended transfers, which have an id of their own",
        _QUEUE_LOGS,
    ),
    _marker(
        "internal",
        _LEAVES_OUT,
        "calls of colleagues, from a member's extension or a number of four digits or less",
        _QUEUE_LOGS,
    ),
    _marker(
        "outbound",
        _LEAVES_OUT,
        "calls that were dialled by a campaign or an agent (CALLOUTBOUND)",
        "https://docs.loway.ch/QueueMetrics/253_D_QueueLogAdditional.html",
    ),
)
ASTERISK_CDR: tuple[Marker, ...] = (
    _marker(
        "internal",
        _LEAVES_OUT,
        "calls among colleagues: between extensions, or to a number of four digits or less",
        _CDR,
    ),
    _marker(
        "service-code",
        _LEAVES_OUT,
        "service codes that staff dialled, such as *97 for voicemail",
        "https://help.yeastar.com/en/p-series-software-edition/administrator-guide/feature-code-reference.html",
    ),
    _marker(
        "test",
        _LEAVES_OUT,
        "calls to the echo test or the test tone (Echo, Milliwatt)",
        "https://docs.asterisk.org/Latest_API/API_Documentation/Dialplan_Applications/Echo/",
    ),
    _marker("outbound", _MARKS, "calls that were dialled to customers", _CDR),
)
AMAZON_CONNECT: tuple[Marker, ...] = (
    _marker(
        "other-channel",
        _LEAVES_OUT,
        "contacts of another channel: chat, task or e-mail",
        _CONNECT,
    ),
    _marker("monitoring", _LEAVES_OUT, "supervisors who listened in (MONITOR)", _CONNECT),
    _marker(
        "external",
        _LEAVES_OUT,
        "calls to somebody else than the customer (EXTERNAL_OUTBOUND)",
        _CONNECT,
    ),
    _marker(
        "callback-place",
        _LEAVES_OUT,
        "places in a queue that are kept for a callback (CALLBACK_CUSTOMER_FIRST_QUEUED)",
        _CONNECT,
    ),
    _marker("campaign", _LEAVES_OUT, "calls of an outbound campaign (Campaign)", _CONNECT),
    _marker(
        "answering-machine",
        _MARKS,
        "calls that a machine took at the customer's (AnsweringMachineDetectionStatus): missed",
        _CONNECT,
    ),
    _marker("outbound", _MARKS, "calls that were dialled to customers", _CONNECT),
    _marker(
        "bot",
        _MARKS,
        "calls that an AI agent for self-service took part in (WisdomInfo.AiAgents)",
        _CONNECT_CONTACT,
    ),
)
GENESYS_CLOUD: tuple[Marker, ...] = (
    _marker("other-channel", _LEAVES_OUT, "conversations without a voice session", _GENESYS),
    _marker(
        "monitoring",
        _LEAVES_OUT,
        "sessions of supervisors who listened in, coached or barged in",
        _GENESYS,
    ),
    _marker(
        "consultation",
        _LEAVES_OUT,
        "sessions of people consulted or in conference without a transfer",
        _GENESYS,
    ),
    _marker(
        "internal",
        _LEAVES_OUT,
        "conversations between users, without a customer or external participant",
        _GENESYS,
    ),
    _marker(
        "campaign",
        _LEAVES_OUT,
        "calls and callbacks of an outbound campaign (outboundCampaignId), or of the dialler",
        _GENESYS,
    ),
    _marker("fax", _LEAVES_OUT, "conversations that a fax took part in", _GENESYS),
    _marker("outbound", _MARKS, "calls that were dialled to customers", _GENESYS),
    _marker(
        "bot", _MARKS, "calls that a bot flow took part in (flowType, nBotInteractions)", _GENESYS
    ),
)
TWILIO: tuple[Marker, ...] = (
    _marker(
        "internal",
        _LEAVES_OUT,
        "calls between clients or SIP devices of the house, without a customer's number",
        "https://www.twilio.com/docs/voice/sdks",
    ),
    _marker(
        "test",
        _LEAVES_OUT,
        "calls with a number that Twilio keeps for tests (+1 500 555 0000 to 0099)",
        "https://www.twilio.com/docs/iam/test-credentials",
    ),
    _marker(
        "answering-machine",
        _MARKS,
        "legs that a machine or a fax answered (answered_by): nobody reached",
        "https://www.twilio.com/docs/voice/answering-machine-detection",
    ),
    _marker("outbound", _MARKS, "calls that were dialled to customers", _TWILIO),
)
