"""Gradient boosting of small regression trees, in plain Python: learned at night, asked in the hub in microseconds.

    model = grow(rows, targets, weights, Growth(trees=120))
    model.value(row)

After Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29(5), 2001, and
"Stochastic gradient boosting", 2002: squared error, each tree on a draw of the rows, features cut into bins. Sixteen
leaves and a few thousand rows a tree need neither a library nor its hundred megabytes: a night costs seconds.
Everything is drawn from a seeded generator: the same journal gives the same model.
"""

from __future__ import annotations

import bisect
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Row = Sequence[float]
#: One tree: for each inner node its feature and the border (below or at: left), heap order; then the leaves.
BINS = 32


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees are grown. `rate`: what is kept of each; `least`: rows in a leaf; `draw`: rows a tree, at most."""

    trees: int = 120
    depth: int = 4
    rate: float = 0.08
    least: int = 20
    draw: int = 4_000
    #: The share of the features that each tree may use.
    features: float = 0.6
    #: Added to the weight in a leaf: a leaf of few rows says less.
    shrink: float = 10.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole binary tree of `depth` splits. Children of node i are 2i + 1 and 2i + 2; then the leaves follow."""

    features: tuple[int, ...]
    borders: tuple[float, ...]
    leaves: tuple[float, ...]

    def value(self, row: Row) -> float:
        """What the tree adds for this row."""
        node, inner = 0, len(self.features)
        while node < inner:
            node = 2 * node + (1 if row[self.features[node]] <= self.borders[node] else 2)
        return self.leaves[node - inner]


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of trees on a first guess."""

    first: float
    trees: tuple[Tree, ...]

    def value(self, row: Row) -> float:
        """The prediction for a row."""
        return self.first + sum(tree.value(row) for tree in self.trees)

    def as_json(self) -> dict[str, Any]:
        """As it is kept in a file."""
        return {"first": self.first, "trees": [[tree.features, tree.borders, tree.leaves] for tree in self.trees]}

    @classmethod
    def of_json(cls, kept: dict[str, Any], width: int) -> Trees:
        """Read back, for rows of `width` features. Raises ValueError, TypeError or KeyError when it makes no sense."""
        trees = []
        for features, borders, leaves in kept["trees"]:
            if not len(features) == len(borders) == len(leaves) - 1:
                raise ValueError("a tree without a branch")
            if any(type(feature) is not int or not 0 <= feature < width for feature in features):
                raise ValueError("a tree asks for a feature that there is not")
            trees.append(Tree(tuple(features), tuple(map(float, borders)), tuple(map(float, leaves))))
        return cls(float(kept["first"]), tuple(trees))


class Grower:
    """Rows cut into bins once, on which any number of models are grown."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.borders = [_borders([row[feature] for row in rows]) for feature in range(len(rows[0]))]
        self.columns = [
            bytes(bisect.bisect_left(borders, row[feature]) for row in rows)
            for feature, borders in enumerate(self.borders)
        ]

    def grow(self, targets: Sequence[float], weights: Sequence[float], among: Sequence[int], how: Growth) -> Trees:
        """Learn from the rows `among`."""
        chance = random.Random(how.seed)  # noqa: S311 (draws of rows, no secret)
        total = sum(weights[i] for i in among)
        first = sum(weights[i] * targets[i] for i in among) / total if total else 0.0
        left = {i: targets[i] - first for i in among}
        trees = []
        for _ in range(how.trees):
            drawn = chance.sample(among, min(how.draw, max(1, len(among) // 2)))
            wanted = sorted(chance.sample(range(len(self.columns)), max(1, round(how.features * len(self.columns)))))
            tree, bins = self._tree(left, weights, drawn, wanted, how)
            trees.append(tree)
            self._take_off(left, tree, bins)
        return Trees(first, tuple(trees))

    def _tree(
        self, left: dict[int, float], weights: Sequence[float], drawn: Sequence[int], wanted: Sequence[int], how: Growth
    ) -> tuple[Tree, list[int]]:
        """One tree on what is left to explain, and its borders as bins."""
        inner = 2**how.depth - 1
        features, bins, leaves = [0] * inner, [BINS] * inner, [0.0] * (inner + 1)
        parts: list[list[int]] = [list(drawn)]
        for node in range(inner):
            rows = parts[node]
            split = self._split(left, weights, rows, wanted, how) if len(rows) >= 2 * how.least else None
            if split is None:
                parts += [rows, []]
                continue
            features[node], bins[node] = split
            column = self.columns[split[0]]
            parts.append([i for i in rows if column[i] <= split[1]])
            parts.append([i for i in rows if column[i] > split[1]])
        for leaf in range(inner + 1):
            rows = parts[inner + leaf]
            weight = sum(weights[i] for i in rows)
            leaves[leaf] = how.rate * sum(weights[i] * left[i] for i in rows) / (weight + how.shrink) if rows else 0.0
        borders = [self._border(features[node], bins[node]) for node in range(inner)]
        return Tree(tuple(features), tuple(borders), tuple(round(leaf, 6) for leaf in leaves)), bins

    def _border(self, feature: int, at: int) -> float:
        borders = self.borders[feature]
        return borders[at] if at < len(borders) else float("inf")

    def _split(
        self, left: dict[int, float], weights: Sequence[float], rows: list[int], wanted: Sequence[int], how: Growth
    ) -> tuple[int, int] | None:
        """The feature and the last bin of the left side that explain most; None where no split helps."""
        residuals = [weights[i] * left[i] for i in rows]
        own = [weights[i] for i in rows]
        whole, weight = sum(residuals), sum(own)
        best, found = whole * whole / (weight + how.shrink) + 1e-9, None
        for feature in wanted:
            column = self.columns[feature]
            sums, masses, counts = [0.0] * (BINS + 1), [0.0] * (BINS + 1), [0] * (BINS + 1)
            for i, residual, mass in zip(rows, residuals, own, strict=True):
                at = column[i]
                sums[at] += residual
                masses[at] += mass
                counts[at] += 1
            below, mass_below, count = 0.0, 0.0, 0
            for at in range(len(self.borders[feature])):
                below, mass_below, count = below + sums[at], mass_below + masses[at], count + counts[at]
                if count < how.least:
                    continue
                if len(rows) - count < how.least:
                    break
                gain = below * below / (mass_below + how.shrink)
                gain += (whole - below) ** 2 / (weight - mass_below + how.shrink)
                if gain > best:
                    best, found = gain, (feature, at)
        return found

    def _take_off(self, left: dict[int, float], tree: Tree, bins: Sequence[int]) -> None:
        """What the tree explains is not left for the next."""
        columns = [self.columns[feature] for feature in tree.features]
        inner, leaves = len(bins), tree.leaves
        for i in left:
            node = 0
            while node < inner:
                node = 2 * node + (1 if columns[node][i] <= bins[node] else 2)
            left[i] -= leaves[node - inner]


def _borders(values: list[float]) -> list[float]:
    """At most BINS − 1 borders that share the values out evenly; none above the greatest."""
    ordered = sorted(set(values))
    if len(ordered) <= BINS:
        return ordered[:-1]
    everything = sorted(values)
    cuts = {everything[len(everything) * k // BINS] for k in range(1, BINS)}
    return sorted(cuts - {ordered[-1]})
