"""Erlang B, C and A: how long callers wait when calls come at random and people answer them.

Calls come as a Poisson stream, each takes an exponential time, and the first to come is the
first to be answered; Erlang A adds that each waiting caller hangs up after an exponential time.
Real half-hours are none of that exactly: the values are a yardstick.

Own code, as the one maintained library for it (pyworkforce) brings pandas and an optimisation
solver with it. All times are in one unit of the caller's choice; rates are per that unit.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import attrs

__all__ = ["Waiting", "erlang_a", "erlang_b", "erlang_c", "people_needed"]

_NEGLIGIBLE = 45.0
"""Parts of an integrand that are smaller than its peak by exp(-45) are left out."""

_PANELS = 24
_NODES = 16


@attrs.frozen(kw_only=True)
class Waiting:
    """What happens to callers in the long run.

    Attributes:
        waits: Share of callers who wait at all.
        in_time: Share of all callers who are answered within the time asked for.
        mean_wait: Mean wait of all callers, those who hang up included; infinite where the queue
            grows without end.
        occupancy: Share of their time that people are busy.
        abandoned: Share of callers who hang up; 0 in Erlang C, which knows no hanging up.
    """

    waits: float
    in_time: float
    mean_wait: float
    occupancy: float
    abandoned: float = 0.0


def erlang_b(load: float, people: int) -> float:
    """Return the share of calls that find everybody busy when nobody can wait.

    By the recursion B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1)) (Erlang 1917; Jagerman 1974),
    which neither overflows nor cancels.

    Args:
        load: Calls per unit of time times the time that one takes, in erlangs.
        people: How many answer.
    """
    _demand(load >= 0 and people >= 0, "the load and the number of people are 0 or more")
    blocked = 1.0
    for n in range(1, people + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(rate: float, handling: float, people: int, within: float) -> Waiting:
    """Return what happens when nobody ever hangs up (M/M/N).

    With a the load, N the people and B Erlang B: P(wait) = N B / (N - a (1 - B)); answered
    within T: 1 - P(wait) exp(-(N - a) T / h); mean wait P(wait) h / (N - a) (Erlang 1917).
    With N <= a the queue grows without end: everybody waits, and nobody is answered in time.

    Args:
        rate: Calls per unit of time.
        handling: Mean time that a call takes.
        people: How many answer.
        within: The time in which callers are to be answered.
    """
    load = _load(rate, handling, people, within)
    if people <= load:
        return Waiting(waits=1.0, in_time=0.0, mean_wait=math.inf, occupancy=1.0)
    return _erlang_c(load, handling, people, within, erlang_b(load, people))


def erlang_a(rate: float, handling: float, people: int, within: float, patience: float) -> Waiting:
    """Return what happens when waiting callers hang up (M/M/N+M).

    The time v that a caller with endless patience would wait has the density
    p0 rate exp(f(v)), f(v) = rate patience (1 - exp(-v / patience)) - N v / handling, beside
    the share p0 / B(N - 1) that does not wait (Baccelli and Hebuterne 1981; Zeltyn and
    Mandelbaum 2005). The integrals are taken by Gauss and Legendre's rule around the peak of f,
    which is concave, with f's peak taken off, so that thousands of people do no harm.

    Args:
        rate: Calls per unit of time.
        handling: Mean time that a call takes.
        people: How many answer.
        within: The time in which callers are to be answered.
        patience: Mean time after which a waiting caller hangs up, estimated with answered
            callers as censored; the mean wait of those who hung up is shorter than that.
    """
    load = _load(rate, handling, people, within)
    _demand(patience > 0, "the patience is above 0")
    if people == 0:
        return Waiting(waits=1.0, in_time=0.0, mean_wait=patience, occupancy=1.0, abandoned=1.0)
    return _erlang_a(rate, handling, people, within, patience, erlang_b(load, people - 1))


def people_needed(
    share: float, rate: float, handling: float, within: float, patience: float | None = None
) -> int:
    """Return the least number of people that answer a share of all callers in time.

    Args:
        share: Share of all callers to be answered in time, between 0 and 1.
        rate: Calls per unit of time.
        handling: Mean time that a call takes.
        within: The time in which callers are to be answered.
        patience: As in `erlang_a`; None for Erlang C.
    """
    _demand(0 < share < 1, f"a share of {share:g} cannot be aimed at: name one between 0 and 1")
    load = _load(rate, handling, 0, within)
    if load == 0:
        return 0
    if patience is None:
        return _needed_c(share, load, handling, within)
    _demand(patience > 0, "the patience is above 0")
    blocked = [1.0]  # Erlang B of 0, 1, 2 ... people, each from the one before

    def enough(people: int) -> bool:
        for n in range(len(blocked), people):
            blocked.append(load * blocked[-1] / (n + load * blocked[-1]))
        if people == 0:
            return False
        outcome = _erlang_a(rate, handling, people, within, patience, blocked[people - 1])
        return outcome.in_time >= share

    return _least(enough, math.floor(load))


def _needed_c(share: float, load: float, handling: float, within: float) -> int:
    people, blocked = 0, 1.0
    while True:
        people += 1
        blocked = load * blocked / (people + load * blocked)
        if people <= load:
            continue
        if _erlang_c(load, handling, people, within, blocked).in_time >= share:
            return people


def _erlang_c(load: float, handling: float, people: int, within: float, blocked: float) -> Waiting:
    waits = people * blocked / (people - load * (1 - blocked))
    return Waiting(
        waits=waits,
        in_time=1 - waits * math.exp(-(people - load) * within / handling),
        mean_wait=waits * handling / (people - load),
        occupancy=load / people,
    )


def _erlang_a(
    rate: float, handling: float, people: int, within: float, patience: float, blocked: float
) -> Waiting:
    """As `erlang_a`; ``blocked`` is Erlang B of one person fewer."""
    import numpy as np

    served = people / handling
    # exp(2000) overflows, so all is divided by the integrand's peak exp(top), at a wait of `peak`:
    # the integrand is at most 1, and who is answered at once weighs exp(-top).

    def exponent(wait: float) -> float:
        return -rate * patience * math.expm1(-wait / patience) - served * wait

    peak = patience * math.log(max(rate / served, 1.0))
    top = exponent(peak)
    low, high = _reach(exponent, peak, top)
    ends = sorted({low, high, min(max(peak, low), high), min(max(within, low), high)})
    nodes, weights = _gauss()
    parts = [np.linspace(a, b, _PANELS + 1) for a, b in itertools.pairwise(ends)]
    edges = np.concatenate(parts)
    halves = np.diff(edges) / 2
    waits = (edges[:-1] + halves)[:, None] + halves[:, None] * nodes
    hung_up = -np.expm1(-waits / patience)
    density = np.exp(rate * patience * hung_up - served * waits - top)
    density *= rate * blocked * halves[:, None] * weights
    at_once, waiting = math.exp(-top), float(density.sum())
    lost = float((density * hung_up).sum()) / (at_once + waiting)
    answered = float((density * (1 - hung_up))[waits <= within].sum())
    return Waiting(
        waits=waiting / (at_once + waiting),
        in_time=(at_once + answered) / (at_once + waiting),
        mean_wait=lost * patience,
        occupancy=min(rate * (1 - lost) * handling / people, 1.0),
        abandoned=lost,
    )


def _reach(exponent: Callable[[float], float], peak: float, top: float) -> tuple[float, float]:
    """Return between which waits the integrand is not negligible."""
    floor = top - _NEGLIGIBLE
    step = 1.0
    while exponent(peak + step) > floor:
        step *= 2
    high = _crossing(exponent, floor, peak, peak + step)
    low = 0.0 if exponent(0.0) >= floor else _crossing(exponent, floor, peak, 0.0)
    return low, high


def _crossing(
    exponent: Callable[[float], float], floor: float, above: float, beyond: float
) -> float:
    """Return where the exponent falls below the floor, to 1 in 100, on the side below it."""
    for _ in range(60):
        middle = (above + beyond) / 2
        above, beyond = (middle, beyond) if exponent(middle) >= floor else (above, middle)
        if abs(beyond - above) <= abs(beyond) / 100:
            break
    return beyond


def _least(enough: Callable[[int], bool], guess: int) -> int:
    """Return the least number that is enough, where all above it are enough too."""
    # Steps double until they pass it, then halve: 7 from 4 is 5 no, 7 yes, 6 no.
    step = 1
    if enough(guess):
        high, low = guess, guess - 1
        while low >= 0 and enough(low):
            high, step = low, step * 2
            low = high - step
    else:
        low, high = guess, guess + 1
        while not enough(high):
            low, step = high, step * 2
            high = low + step
    low = max(low, -1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


@cache
def _gauss() -> tuple[Any, Any]:
    from numpy.polynomial.legendre import leggauss

    return leggauss(_NODES)


def _load(rate: float, handling: float, people: int, within: float) -> float:
    finite = all(map(math.isfinite, (rate, handling, within)))
    _demand(finite and rate >= 0 and within >= 0, "the rate and the time are 0 or more")
    _demand(handling > 0, "the handling time is above 0")
    _demand(people >= 0, "the number of people is 0 or more")
    return rate * handling


def _demand(condition: bool, what: str) -> None:  # noqa: FBT001 - private
    if not condition:
        raise ValueError(what)
