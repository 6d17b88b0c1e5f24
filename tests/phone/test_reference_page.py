"""The page of the phone metrics is made from them. ``CXAUDIT_UPDATE=1`` writes it anew."""

# ruff: noqa: E501 - the words are as wide as the page

from __future__ import annotations

import os
import re
from pathlib import Path

from cxaudit.plugin import MetricKind
from cxaudit_phone.metrics import METRICS
from cxaudit_phone.metrics.following import FOLLOWING
from cxaudit_phone.metrics.handling import HANDLING
from cxaudit_phone.metrics.machines import MACHINES
from cxaudit_phone.metrics.waiting import WAITING
from cxaudit_phone.tables import TABLES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "phone-metrics.md"

HEAD = """# Phone metrics

<!-- Made by tests/phone/test_reference_page.py; CXAUDIT_UPDATE=1 writes it anew. -->

What the plugin `cxaudit_phone` measures of calls, staffing, promises and handovers: what exactly is counted, what is left
out, and where such figures go wrong. Name them in a checklist without `cxaudit.`: `metric = "phone.abandoned"`.

Every metric counts inbound calls (`direction` is `in`, or the log does not say), leaves mystery calls out, and guesses
nothing: a figure that is missing or negative is not 0. Counts are summed before they are divided, so a firm's share is
never a mean of its sites' shares. Limits are parameters of the checklist, answered by the client:

| parameter | what it means |
| --- | --- |
| `answer-seconds` | Within how many seconds calls are to be answered. |
| `short-abandon-seconds` | Giving up within so many seconds is no complaint: a wrong number, a change of mind. |
| `repeat-days` | Within how many days coming again means that the matter was not settled. |
| `return-hours` | Within how many hours of open hours a missed call is to be returned. |
| `short-service-seconds` | Under how many seconds of talk a service cannot be real. |
| `occupancy-limit` | Share of time, such as 0.85, above which there is no breath between calls. |
| `service-level-share` | Share of callers, such as 0.8, to be answered within `answer-seconds`. |
| `person-seconds` | Within how many seconds a caller who asks a machine for a person is to reach one. |
| `patience-seconds` | Mean time after which a waiting caller hangs up. |

The same metric with another limit is a variant of its own name:

```toml
[[metric]]
id = "acme.service-level-60"
like = "phone.service-level.of-offered"
set = { answer-seconds = 60 }
```
"""

PARTS = {
    "Reaching a person": (
        WAITING,
        """There is no set standard of service level; four forms are in use, and vendors mean different ones by the same
word. With *a* calls answered in time, *b* answered later, *c* given up in time and *d* given up later, they are a/(a+b),
a/(a+b+c+d), (a+c)/(a+b+c+d) and a/(a+b+d): for 720, 180, 40 and 60 calls 80, 72, 76 and 75 %. Calls that the queue let go,
voicemails and requests to be called back join *b* in the last three: offered, and not answered. So name the form whenever
you name the number, and compare imports from two systems only after looking up which one each means.

A service level hides the tail: read `phone.wait.p95` and `phone.wait.longest` with it. A mean wait falls when people give
up. Leaving the menu is no abandoning; some systems count it so. Whether calls given up within a few seconds count as
abandoned differs from system to system, hence two metrics. Quantiles are type 7 of Hyndman and Fan (1996), exact.

**A call is what the caller lived through.** Who waits 60 seconds in one queue, is let go, waits 15 more in an overflow queue
and is answered there has waited 75 seconds in one call; most systems report two calls, of which one was answered after 15
seconds, and so halve the share of those who gave up. The outcome is that of the last leg: who is put through and gives up
then has given up. Time in the menu before the first queue is none of the wait. The variants `.by-leg` and `.by-queue` are for
a planner, who staffs queues: the same figure of each leg, and of each queue that a call came to.""",
    ),
    "Menus and voice bots": (
        MACHINES,
        """A machine that answers is neither good nor bad: a call that it settles spares the caller a wait, a call that it keeps
does not. So three counts stand side by side: what stayed in the machine, what the system calls resolved, and after what the
customer did not come back. None has a direction of its own but the last.""",
    ),
    "Handling, load and staffing": (
        HANDLING,
        """Some systems count a consultation with a colleague as a hold. Services of a few seconds are a sign of agents
who hang up on customers to rest, as Brown et al. (*Statistical analysis of a telephone call center*, Journal of the
American Statistical Association, 2005) found in a bank's log; compare people only with intervals and where results of
single people are permitted.

Staffing is held to two models. Erlang C (Erlang 1917) knows no hanging up: it asks for too many people, and has no answer
where there are no more people than load. Erlang A lets each waiting caller hang up after an exponential time (Baccelli and
Hebuterne 1981; Zeltyn and Mandelbaum, *Call centers with impatient customers*, 2005). Its patience is not the mean wait of
those who gave up: callers who were answered first would have waited on, and must be taken in as censored. Both take a
half-hour as steady, calls as random and people as equal: a yardstick, not the truth.""",
    ),
    "What follows a call": (
        FOLLOWING,
        """First-contact resolution has three methods that differ widely: what the agent ticks, what the customer says, and
whether the customer comes again. This is the third. A household with one number comes again as one person; a withheld
number is nobody. Coming again needs time to be seen, so contacts of the last `repeat-days` leave the base.

A call-back is judged by the time that was given; an attempt is told apart from reaching the customer. A promise without a
time cannot be kept late: count those with a metric of your own. Handovers that nobody took up yet stay in, as waiting
(Kaplan and Meier 1958); leaving them out flatters.""",
    ),
}
KINDS = {
    MetricKind.SHARE: "share",
    MetricKind.RATIO: "ratio of two sums",
    MetricKind.MEAN: "mean",
    MetricKind.COUNT: "count",
    MetricKind.MAXIMUM: "maximum",
    MetricKind.QUANTILE: "quantile",
    MetricKind.CENSORED_QUANTILE: "Kaplan-Meier quantile",
}
FIELDS = ("where", "value", "event", "numerator", "denominator", "evidence")


def page():
    """Return the page."""
    parts = [HEAD.rstrip()]
    for title, (metrics, words) in PARTS.items():
        parts += [f"## {title}", words]
        parts += [part for metric in metrics for part in entry(metric)]
    parts += ["## Tables that these metrics rest on"]
    parts += ["Made from the records once a run, when something needs them."]
    for table in TABLES:
        needed = [f"`{name}`" for name in table.reads if name != "observation" and name[-1] != "?"]
        rows = [f"| `{c.name}` | {c.type} | {c.unit} | {c.meaning} |" for c in table.columns]
        head = ["| column | type | unit | meaning |", "| --- | --- | --- | --- |"]
        parts += [f"### {table.id}", f"{table.meaning} From {', '.join(needed)}."]
        parts += ["\n".join([*head, *rows])]
    return "\n\n".join(parts) + "\n"


def entry(metric):
    """Yield the parts of the page on one metric."""
    better = {True: "lower is better", False: "higher is better", None: "neither end is better"}
    facts = [KINDS[metric.kind], f"over `{metric.table}`"]
    facts += [f"in {metric.unit}"] if metric.unit else []
    facts += [better[metric.lower_is_better]]
    yield f"### {metric.id.removeprefix('cxaudit.')}"
    also = f" Also called: {', '.join(metric.also_called)}." if metric.also_called else ""
    yield f"{metric.title} ({', '.join(facts)}).{also}"
    yield metric.description
    given = ((name, getattr(metric, name)) for name in FIELDS)
    yield "\n".join(f"- {name}: `{text}`" for name, text in given if text)


def test_the_page_is_the_one_made_from_the_metrics():
    if os.environ.get("CXAUDIT_UPDATE"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_has_every_metric_and_parameter():
    text = page()
    assert {m.id.removeprefix("cxaudit.") for m in METRICS} <= set(re.findall(r"### (\S+)", text))
    named = {
        name
        for metric in METRICS
        for field in FIELDS
        for name in re.findall(r"\$([a-z-]+[a-z])", getattr(metric, field) or "")
    }
    named |= {name.rstrip("?") for table in TABLES for name in table.parameters}
    assert named == set(re.findall(r"^\| `([a-z-]+)` \|", HEAD, re.MULTILINE))


def test_every_metric_says_what_it_is():
    for metric in METRICS:
        assert metric.title, metric.id
        assert len(metric.description) > 40, metric.id
        assert metric.description.endswith("."), metric.id
        if metric.kind is MetricKind.SHARE:
            assert not metric.unit, metric.id
        else:  # a ratio of a part to its whole says that it is a share
            assert metric.unit or metric.kind is MetricKind.RATIO, metric.id
