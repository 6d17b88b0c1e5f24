"""Curves: how a measured value becomes a score between 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import attrs

__all__ = ["Band", "Curve", "curve_of", "lower_is_better", "target_missing"]

_P90 = NormalDist().inv_cdf(0.9)


@attrs.frozen
class Band:
    """One step of a curve in bands.

    Attributes:
        limit: The last value that belongs to the band (in the curve's direction); the
            band without a limit takes the rest.
        score: The score of the band, in [0, 1].
        label: What the band is called, such as a grade.
    """

    score: float
    limit: float | None = None
    label: str = ""


@attrs.frozen(kw_only=True)
class Curve:
    """A monotone map from a value to a score.

    Attributes:
        kind: ``threshold`` (1 at or within the target, else 0), ``linear`` (1 at the target,
            0 at the limit), ``log-normal`` (0.9 at the target, 0.5 at the limit; the form that
            Lighthouse uses, by its 10th percentile and median) or ``bands``.
        lower_is_better: Whether small values are the good ones.
        target: The promise.
        limit: For linear, where the score ends at 0; for log-normal, where it is 0.5.
        bands: For bands, from best to worst.
    """

    kind: str
    lower_is_better: bool
    target: float | None = None
    limit: float | None = None
    bands: tuple[Band, ...] = ()

    def __attrs_post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise ValueError(problem)

    def _problem(self) -> str:
        if self.kind == "bands":
            return self._bands_problem()
        if self.kind not in {"threshold", "linear", "log-normal"}:
            return f"{self.kind!r} is not a curve: threshold, linear, log-normal or bands"
        if self.target is None or not math.isfinite(self.target):
            return f"a {self.kind} curve needs a target that is a number"
        if self.kind == "threshold":
            return ""
        if self.limit is None or not math.isfinite(self.limit):
            return f"a {self.kind} curve needs a limit that is a number"
        if self.limit == self.target:
            return "the limit equals the target"
        if (self.limit > self.target) != self.lower_is_better:
            better = "lower" if self.lower_is_better else "higher"
            return f"the limit lies on the wrong side of the target: {better} is better here"
        if self.kind == "log-normal" and min(self.target, self.limit) <= 0:
            return "a log-normal curve needs a target and a limit above 0"
        return ""

    def _bands_problem(self) -> str:
        if not self.bands:
            return "a curve in bands needs at least one band"
        if any(not 0 <= band.score <= 1 for band in self.bands):
            return "a band's score lies outside 0 to 1"
        scores = [band.score for band in self.bands]
        if scores != sorted(scores, reverse=True):
            return "bands go from the best score to the worst"
        if any(band.limit is None for band in self.bands[:-1]):
            return "only the last band may leave out its limit"
        limits = [band.limit for band in self.bands if band.limit is not None]
        if limits != sorted(set(limits), reverse=not self.lower_is_better):
            return "the bands' limits must follow their order, each once"
        if self.bands[-1].limit is not None and self.bands[-1].score > 0:
            return "the last band needs no limit: it takes the rest"
        return ""

    def band(self, value: float) -> Band | None:
        """Return the band that a value falls in, or None beyond the last limit."""
        sign = 1 if self.lower_is_better else -1
        for band in self.bands:
            if band.limit is None or sign * value <= sign * band.limit:
                return band
        return None

    def score(self, value: float) -> float:
        """Return the score of a value, in [0, 1].

        Raises:
            ValueError: If the value is not a number.
        """
        if math.isnan(value):
            msg = "a value that is not a number has no score"
            raise ValueError(msg)
        if self.kind == "bands":
            band = self.band(value)
            return band.score if band else 0.0
        assert self.target is not None
        if self.kind == "threshold":
            kept = value <= self.target if self.lower_is_better else value >= self.target
            return 1.0 if kept else 0.0
        assert self.limit is not None
        if self.kind == "linear":
            return min(1.0, max(0.0, (value - self.limit) / (self.target - self.limit)))
        # The least numbers there are give 0 as well.
        ratio = value / self.limit
        if ratio <= 0:
            return 1.0 if self.lower_is_better else 0.0
        spread = math.log(self.target / self.limit) / _P90
        return NormalDist().cdf(math.log(ratio) / spread)


def target_missing(settings: Mapping[str, Any]) -> bool:
    """Tell whether a check's settings state no target, or one of its numbers is not agreed yet.

    Args:
        settings: As of `curve_of`; None is a parameter that nobody answered.
    """
    if "bands" in settings:
        return any(None in band.values() for band in settings["bands"])
    return settings.get("target") is None or settings.get("limit", 0) is None


def lower_is_better(settings: Mapping[str, Any], *, default: bool | None) -> bool | None:
    """Return whether small values are the good ones by a check's settings; None where none says.

    Args:
        settings: As of `curve_of`.
        default: Whether small values of the metric are; None where neither end is.
    """
    target, limit = settings.get("target"), settings.get("limit")
    if "better" in settings:
        return bool(settings["better"] == "lower")
    if target is not None and limit is not None:
        return bool(limit > target)
    return default


def curve_of(settings: Mapping[str, Any], *, default: bool | None) -> Curve:
    """Return the curve that a check's settings describe.

    Args:
        settings: ``target``, ``limit``, ``kind``, ``better`` and ``bands``, parameters put in.
        default: Whether small values of the metric are the good ones; None where neither end is.

    Raises:
        ValueError: If they do not say which direction is good, or contradict themselves.
    """
    target, limit = settings.get("target"), settings.get("limit")
    bands = tuple(
        Band(band["score"], band.get("limit"), band.get("label", ""))
        for band in settings.get("bands", ())
    )
    lower = lower_is_better(settings, default=default)
    if lower is None:
        msg = "nothing says which direction is good: add better = 'lower' or 'higher'"
        raise ValueError(msg)
    kind = settings.get("kind") or (
        "bands" if bands else "linear" if limit is not None else "threshold"
    )
    return Curve(kind=kind, lower_is_better=lower, target=target, limit=limit, bands=bands)
