"""Markers of all readers: which records are no contact of a customer, or no answer of ours.

The same word names the same thing in all readers. What a reader marks stays in, with a flag; what
it joins is told with another record; what it leaves out is counted and gone.
"""

from __future__ import annotations

from cxaudit.plugin import Marker

__all__ = ["CHATWOOT", "FRESHDESK", "INTERCOM", "MAIL", "WHATSAPP", "ZENDESK"]

_ZENDESK = "https://developer.zendesk.com"
_VIA = f"{_ZENDESK}/documentation/ticketing/reference-guides/via-object-reference"
_COMMENT = f"{_ZENDESK}/api-reference/ticketing/tickets/ticket_comments/"
_TICKETS = f"{_ZENDESK}/api-reference/ticketing/tickets/tickets/"
_FRESHDESK = "https://developers.freshdesk.com/api/"
_INTERCOM = (
    "https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/"
    "conversation"
)
_CHATWOOT = "https://developers.chatwoot.com/api-reference/messages/get-messages"
_CHATWOOT_SOURCE = "https://github.com/chatwoot/chatwoot, app/models/message.rb"
_EXCHANGE = "https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-oxcmail/"


def _begun(what: str, source: str) -> tuple[Marker, Marker]:
    return (
        Marker(
            id="outbound",
            effect="leaves-out",
            meaning=f"{what} begun by staff, in which the customer never wrote",
            source=source,
        ),
        Marker(
            id="outbound-answered",
            effect="marks",
            meaning=f"{what} begun by staff, opened when the customer first wrote",
            source=source,
        ),
    )


def _notes(source: str) -> Marker:
    return Marker(
        id="internal-note",
        effect="marks",
        meaning="notes that the customer cannot see (is_private), which answer nobody",
        source=source,
        table="messages",
    )


def _bots(source: str) -> Marker:
    return Marker(
        id="bot",
        effect="marks",
        meaning="messages of machine agents (author_role bot)",
        source=source,
        table="messages",
    )


def _automatic(source: str) -> Marker:
    return Marker(
        id="auto-reply",
        effect="marks",
        meaning="automatic notices and replies (is_auto), which ask and answer nothing",
        source=source,
        table="messages",
    )


def _spam(what: str, source: str) -> Marker:
    return Marker(
        id="spam",
        effect="marks",
        meaning=f"{what} called spam (is_spam)",
        source=source,
        table="threads",
    )


ZENDESK: tuple[Marker, ...] = (
    Marker(
        id="merged",
        effect="joins",
        meaning="tickets merged into another, whose answers count for both",
        source=f"{_TICKETS}#merge-tickets-into-target-ticket",
    ),
    Marker(
        id="voice-ticket",
        effect="leaves-out",
        meaning="tickets of phone calls, in which the customer wrote nothing",
        source=_VIA,
    ),
    Marker(
        id="side-conversation",
        effect="leaves-out",
        meaning="side conversations with others than the customer",
        source=f"{_ZENDESK}/api-reference/ticketing/side_conversation/side_conversation/",
    ),
    *_begun("tickets", f"{_TICKETS} (submitter_id)"),
    _notes(f"{_COMMENT} (public)"),
    _automatic(f"{_VIA} (rule, system)"),
    _bots(f"{_VIA} (answer_bot)"),
    Marker(
        id="deleted",
        effect="marks",
        meaning="deleted tickets (is_spam): marking spam deletes, throwing away too",
        source=_TICKETS,
    ),
    _spam("tickets", "the option spam_tags"),
)

FRESHDESK: tuple[Marker, ...] = (
    Marker(
        id="merged",
        effect="joins",
        meaning="tickets merged into another, whose answers count for both",
        source=f"{_FRESHDESK}#merge_ticket",
    ),
    Marker(
        id="voice-ticket",
        effect="leaves-out",
        meaning="tickets of phone calls (source 3), in which the customer wrote nothing",
        source=f"{_FRESHDESK}#ticket_attributes",
    ),
    Marker(
        id="forwarded",
        effect="marks",
        meaning="mails passed on to somebody else (source 8), which the customer cannot see",
        source=f"{_FRESHDESK}#conversation_attributes",
    ),
    *_begun("tickets", f"{_FRESHDESK}#ticket_attributes (source 10)"),
    _notes(f"{_FRESHDESK}#conversation_attributes (private)"),
    _automatic(f"{_FRESHDESK}#conversation_attributes (source)"),
    _bots("the option bots: ids of users that are machines"),
    Marker(
        id="deleted",
        effect="leaves-out",
        meaning="tickets in the trash (deleted)",
        source=f"{_FRESHDESK}#ticket_attributes (deleted)",
    ),
    _spam("tickets", f"{_FRESHDESK}#ticket_attributes (spam)"),
)

INTERCOM: tuple[Marker, ...] = (
    Marker(
        id="merged",
        effect="joins",
        meaning="conversations merged into another, whose answers count for both",
        source=f"{_INTERCOM} (part_type merged_secondary_conversation)",
    ),
    Marker(
        id="voice-ticket",
        effect="leaves-out",
        meaning="conversations that are phone calls, in which the customer wrote nothing",
        source=f"{_INTERCOM} (source.type)",
    ),
    Marker(
        id="campaign",
        effect="leaves-out",
        meaning="messages sent to many or by a rule, to which no customer wrote back",
        source=f"{_INTERCOM} (source.delivered_as)",
        table="threads",
    ),
    *_begun("conversations", f"{_INTERCOM} (source.author, source.delivered_as)"),
    _notes(f"{_INTERCOM} (part_type note)"),
    _automatic(f"{_INTERCOM} (source.delivered_as)"),
    _bots(f"{_INTERCOM} (author.type, from_ai_agent, is_ai_answer)"),
    _spam("conversations", "the option spam_tags"),
)

CHATWOOT: tuple[Marker, ...] = (
    Marker(
        id="voice-ticket",
        effect="leaves-out",
        meaning="conversations of a phone inbox, in which the customer wrote nothing",
        source="https://github.com/chatwoot/chatwoot, app/models/channel/voice.rb",
    ),
    Marker(
        id="campaign",
        effect="leaves-out",
        meaning="campaigns, to which no customer wrote back",
        source=f"{_CHATWOOT_SOURCE} (additional_attributes.campaign_id)",
        table="threads",
    ),
    *_begun("conversations", f"{_CHATWOOT} (message_type)"),
    _notes(f"{_CHATWOOT} (private)"),
    _automatic(f"{_CHATWOOT} (message_type template), {_CHATWOOT_SOURCE} (automation_rule_id)"),
    _bots(f"{_CHATWOOT} (sender_type AgentBot, Captain::Assistant)"),
    Marker(
        id="deleted",
        effect="leaves-out",
        meaning="messages that were deleted",
        source=f"{_CHATWOOT_SOURCE} (content_attributes.deleted)",
    ),
    Marker(
        id="bounce",
        effect="leaves-out",
        meaning="messages that could not be delivered",
        source=f"{_CHATWOOT} (status failed)",
    ),
    _spam("conversations", "the option spam_tags"),
)

MAIL: tuple[Marker, ...] = (
    Marker(
        id="bounce",
        effect="leaves-out",
        meaning="reports that a mail came back, or was delivered",
        source="RFC 3464, RFC 6522 (multipart/report), RFC 5321 section 4.5.5 (empty Return-Path)",
        table="messages",
    ),
    Marker(
        id="auto-reply",
        effect="marks",
        meaning="mails that say that a machine wrote them (is_auto)",
        source=f"RFC 3834 (Auto-Submitted), {_EXCHANGE}",
        table="messages",
    ),
    Marker(
        id="bot",
        effect="marks",
        meaning="mails of addresses that only machines write from (is_auto)",
        source="the option bots, and addresses that say no-reply",
        table="messages",
    ),
    Marker(
        id="campaign",
        effect="marks",
        meaning="mails to many (is_auto), by the headers of a list that is not ours",
        source="RFC 2369, RFC 2919, RFC 8058 (List-Unsubscribe, List-Id), Precedence: bulk",
        table="messages",
    ),
    Marker(
        id="list",
        effect="leaves-out",
        meaning="mails of other people's mailing lists, which the house only reads",
        source="RFC 2919, RFC 2369 (List-Id, List-Post)",
        table="messages",
    ),
    Marker(
        id="group-address",
        effect="marks",
        meaning="mails of customers that came by a group address of ours",
        source="RFC 2369, RFC 2919; Precedence: list alone names no machine (RFC 3834 section 2)",
    ),
    Marker(
        id="forwarded",
        effect="marks",
        meaning="mails passed on to others than the customer, who cannot see them (is_private)",
        source="RFC 5322 section 3.6.5, and the habit of Fwd: before the subject",
    ),
    *_begun("threads", "own_addresses: the first mail is of the house"),
    Marker(
        id="internal-note",
        effect="marks",
        meaning="mails inside the house in a customer's thread (is_private)",
        source="own_addresses: both sides are the house",
    ),
    _spam("threads", "X-Gmail-Labels, X-Spam-Flag (https://spamassassin.apache.org)"),
)

_CHAT_EXPORT = "https://faq.whatsapp.com/1180414079177245"

WHATSAPP: tuple[Marker, ...] = (
    Marker(
        id="system",
        effect="leaves-out",
        meaning="lines that the program wrote, such as who joined",
        source=_CHAT_EXPORT,
    ),
    Marker(
        id="deleted", effect="leaves-out", meaning="messages that were deleted", source=_CHAT_EXPORT
    ),
    Marker(
        id="media",
        effect="marks",
        meaning="messages of a picture, a voice or a file that the export leaves out",
        source=_CHAT_EXPORT,
    ),
)
