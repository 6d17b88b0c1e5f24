"""Intervals from sums by cluster: days, visits, customers that vary as wholes.

The rows of one day are alike, so that a thousand calls of three days say little more than three
calls would. What varies by chance is the cluster; residuals of clusters give the variance
(Taylor series: Cochran 1977, ch. 6; Wolter 2007, ch. 6). All functions take arrays and work on
their last axis, the clusters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from cxaudit._statistics.intervals import normal_quantile, t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]

_ROUNDING = 1e-12

__all__ = [
    "ByCluster",
    "Strata",
    "StratifiedMeans",
    "by_cluster",
    "clustered_interval",
    "clustered_share_interval",
    "mean_intervals",
    "net_score_intervals",
    "t_quantiles",
    "unit_length",
    "wilson_intervals",
]


@attrs.frozen(kw_only=True, eq=False)
class ByCluster:
    """A ratio of two sums, and how it varies from cluster to cluster.

    Attributes:
        ratio: Sum of the numerators over that of the denominators; nan where this is 0.
        clusters: Number of clusters that hold anything.
        variance: Of the ratio, as clusters vary; nan under two clusters.
        effect: Design effect: by how much the variance exceeds that of independent rows, at
            least 1 (Kish 1965, 8.2); 1 under two clusters.
        residuals: Of each cluster, ``y - ratio * x``.
    """

    ratio: Floats
    clusters: Floats
    variance: Floats
    effect: Floats
    residuals: Floats


def by_cluster(x: Floats, y: Floats, variance_of_rows: Floats, held: Floats) -> ByCluster:
    """Return a ratio of sums with its variance over clusters.

    ``V = m / (m - 1) * sum(e_c ** 2) / sum(x) ** 2`` with ``e_c = y_c - ratio * x_c``, for the m
    clusters that hold anything.

    Args:
        x: Denominators by cluster; for a mean, a share and a net score the counts.
        y: Numerators by cluster.
        variance_of_rows: Of the ratio, as if rows were independent; without the last axis.
        held: Rows by cluster.
    """
    total = x.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(total != 0, y.sum(axis=-1) / total, np.nan)
        residuals = np.where(held > 0, y - ratio[..., None] * x, 0.0)
        clusters = (held > 0).sum(axis=-1).astype(np.float64)
        spread = clusters / (clusters - 1) * np.square(residuals).sum(axis=-1)
        variance = np.where(clusters > 1, spread / np.square(total), np.nan)
        effect = variance / variance_of_rows
    effect = np.where(np.isfinite(effect) & (effect > 1), effect, 1.0)
    return ByCluster(
        ratio=ratio, clusters=clusters, variance=variance, effect=effect, residuals=residuals
    )


def clustered_share_interval(
    share: Floats, n: Floats, effect: Floats, clusters: Floats, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return Wilson's interval of a share on the effective number of rows.

    Rows count as ``n / effect * (z / t) ** 2`` with t of as many degrees of freedom as there are
    clusters, less one (Korn and Graubard 1998). It stays within 0 and 1.

    Args:
        share: The share.
        n: Rows.
        effect: The design effect, at least 1.
        clusters: Number of clusters; under two the interval is nan.
        confidence: Level of the interval.
    """
    z = normal_quantile(confidence)
    freedom = z / t_quantiles((1 + confidence) / 2, clusters - 1)
    return wilson_intervals(share, n / effect * np.square(freedom), confidence)


def clustered_interval(
    value: Floats, variance: Floats, clusters: Floats, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return Student's interval with as many degrees of freedom as clusters, less one."""
    spread = t_quantiles((1 + confidence) / 2, clusters - 1) * np.sqrt(variance)
    return value - spread, value + spread


def wilson_intervals(share: Floats, n: Floats, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return Wilson's score intervals of shares (Wilson 1927); nan where n or the share is.

    Args:
        share: Shares.
        n: Rows; need not be whole.
        confidence: Level of the intervals.
    """
    z = normal_quantile(confidence)
    z2 = z * z
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = share + z2 / (2 * n)
        spread = z * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
        scale = 1 + z2 / n
        low, high = (centre - spread) / scale, (centre + spread) / scale
    low = np.where(share == 0, np.where(np.isnan(n), np.nan, 0.0), np.clip(low, 0.0, 1.0))
    high = np.where(share == 1, np.where(np.isnan(n), np.nan, 1.0), np.clip(high, 0.0, 1.0))
    return low, high


def mean_intervals(
    n: Floats, mean: Floats, squared_deviations: Floats, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return Student's intervals of means of independent rows; nan under two rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(n > 1, squared_deviations / (n - 1) / n, np.nan)
    return clustered_interval(mean, variance, n, confidence)


def net_score_intervals(
    positive: Floats, negative: Floats, n: Floats, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return adjusted Wald intervals of net scores of independent rows; nan without rows.

    Three rows are added, 3/4 promoters, 3/2 neutrals and 3/4 detractors (Rocks 2016, after
    Bonett and Price), so that it does not collapse where all agree.
    """
    size = n + 3
    up, down = (positive + 0.75) / size, (negative + 0.75) / size
    net = up - down
    spread = normal_quantile(confidence) * np.sqrt((up + down - net * net) / size)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (positive - negative) / n
    ends = np.fmin(net - spread, value), np.fmax(net + spread, value)
    low, high = (np.where(n > 0, np.clip(end, -1.0, 1.0), np.nan) for end in ends)
    return low, high


def t_quantiles(probability: float, freedom: Floats) -> Floats:
    """Return quantiles of Student's t; nan where the degrees of freedom are not above 0."""
    different, places = np.unique(freedom, return_inverse=True)
    quantiles = np.array([t_quantile(probability, f) if f > 0 else np.nan for f in different])
    result: Floats = quantiles[places].reshape(np.shape(freedom))
    return result


def unit_length(residuals: Floats, y: Floats) -> Floats:
    """Return residuals scaled to length one; zeros where nothing varied but by rounding.

    Args:
        residuals: By cluster.
        y: What they are residuals of.
    """
    size = np.sqrt(np.square(residuals).sum(axis=-1, keepdims=True))
    varies = size > _ROUNDING * np.abs(y).sum(axis=-1, keepdims=True)
    result: Floats = np.divide(residuals, size, where=varies, out=np.zeros_like(residuals))
    return result


@attrs.frozen(kw_only=True, eq=False)
class Strata:
    """Means of cases by unit, and how the clusters of a unit's cases lie about its mean.

    A unit's clusters lie side by side; a cluster lies in one unit.

    Attributes:
        cases, mean, least, most: Of each unit; nan without cases.
        clusters: Number of each unit's clusters.
        first: Position of its first.
        variance: Of its mean, as clusters vary: ``m / (m - 1) * sum(r_c ** 2)``; 0 with one.
        evenness: Sum of squared shares of its cases that its clusters hold.
        residuals: r_c of each cluster: sum of ``(y - mean) / cases`` over its cases.
        labels: Of the clusters, ascending.
    """

    cases: Floats
    mean: Floats
    least: Floats
    most: Floats
    clusters: Codes
    first: Codes
    variance: Floats
    evenness: Floats
    residuals: Floats
    labels: Codes

    @classmethod
    def of(cls, values: Floats, unit: Codes, cluster: Codes, units: int) -> Strata:
        """Return the strata of cases.

        Args:
            values: Of each case.
            unit: Position of its unit, ascending.
            cluster: Label of its cluster; those of a later unit are higher.
            units: How many units there are.
        """
        cases = np.bincount(unit, minlength=units).astype(np.float64)
        held = np.flatnonzero(cases)
        starts = np.searchsorted(unit, held)
        least, most = np.full(units, np.nan), np.full(units, np.nan)
        if len(held):
            least[held] = np.minimum.reduceat(values, starts)
            most[held] = np.maximum.reduceat(values, starts)
        with np.errstate(invalid="ignore"):
            mean = _sums(unit, values, units) / cases
        mean = np.where(least == most, least, mean)  # exact, whatever the sums are rounded to
        labels, at, of_case = np.unique(cluster, return_index=True, return_inverse=True)
        of_cluster = unit[at]
        count = np.bincount(of_cluster, minlength=units)
        residuals = _sums(of_case, values - mean[unit], len(labels)) / cases[of_cluster]
        size = np.fmax(np.abs(least), np.abs(most))[of_cluster]
        residuals = np.where(np.abs(residuals) > _ROUNDING * size, residuals, 0.0)
        shares: Floats = np.bincount(of_case, minlength=len(labels)) / cases[of_cluster]
        return cls(
            cases=cases,
            mean=mean,
            least=least,
            most=most,
            clusters=count,
            first=np.cumsum(count) - count,
            variance=_spread(count) * _sums(of_cluster, np.square(residuals), units),
            evenness=_sums(of_cluster, np.square(shares), units),
            residuals=residuals,
            labels=labels,
        )


@attrs.frozen(kw_only=True, eq=False)
class StratifiedMeans:
    """Means of units by weight, with variances over clusters within units.

    Each unit's weight is shared by its cases (a stratified mean, Cochran 1977, ch. 5), and what
    differs between units is no noise. Units with one cluster are a stratum together, around their
    own mean (collapsed strata, Cochran 1977, 5A.12); where there is one such unit beside others,
    around the mean of all.

    Attributes:
        cases, mean, least, most: Of each mean; nan without cases.
        variance: As clusters vary within strata; nan with one cluster.
        clusters: Number of clusters.
        freedom: Degrees of freedom: clusters less strata, fewer by as much as the effective
            number of clusters is smaller than theirs (Carter, Schnepel and Steigerwald 2017).
        effective: The number of clusters of the same weight that say as much (Kish 1965).
        effective_cases: The same of cases.
    """

    cases: Floats
    mean: Floats
    least: Floats
    most: Floats
    variance: Floats
    clusters: Floats
    freedom: Floats
    effective: Floats
    effective_cases: Floats
    _strata: Strata
    _owner: Codes
    _member: Codes
    _scale: Floats
    _offset: Floats
    _rows: StratifiedMeans | None = None

    @classmethod
    def of(
        cls, strata: Strata, weights: Floats, owner: Codes, member: Codes, size: int
    ) -> StratifiedMeans:
        """Return the means over some units each.

        Args:
            strata: The units.
            weights: Of each unit, above 0.
            owner: Position of a mean, ascending, for each of the units that it is over.
            member: Position of that unit.
            size: How many means there are.
        """
        with_cases = strata.cases[member] > 0
        owner, member = owner[with_cases], member[with_cases]
        weight, means = weights[member], strata.mean[member]
        alone = strata.clusters[member] == 1

        def total(values: Floats) -> Floats:
            return _sums(owner, values, size)

        least, most = np.full(size, np.nan), np.full(size, np.nan)
        held, starts = np.unique(owner, return_index=True)
        if len(held):
            least[held] = np.minimum.reduceat(strata.least[member], starts)
            most[held] = np.maximum.reduceat(strata.most[member], starts)
        whole, collapsed = total(weight), total(alone.astype(np.float64))
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(least == most, least, total(weight * means) / whole)
            own = total(alone * weight * means) / total(alone * weight)
            share = np.square(weight / whole[owner]) * strata.evenness[member]
            effective = 1 / total(share)
            effective_cases = np.square(whole) / total(np.square(weight) / strata.cases[member])
        centre = np.where(collapsed > 1, own, mean)[owner]
        offset = np.where(alone, means - centre, 0.0)
        size_of = np.fmax(np.abs(least), np.abs(most))[owner]
        offset = np.where(np.abs(offset) > _ROUNDING * size_of, offset, 0.0)
        factor = np.where(alone, _spread(collapsed)[owner], _spread(strata.clusters)[member])
        spread = np.where(alone, factor * np.square(offset), strata.variance[member])
        clusters = total(strata.clusters[member].astype(np.float64))
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = total(np.square(weight) * spread) / np.square(whole)
            freedom = clusters - total(~alone * 1.0) - (collapsed > 0)
            freedom = freedom * effective / clusters
        return cls(
            cases=total(strata.cases[member]),
            mean=mean,
            least=least,
            most=most,
            variance=np.where(clusters > 1, variance, np.nan),
            clusters=clusters,
            freedom=freedom,
            effective=effective,
            effective_cases=effective_cases,
            strata=strata,
            owner=owner,
            member=member,
            scale=weight * np.sqrt(factor),
            offset=offset,
        )

    def at_least(self, rows: StratifiedMeans) -> StratifiedMeans:
        """Return the means with no less variance than those whose cases are each a cluster.

        Where all cases are one cluster, nothing shows how clusters vary, and cases stand for them.
        """
        one = (self.clusters == 1) & (rows.clusters > 1)
        return attrs.evolve(
            self,
            variance=np.fmax(self.variance, rows.variance),
            freedom=np.where(one, rows.freedom, self.freedom),
            effective=np.where(one, rows.effective, self.effective),
            rows=rows,
        )

    def directions(self) -> tuple[Codes, Codes, Floats]:
        """Return how the clusters lie about the means, scaled to length one for each mean.

        Returns:
            Positions of means, ascending; labels of their clusters, ascending for each; and
            weights. Clusters that do not differ from their stratum are left out.
        """
        owner, labels, vector = self.vectors()
        if self._rows is not None:
            # A cluster alone differs from nothing and is left out, so its cases may stand here.
            own, cases, by_case = self._rows.vectors()
            one = self.clusters[own] == 1
            owner, labels, vector = (
                np.concatenate([ours, theirs[one]])
                for ours, theirs in ((owner, own), (labels, cases), (vector, by_case))
            )
        order = np.lexsort((labels, owner))
        owner, labels, vector = owner[order], labels[order], vector[order]
        length = np.sqrt(_sums(owner, np.square(vector), len(self.mean)))
        return owner, labels, vector / length[owner]

    def vectors(self) -> tuple[Codes, Codes, Floats]:
        """Return positions of means, labels of clusters, and how these lie about those."""
        lengths = self._strata.clusters[self._member]
        # Units whose clusters begin at 4 and 0, of 2 and 3 clusters: 4, 5, 0, 1, 2.
        first = np.repeat(self._strata.first[self._member] - np.cumsum(lengths) + lengths, lengths)
        at = first + np.arange(len(first))
        residuals = self._strata.residuals[at] + np.repeat(self._offset, lengths)
        vector = np.repeat(self._scale, lengths) * residuals
        some = np.flatnonzero(vector)
        owner, labels = np.repeat(self._owner, lengths), self._strata.labels[at]
        return owner[some], labels[some], vector[some]


def _sums(at: Codes, values: Floats, size: int) -> Floats:
    result: Any = np.bincount(at, values, size)
    return np.asarray(result, dtype=np.float64)


def _spread(count: NDArray[Any]) -> Floats:
    """Return ``m / (m - 1)``, by which squared residuals of m clusters add up to a variance."""
    result: Floats = np.where(count > 1, count / np.maximum(count - 1, 1), 1.0)
    return result
