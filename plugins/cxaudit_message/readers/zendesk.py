"""Zendesk: the records that its API gives, told apart by their shape and joined by ticket."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from cxaudit.plugin import ReadRequest, Rows, Skipped
from cxaudit.records import json_records
from cxaudit_message.readers import markers
from cxaudit_message.readers.exports import Desk
from cxaudit_message.readers.kinds import Export, Format
from cxaudit_message.readers.matters import Change, Location, Message, Rating, Thread
from cxaudit_message.readers.merges import Merges
from cxaudit_message.readers.values import at_key, flag, ident, listed, moment, nested, words

__all__ = ["read"]

_COMMENTS = frozenset({"Comment", "VoiceComment", "TpeVoiceComment", "FacebookComment", "Tweet"})
_CLOCK = {"fulfill": "solved", "pause": "pending", "activate": "open"}
_READ_FROM_AUDITS = ("messages", "handovers", "issue_events")

_PLACES = (
    "tickets",
    "results",
    "comments",
    "audits",
    "ticket_audits",
    "ticket_metrics",
    "metric_sets",
    "ticket_metric_events",
    "satisfaction_ratings",
    "users",
)
_FILLS: dict[str, frozenset[str]] = {
    "ticket": frozenset({"threads", "messages", "issue_events"}),
    "comment": frozenset({"messages", "issue_events"}),
    "audit": frozenset({"messages", "handovers", "issue_events"}),
    "metric": frozenset({"threads"}),
    "metric event": frozenset({"threads", "issue_events"}),
    "rating": frozenset({"responses", "threads"}),
    "user": frozenset(),
    "side conversation": frozenset({"messages"}),
}
_USED = {
    "ticket": (
        *("id", "created_at", "updated_at", "requester_id", "submitter_id", "assignee_id"),
        *("group_id", "status", "priority", "type", "subject", "description", "tags"),
        *(
            "via.channel",
            "via.source",
            "brand_id",
            "ticket_form_id",
            "comments",
            "metric_set",
            "requester.id",
        ),
        *("submitter.id", "assignee.id", "group.id", "satisfaction_rating"),
    ),
    "comment": (
        *("id", "ticket_id", "audit_id", "author_id", "public", "body", "plain_body"),
        *("created_at", "type", "via.channel", "via.source", "data"),
    ),
    "audit": ("id", "ticket_id", "author_id", "created_at", "events", "via.channel"),
    "metric": (
        *("ticket_id", "reopens", "replies", "assignee_stations", "group_stations", "solved_at"),
        *("reply_time_in_minutes", "reply_time_in_seconds", "first_resolution_time_in_minutes"),
        "updated_at",
    ),
    "metric event": ("ticket_id", "metric", "instance_id", "type", "time", "deleted"),
    "rating": (
        *("id", "ticket_id", "requester_id", "score", "comment", "created_at", "updated_at"),
    ),
    "user": ("id", "role"),
    "side conversation": (),
}
_STATUSES = {
    "new": "open",
    "open": "open",
    "hold": "open",
    "pending": "pending",
    "solved": "solved",
    "closed": "closed",
}
_CHANNELS = {
    "chat": "chat",
    "native_messaging": "chat",
    "twitter": "social",
    "twitter_dm": "social",
    "facebook": "social",
    "instagram_dm": "social",
    "any_channel": "social",
    "voice": "voice",
    "phone": "voice",
    "phone_call_inbound": "voice",
    "phone_call_outbound": "voice",
}
_OPENING = timedelta(minutes=1)
_SIDE, _SIDE_TAG = "side_conversation", "created_for_side_conversation"
_MERGED = "closed_by_merge"
_MACHINES = ("answer_bot", "ai_agent", "chatbot")
"""How the channels of machine agents' comments begin."""
_RESOLVED = frozenset({"ai_agent_automated_resolution", "ab_resolved"})
_HANDED_OVER = "escalated_by_ultimate"
_OF_MACHINES = frozenset({"ab_suggest_true", "ab_marked_unhelpful", _HANDED_OVER})
"""Tags that Zendesk's machine agents leave: what it resolved, what it passed on, what it tried."""
_MOST = 100_000_000
_DURATIONS = (
    ("first_human_reply_at", "reply_time_in_seconds", timedelta(seconds=1)),  # of messaging
    ("first_human_reply_at", "reply_time_in_minutes", timedelta(minutes=1)),
    ("first_solved_at", "first_resolution_time_in_minutes", timedelta(minutes=1)),
)


def kind_of(record: dict[str, Any]) -> str | None:
    """Tell by its shape what a record is, or None."""
    if "side_conversation_id" in record or {"preview_text", "participants"} <= record.keys():
        return "side conversation"
    if "ticket_id" in record:
        if isinstance(record.get("events"), list):
            return "audit"
        if "metric" in record:
            return "metric event"
        if record.keys() & {"reply_time_in_minutes", "group_stations", "assignee_stations"}:
            return "metric"
        if "score" in record:
            return "rating"
    if "author_id" in record and record.keys() & {"public", "body", "html_body"}:
        return "comment"
    if record.keys() & {"requester_id", "requester"} and "status" in record:
        return "ticket"
    return "user" if "role" in record else None


_FORMAT = Format(
    name="Zendesk",
    markers=markers.ZENDESK,
    records=lambda request, notes: json_records(request, *_PLACES, notes=notes),
    kind_of=kind_of,
    used=_USED,
    fills=_FILLS,
)


class Zendesk(Export):
    """The records of an export, and who is staff by them."""

    def __init__(self, request: ReadRequest) -> None:
        """Read all files."""
        super().__init__(request, _FORMAT)
        self.spam: dict[str, str] = {}
        self.roles: dict[str, str] = {}
        self.agents: set[str] = set()
        self.merges = Merges()

    def role(self, author: str | None, thread: str) -> str | None:
        """Tell who somebody is in a ticket; None when nothing tells."""
        if author is None:
            return None
        home = self.desk.threads.get(thread)
        if author in self.bots:
            return "bot"
        if author.startswith("-"):
            return "system"
        if home is not None and author == home.customer:
            return "customer"
        if author in self.roles:
            return "customer" if self.roles[author] == "end-user" else "agent"
        return "agent" if author in self.agents else None

    def add_message(
        self, location: Location, thread: str, record: dict[str, Any], body: Any
    ) -> None:
        """Keep a comment."""
        public = flag(record.get("public"))
        author = ident(record.get("author_id"))
        role = self.role(author, thread)
        channel = words(nested(record, "via", "channel")) or ""
        rule = channel in {"rule", "system"}
        if channel.startswith(_MACHINES):
            role, rule = "bot", False
        if self.merges.see(thread, record.get("via"), words(body), role):
            role, rule = "system", True
        sent = record.get("created_at")
        voice = words(record.get("type")) in {"VoiceComment", "TpeVoiceComment"}
        self.desk.add(
            Message(
                id=ident(record.get("id")) or "",
                thread=thread,
                location=location,
                updated=moment(sent),
                at=moment(sent),
                sent=sent,
                role="system" if rule else role,
                author=author,
                body=words(body),
                auto=rule or role in {"bot", "system"},
                private=None if public is None else not public,
                channel="voice" if voice else None,
            )
        )


def read(request: ReadRequest) -> Rows:
    """Read an export into rows of the table that is asked for."""
    export = Zendesk(request)
    desk = export.desk
    _know_people(export)
    for location, record in export.records["ticket"]:
        _add_ticket(export, location, record)
    for location, record in export.records["metric"]:
        _add_totals(export, location, record)
    _add_audits(export)
    _add_comments(export)
    _add_metric_events(export)
    for location, record in export.records["rating"]:
        _add_rating(export, location, record, ident(record.get("ticket_id")))
    messages = desk.by_thread()
    _mark_openings(desk, messages)
    export.merges.join(desk)
    _tell_apart(desk, messages)
    for location, _ in export.records["side conversation"]:
        desk.leave_out(location, "side-conversation", "messages")
    if desk.table == "threads":
        spam = Counter(export.spam.values())
        desk.tell_spam({"status deleted": spam["deleted"], "spam_tags": spam["tag"]})
        if for_others := sum(home.by_agent and not home.outside for home in desk.threads.values()):
            desk.notes.append(
                f"{for_others} tickets were opened by staff for a customer; the first comment of "
                "such a ticket is no reply"
            )
    return desk.rows(request.shown, export.unknown)


def _know_people(export: Zendesk) -> None:
    """Learn who is staff: by role, by having a ticket, by a note, by asking for somebody else."""
    for _, user in export.records["user"]:
        if (who := ident(user.get("id"))) and isinstance(user.get("role"), str):
            export.roles[who] = user["role"]
    staff: list[Any] = []
    comments = [record for _, record in export.records["comment"]]
    for _, ticket in export.records["ticket"]:
        staff.append(ticket.get("assignee_id") or nested(ticket, "assignee", "id"))
        requester, submitter = _askers(ticket)
        staff.append(submitter if submitter != requester else None)
        comments += listed(ticket.get("comments"))
    for _, audit in export.records["audit"]:
        for event in listed(audit["events"]):
            if nested(event, "field_name") == "assignee_id":
                staff += [event.get("value"), event.get("previous_value")]
            elif nested(event, "type") == "Comment" and event.get("public") is False:
                staff.append(event.get("author_id") or audit.get("author_id"))
    staff += [comment.get("author_id") for comment in comments if comment.get("public") is False]
    export.agents = {who for who in map(ident, staff) if who}
    if not export.roles and (export.records["comment"] or export.records["audit"]):
        export.desk.notes.append(
            "no users are among the files: staff are those who have had a ticket, wrote a "
            "private comment or asked for somebody else; add the users to know all"
        )


def _askers(ticket: dict[str, Any]) -> tuple[str | None, str | None]:
    requester = ident(ticket.get("requester_id")) or ident(nested(ticket, "requester", "id"))
    submitter = ident(ticket.get("submitter_id")) or ident(nested(ticket, "submitter", "id"))
    return requester, submitter or requester


def channel_of(record: dict[str, Any]) -> str | None:
    """Return the channel of a record."""
    name = words(nested(record, "via", "channel"))
    if name and ("voice" in name or "phone_call" in name):
        return "voice"  # api_voicemail, api_phone_call_inbound and their like of partners
    return _CHANNELS.get(name, name) if name else None


def _add_ticket(export: Zendesk, location: Location, record: dict[str, Any]) -> None:
    desk = export.desk
    thread = ident(record.get("id"))
    if thread is None:
        export.refuse("ticket", location, "a ticket without an id", record)
        return
    requester, submitter = _askers(record)
    tags = listed(record.get("tags"), str)
    word = str(record.get("status")).lower()
    if word not in _STATUSES and word != "deleted":
        desk.count(f"tickets have the status {word!r}, which is none of Zendesk's; it is empty")
    opened = moment(record.get("created_at"))
    fields: dict[str, Any] = {
        "channel": channel_of(record),
        "queue": ident(record.get("group_id")) or ident(nested(record, "group", "id")),
        "agent": ident(record.get("assignee_id")) or ident(nested(record, "assignee", "id")),
        "status": _STATUSES.get(word),
        "priority": words(record.get("priority")),
        "category": words(record.get("type")),
        "subject": words(record.get("subject")),
        "body": words(record.get("description")),
        "is_spam": word == "deleted" or bool(export.spam_tags & {*tags}),
        **_of_machine(export, tags),
        "tags": ", ".join(tags),
        "brand_id": ident(record.get("brand_id")),
        "ticket_form_id": ident(record.get("ticket_form_id")),
    }
    if opened is None and record.get("created_at") is not None:
        fields["opened_at"] = str(record["created_at"])
    home = Thread(
        id=thread,
        location=location,
        updated=moment(record.get("updated_at")),
        opened=opened,
        customer=requester,
        fields=fields,
        by_agent=submitter != requester,
    )
    if word == "deleted":
        home.marks.add("deleted")
    if nested(record, "via", "channel") == _SIDE or _SIDE_TAG in tags:
        home.outside = "side-conversation"
    if _HANDED_OVER in tags:
        home.handed_over = opened
    desk.add(home)
    if desk.threads[thread] is not home:
        return
    if _MERGED in tags:
        export.merges.tagged.add(thread)
    export.merges.see(thread, record.get("via"), None, None)
    export.spam[thread] = "deleted" if word == "deleted" else "tag" * fields["is_spam"]
    if isinstance(record.get("metric_set"), dict):
        _add_totals(export, location, {"ticket_id": thread, **record["metric_set"]})
    if isinstance(record.get("satisfaction_rating"), dict):
        _add_rating(export, location, record["satisfaction_rating"], thread)
    for number, comment in enumerate(listed(record.get("comments")), start=1):
        at = (location[0], location[1], number)
        export.add("comment", at, {"ticket_id": thread, **comment})


def _add_totals(export: Zendesk, location: Location, record: dict[str, Any]) -> None:
    """Take what only totals tell; comments and audits overrule it."""
    thread = export.desk.threads.get(ident(record.get("ticket_id")) or "")
    if thread is None:
        export.refuse("metric", location, "metrics of a ticket of which there is no record", record)
        return
    fields: dict[str, Any] = {
        "reopens": record.get("reopens"),
        "replies": record.get("replies"),
        "handlers": record.get("assignee_stations"),
        "groups": record.get("group_stations"),
        "solved_at": moment(record.get("solved_at")),
    }
    if thread.fields["status"] not in {"solved", "closed"}:
        fields["solved_at"] = None  # opened again since
    for column, name, scale in _DURATIONS:
        if name in record and thread.opened and not fields.get(column):
            length = nested(record, name, "calendar")
            measured = isinstance(length, int | float) and not isinstance(length, bool)
            measured = measured and 0 <= length < _MOST
            fields[column] = thread.opened + length * scale if measured else None
    thread.fields |= {name: value for name, value in fields.items() if not _is_odd(value)}


def _is_odd(value: object) -> bool:
    return isinstance(value, dict | list | str)


def _add_rating(
    export: Zendesk, location: Location, record: dict[str, Any], thread: str | None
) -> None:
    """Keep an answered rating: good counts 1 and bad 0."""
    score = str(record.get("score")).lower()
    rating = ident(record.get("id")) or (f"ticket-{thread}" if thread else None)
    value = {"good": 1.0, "bad": 0.0}.get(score.removesuffix("_with_comment"))
    if value is None:
        if record.get("ticket_id") and export.desk.table == "responses":
            unanswered = score in {"offered", "unoffered"}
            offered = Skipped("rating offered and not given")
            wrong = ValueError(f"a rating of score {score!r}")
            export.desk.refuse(location, offered if unanswered else wrong)
        return
    if rating is None:
        export.refuse("rating", location, "a rating without an id and a ticket", record)
        return
    home = export.desk.threads.get(thread or "")
    updated = moment(record.get("updated_at")) or moment(record.get("created_at"))
    fields = {
        "customer_key": ident(record.get("requester_id")) or (home.customer if home else None),
        "answered_at": updated,
        "comment": words(record.get("comment")),
        "survey": "zendesk satisfaction",
    }
    export.desk.add(
        Rating(
            id=rating, thread=thread, location=location, updated=updated, value=value, fields=fields
        )
    )


def _add_comments(export: Zendesk) -> None:
    homes = {
        ident(audit.get("id")): ident(audit.get("ticket_id"))
        for _, audit in export.records["audit"]
    }
    for location, record in export.records["comment"]:
        comment = ident(record.get("id"))
        thread = ident(record.get("ticket_id")) or homes.get(ident(record.get("audit_id")))
        if comment is None or thread is None:
            lacks = "an id" if comment is None else "a ticket_id, and no audit tells its ticket"
            export.refuse("comment", location, f"a comment without {lacks}", record)
            continue
        body = record.get("plain_body") or record.get("body")
        export.add_message(location, thread, record, body)


def _of_machine(export: Zendesk, tags: list[str]) -> dict[str, Any]:
    """Return whether a machine resolved a ticket, by tags; nothing where no tag tells."""
    resolved = bool((_RESOLVED | export.resolved_tags) & {*tags})
    if resolved or export.resolved_tags or _OF_MACHINES & {*tags}:
        return {"machine_resolved": resolved}
    return {}


def _tell_apart(desk: Desk, messages: dict[str, list[Message]]) -> None:
    """Tell calls, and what staff wrote first, from what a customer wrote."""
    for home in desk.threads.values():
        if home.outside:
            continue
        public = [message for message in messages.get(home.id, ()) if not message.private]
        if home.fields["channel"] == "voice":
            home.outside, home.opened = "voice-ticket", None
            for message in public:
                if message.opening:
                    message.channel = "voice"
        elif home.fields["channel"] == "api":
            continue  # a form writes by an agent's key: whose words it brings is not told
        elif home.by_agent and public and public[0].opening and public[0].role == "agent":
            home.outside, home.opened = "outbound", None


def _mark_openings(desk: Desk, by_thread: dict[str, list[Message]]) -> None:
    """Mark the comment that is the ticket's own description: the first, at its creation."""
    for thread, messages in by_thread.items():
        home, first = desk.threads.get(thread), messages[0]
        if home is not None and home.opened is not None and first.at is not None:
            first.opening = at_key(first.at) <= at_key(home.opened + _OPENING)


def _add_audits(export: Zendesk) -> None:
    """Take comments and changes of status, group, assignee and priority out of audits."""
    seen: set[str] = set()
    comments = {ident(record.get("id")) for _, record in export.records["comment"]}
    private_by_comment: dict[str, bool] = {}
    for location, record in export.records["audit"]:
        audit, thread = ident(record.get("id")), ident(record.get("ticket_id"))
        if audit is None or thread is None:
            lacks = "an id" if audit is None else "a ticket_id"
            export.refuse("audit", location, f"an audit without {lacks}", record)
            continue
        if audit in seen:
            if export.desk.table in _READ_FROM_AUDITS:
                export.desk.refuse(location, Skipped("an audit that was read before"))
            continue
        seen.add(audit)
        events = listed(record["events"])
        _add_changes(export, location, thread, record, events)
        for number, event in enumerate(events, start=1):
            at = (location[0], location[1], number)
            if words(event.get("type")) in _COMMENTS:
                _add_comment(export, at, thread, record, event, comments)
            elif event.get("type") == "CommentPrivacyChange":
                private_by_comment[ident(event.get("comment_id")) or ""] = (
                    event.get("public") is False
                )
    for comment, private in private_by_comment.items():
        if comment not in comments and comment in export.desk.messages:
            export.desk.messages[comment].private = private


def _add_comment(
    export: Zendesk,
    location: Location,
    thread: str,
    audit: dict[str, Any],
    event: dict[str, Any],
    comments: set[str | None],
) -> None:
    if ident(event.get("id")) is None:
        export.refuse("comment", location, "a comment of an audit without an id", event)
    elif ident(event.get("id")) in comments:
        if export.desk.table == "messages":
            reason = Skipped("a comment of an audit that stands among the comments as well")
            export.desk.refuse(location, reason)
    else:
        whole = {
            "author_id": audit.get("author_id"),
            "created_at": audit.get("created_at"),
            "via": audit.get("via"),
        } | {name: value for name, value in event.items() if value is not None}
        export.add_message(location, thread, whole, event.get("plain_body") or event.get("body"))


def _add_changes(
    export: Zendesk,
    location: Location,
    thread: str,
    audit: dict[str, Any],
    events: list[dict[str, Any]],
) -> None:
    """Add at most one assignment, one status and one priority of an audit, in this order."""
    at, author = moment(audit.get("created_at")), ident(audit.get("author_id"))
    by = author if export.role(author, thread) == "agent" else None
    after: dict[str, dict[str, Any]] = {"assigned": {}, "status": {}, "priority": {}}
    before: dict[str, dict[str, Any]] = {"assigned": {}, "status": {}, "priority": {}}
    word = ""
    for event in events:
        if words(event.get("type")) not in {"Create", "Change"}:
            continue
        name, new, old = (
            words(event.get("field_name")),
            event.get("value"),
            event.get("previous_value"),
        )
        if name in {"group_id", "assignee_id"}:
            column = "queue" if name == "group_id" else "agent"
            after["assigned"][column] = ident(new)
            before["assigned"].setdefault(column, ident(old))
        elif name == "status":
            word = str(new).lower()
            begins = event.get("type") == "Create" and word in {"new", "open"}
            if begins or word not in _STATUSES:
                continue  # the opening says it; deleted is told by the ticket
            after["status"] = {"status": _STATUSES[word]}
            before["status"] = {"status": _STATUSES.get(str(old).lower(), "open")}
        elif name == "priority":
            after["priority"] = {"priority": words(new)}
    names = {"assigned": "assigned", "status": f"status {word}", "priority": "priority set"}
    for kind, activity in names.items():
        if after[kind]:
            export.desk.changes[thread].append(
                Change(
                    thread=thread,
                    location=location,
                    at=at,
                    activity=activity,
                    after=after[kind],
                    before=before[kind],
                    by=by,
                )
            )


def _add_metric_events(export: Zendesk) -> None:
    """Take promises from metric events, and clocks where a ticket has no audits."""
    audited = frozenset(export.desk.changes)
    breached: set[str] = set()
    replied: dict[str, Any] = {}
    events = []
    for location, record in export.records["metric event"]:
        thread, at = ident(record.get("ticket_id")), moment(record.get("time"))
        if thread is None or at is None:
            lacks = "a ticket_id" if thread is None else "a time that can be read"
            export.refuse("metric event", location, f"a metric event without {lacks}", record)
        else:
            events.append((at, location, thread, record))
    events.sort(key=lambda event: (at_key(event[0]), event[1]))
    for at, location, thread, record in events:
        kind, metric = words(record.get("type")) or "", words(record.get("metric"))
        instance = record.get("instance_id")
        change: dict[str, Any] = {}
        if kind in {"apply_sla", "apply_group_sla"}:
            change = {"in_time": thread not in breached}
        elif kind == "breach" and record.get("deleted") is not True:
            breached.add(thread)
            change = {"in_time": False}
        elif metric == "reply_time" and kind == "fulfill" and instance == 1:
            replied.setdefault(thread, at)
        elif metric == "requester_wait_time" and thread not in audited and kind in _CLOCK:
            change = {"status": _CLOCK[kind]}
        if change:
            export.desk.changes[thread].append(
                Change(
                    thread=thread,
                    location=location,
                    at=at,
                    activity=f"{kind} {metric}",
                    after=change,
                )
            )
    for thread in {event[2] for event in events} & export.desk.threads.keys():
        fields = export.desk.threads[thread].fields
        fields["first_human_reply_at"] = replied.get(thread, fields.get("first_human_reply_at"))
