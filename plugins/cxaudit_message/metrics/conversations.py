"""Metrics of conversations, and of promises in writing."""

from __future__ import annotations

from cxaudit.plugin import Metric

__all__ = ["CONVERSATION_METRICS"]

_BY_WORDS = "It goes by words: look at the quotes before you judge."
_BY_TIMES = (
    "Counted where the transcript gives times of both. A transcript that keeps one voice at a time "
    "shows none: see `conversation.overlapping`."
)

CONVERSATION_METRICS: tuple[Metric, ...] = (
    Metric(
        id="cxaudit.conversation.greeted",
        table="conversations",
        kind="share",
        where="agent_messages > 0",
        value="greeted",
        lower_is_better=False,
        title="Conversations in which the customer is greeted",
        says="The customer is greeted in {k} of {n} conversations.",
        description=(
            "A person of the organisation greets in one of their first two turns. Of conversations "
            f"in which a person speaks for the organisation. {_BY_WORDS}"
        ),
    ),
    Metric(
        id="cxaudit.conversation.thanked",
        table="conversations",
        kind="share",
        where="agent_messages > 0",
        value="thanked",
        lower_is_better=False,
        title="Conversations in which the customer is thanked",
        says="The customer is thanked in {k} of {n} conversations.",
        description=(
            "A person of the organisation thanks. Of conversations in which a person speaks for "
            f"the organisation. {_BY_WORDS}"
        ),
    ),
    Metric(
        id="cxaudit.conversation.acknowledged-first",
        table="conversations",
        kind="share",
        where="acknowledged_first is not null",
        value="acknowledged_first",
        lower_is_better=False,
        title="Problems that are acknowledged before anything else is said",
        says=(
            "In {k} of {n} conversations about a problem it is acknowledged before anything "
            "else is said."
        ),
        description=(
            "In the first turn of a person after the customer told of a problem, what the customer "
            "feels or suffered is named before anything is told or asked, greetings and thanks "
            "aside. Of conversations in which the customer's words tell of a problem and somebody "
            f"answered. {_BY_WORDS}"
        ),
    ),
    Metric(
        id="cxaudit.conversation.blaming",
        table="conversations",
        kind="share",
        where="agent_messages > 0",
        value="blaming > 0",
        lower_is_better=True,
        title="Conversations with words that blame or lecture",
        says="Words that blame or lecture are used in {k} of {n} conversations.",
        description=(
            "A person of the organisation uses words that blame or lecture; `blaming_words` quotes "
            f"them. Of conversations in which a person speaks for the organisation. {_BY_WORDS}"
        ),
    ),
    Metric(
        id="cxaudit.conversation.cannot-before-can",
        table="conversations",
        kind="share",
        where="cannot_before_can is not null",
        value="cannot_before_can",
        lower_is_better=True,
        title="Conversations that say what cannot be done before what can",
        says="{k} of {n} conversations with a refusal say what cannot be done before what can.",
        description=(
            "The first thing that cannot be done is said before the first that can, or nothing "
            "that can is said. Of conversations in which a person of the organisation says that "
            f"something cannot be done. {_BY_WORDS}"
        ),
    ),
    Metric(
        id="cxaudit.conversation.interruptions",
        table="conversations",
        kind="mean",
        value="interruptions",
        unit="times",
        lower_is_better=True,
        evidence="interruptions > 0",
        title="Times that the agent interrupts, a conversation",
        also_called=("overtalk",),
        says="The agent interrupts {value} a conversation on average ({n} conversations).",
        description=(
            "The agent begins at least half a second before the customer's turn ends, and goes on; "
            f"signals of listening and turns of one or two words are none. {_BY_TIMES}"
        ),
    ),
    Metric(
        id="cxaudit.conversation.interrupted",
        table="conversations",
        kind="share",
        where="interruptions is not null",
        value="interruptions > 0",
        lower_is_better=True,
        title="Conversations in which the agent interrupts",
        says="The agent interrupts in {k} of {n} conversations.",
        description=f"Counted as in `conversation.interruptions`. {_BY_TIMES}",
    ),
    Metric(
        id="cxaudit.conversation.overlapping",
        table="conversations",
        kind="share",
        where="interruptions is not null",
        value="overlap_s > 0",
        title="Conversations in which both ever speak at once",
        says="Both speak at once at some time in {k} of {n} conversations.",
        description=(
            "Shows whether transcripts keep two voices at once. Near 0, they do not, and "
            "interruptions cannot be seen in them."
        ),
    ),
    Metric(
        id="cxaudit.conversation.agent-talk-share",
        table="conversations",
        kind="ratio",
        where="agent_talk_s is not null and customer_talk_s is not null",
        numerator="agent_talk_s",
        denominator="agent_talk_s + customer_talk_s",
        unit="share",
        title="The agent's share of talk",
        also_called=("talk-to-listen ratio",),
        says="The agent speaks for {value} of the talk ({n} conversations).",
        description=(
            "Seconds in which the agent speaks, of those plus the seconds in which the customer "
            "does. Turns of one speaker that overlap count once. Neither end is the good one."
        ),
    ),
    Metric(
        id="cxaudit.conversation.dead-air",
        table="conversations",
        kind="share",
        where="longest_silence_s is not null",
        value="longest_silence_s > $silence-seconds",
        lower_is_better=True,
        title="Conversations with a long silence",
        also_called=("dead air",),
        says="{k} of {n} conversations hold a silence of more than {silence-seconds} seconds.",
        description=(
            "Nobody speaks for longer than the parameter `silence-seconds`. Of conversations with "
            "times. Time on hold counts, also where it was announced."
        ),
    ),
    Metric(
        id="cxaudit.message.promise-kept",
        table="written_promises",
        kind="share",
        where="kind = 'reply' and due_at <= observed_until()",
        value="kept_at <= due_at",
        lower_is_better=False,
        title="Dated promises to reply that were kept in time",
        says="{k} of {n} dated promises to reply were kept in time.",
        description=(
            "A person wrote again by the time that was named. Of promises to reply, inform or be "
            "in touch whose date has come; those broken and those still open count against it. "
            "Other promises (calls, refunds, deliveries, visits, repairs) are not counted, because "
            "the thread seldom tells whether they were kept; nor are undated ones. Automatic "
            "replies promise as well."
        ),
    ),
    Metric(
        id="cxaudit.message.promise-undated",
        table="written_promises",
        kind="share",
        value="due_at is null",
        lower_is_better=True,
        title="Promises in writing that name no date",
        says="{k} of {n} promises in writing name no date.",
        description=(
            'Promises of all kinds that name no date, or a vague one ("soon"), or one that cannot '
            'be read for sure ("10/3"). Of all promises found in writing.'
        ),
    ),
)
