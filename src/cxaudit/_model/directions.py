"""Directions: which numbers vary together, cluster by cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Direction"]


@attrs.frozen(kw_only=True, eq=False)
class Direction:
    """How the clusters of a number's evidence lie about it, scaled to length one.

    The product of two directions of one evidence is the correlation of their numbers; numbers of
    different evidence vary by themselves.

    Attributes:
        evidence: What the clusters are of, such as ``calls by day`` or ``cases``.
        clusters: Codes of clusters (int32), ascending.
        weights: Of each cluster (float32): its residual, over the length of all.
    """

    evidence: str
    clusters: NDArray[np.int32]
    weights: NDArray[np.float32]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Direction)
            and self.evidence == other.evidence
            and self.clusters.tobytes() == other.clusters.tobytes()
            and self.weights.tobytes() == other.weights.tobytes()
        )

    def __hash__(self) -> int:
        return hash((self.evidence, self.clusters.tobytes(), self.weights.tobytes()))

    def turned(self) -> Direction:
        """Return the direction of a number that falls as this one rises."""
        return attrs.evolve(self, weights=-self.weights)

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
