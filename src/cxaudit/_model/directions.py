"""Directions: which numbers vary together, cluster by cluster."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Direction", "Reach", "Spread"]


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Direction:
    """How the clusters of a number's evidence lie about it, scaled to length one.

    The product of two directions of one evidence is the correlation of their numbers; numbers of
    different evidence vary by themselves.

    Attributes:
        evidence: What the clusters are of, such as ``calls by day`` or ``cases``.
        clusters: Codes of clusters (int32), ascending.
        weights: Of each cluster (float16): its residual, over the length of all.
    """

    evidence: str
    clusters: NDArray[np.int32]
    weights: NDArray[np.float16]

    @cached_property
    def _key(self) -> tuple[str, bytes, bytes]:
        return self.evidence, self.clusters.tobytes(), self.weights.tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Direction) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def turned(self) -> Direction:
        """Return the direction of a number that falls as this one rises."""
        return attrs.evolve(self, weights=-self.weights)

    def less(self, other: Direction, length: float, of_other: float) -> Direction | None:
        """Return the direction of the difference of two numbers; None where nothing is left.

        Args:
            other: The direction of the number that is taken away.
            length: How far the first number varies.
            of_other: How far the other does.
        """
        import numpy as np

        if other.evidence != self.evidence:
            return None
        clusters = np.union1d(self.clusters, other.clusters)
        weights = np.zeros(len(clusters))
        weights[np.searchsorted(clusters, self.clusters)] += length * self.weights
        weights[np.searchsorted(clusters, other.clusters)] -= of_other * other.weights
        size = float(np.sqrt(np.square(weights).sum()))
        short = (weights / size if size else weights).astype(np.float16)
        kept = np.flatnonzero(short)
        if not len(kept):
            return None
        return Direction(
            evidence=self.evidence,
            clusters=clusters[kept].astype(np.int32),
            weights=short[kept],
        )

    def correlation(self, other: Direction | None) -> float:
        """Return how two numbers vary together, from -1 to 1."""
        import numpy as np

        if other is None or other.evidence != self.evidence:
            return 0.0
        _, mine, theirs = np.intersect1d(
            self.clusters, other.clusters, assume_unique=True, return_indices=True
        )
        product = self.weights[mine].astype(float) @ other.weights[theirs].astype(float)
        return float(max(-1.0, min(1.0, product)))

    @cached_property
    def name(self) -> str:
        """Return a short name, the same for the direction turned round but for a minus before."""
        upright = self if self._upright else self.turned()
        digest = hashlib.sha256(upright.text().encode()).hexdigest()[:12]
        return digest if self._upright else f"-{digest}"

    @property
    def _upright(self) -> bool:
        return bool(self.weights[0] > 0)

    def text(self) -> str:
        """Return the direction, upright, as one line of text, which `from_text` reads.

        Such as ``calls by day|20454-20483,20485|`` and the weights: 16-bit floats with the lowest
        byte first, in base64.
        """
        import numpy as np

        weights = self.weights if self._upright else -self.weights
        ends = np.flatnonzero(np.diff(self.clusters) != 1)
        first = self.clusters[np.concatenate([[0], ends + 1])].tolist()
        last = self.clusters[np.concatenate([ends, [len(self.clusters) - 1]])].tolist()
        runs = ",".join(
            str(start) if start == end else f"{start}-{end}"
            for start, end in zip(first, last, strict=True)
        )
        packed = base64.b64encode(weights.astype("<f2").tobytes()).decode()
        return f"{self.evidence}|{runs}|{packed}"

    @classmethod
    def from_text(cls, text: str) -> Direction:
        """Return the direction of a line of text.

        Raises:
            ValueError: If it is none.
        """
        import numpy as np

        evidence, runs, packed = text.rsplit("|", 2)
        parts = []
        for run in runs.split(","):
            ends = re.fullmatch(r"(-?\d+)(?:-(-?\d+))?", run)
            if ends is None:
                msg = f"{run!r} is no run of clusters"
                raise ValueError(msg)
            first, last = int(ends[1]), int(ends[2] or ends[1])
            parts.append(np.arange(first, last + 1))
        clusters = np.concatenate(parts).astype(np.int32)
        weights = np.frombuffer(base64.b64decode(packed, validate=True), "<f2").astype(np.float16)
        if len(clusters) != len(weights) or not len(weights) or not np.isfinite(weights).all():
            msg = f"{text[:60]!r} is no direction"
            raise ValueError(msg)
        return cls(evidence=evidence, clusters=clusters, weights=weights)


@attrs.frozen(kw_only=True)
class Reach:
    """How far an end of an interval lies from its number, as one kind of evidence varies.

    Attributes:
        distance: From 0.
        direction: What makes the number vary.
    """

    distance: float
    direction: Direction


@attrs.frozen(kw_only=True)
class Spread:
    """Why a number varies: what a comparison with another needs to know beside its interval.

    Squares of all distances to an end add up to the square of the interval's own.

    Attributes:
        down, up: Of each kind of evidence, the reach to the lower and to the upper end.
        down_alone, up_alone: The distances of all that varies by itself.
    """

    down: tuple[Reach, ...] = ()
    up: tuple[Reach, ...] = ()
    down_alone: float = 0.0
    up_alone: float = 0.0

    @classmethod
    def of(
        cls, value: float, interval: tuple[float, float], direction: Direction | None = None
    ) -> Spread:
        """Return the spread of a number that varies along one direction, or by itself."""
        down, up = max(value - interval[0], 0.0), max(interval[1] - value, 0.0)
        if direction is None:
            return cls(down_alone=down, up_alone=up)
        return cls(
            down=(Reach(distance=down, direction=direction),),
            up=(Reach(distance=up, direction=direction),),
        )
