"""The place where the forward passes of a Keras program and of its PyTorch port begin to differ."""

from __future__ import annotations

from dataclasses import dataclass

from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Layer, Operation, Run
from compare.analysis.programs.pairing import Pairs


@dataclass(frozen=True)
class Difference:
    """The operation of each program that makes the difference, and its layer; changes are made in PyTorch."""

    left: Run
    right: Run
    paired: Pairs
    """The operations that compute the same."""
    parameters: Pairs
    """The paired parameters."""
    expected: Operation | None
    """Keras's operation; None if PyTorch's is additional."""
    operation: Operation
    keras_layer: Layer | None
    layer: Layer | None

    @property
    def before(self) -> str | None:
        """The right operation that computes the input of Keras's operation; None if there is none."""
        sources = self.expected.sources if self.expected else ()
        return next((self.paired[source] for source in sources if source in self.paired), None)

    @property
    def region(self) -> list[Operation]:
        """The right operations at a difference that is written as several."""
        return region(self.operation, self.right, self.paired)


def region(operation: Operation, right: Run, paired: Pairs) -> list[Operation]:
    """The right operations from one on that have no partner, up to one with a partner that is computed of them."""
    partners, inside, keys = set(paired.values()), [operation], {operation.key}
    for following in right.operations[right.operations.index(operation) + 1:]:
        if len(inside) > 40 or following.key in partners and keys & set(following.sources):
            break
        if following.key not in partners:
            inside.append(following)
            keys.add(following.key)
    return inside


def difference(comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> Difference | None:
    """The difference that a comparison of the outputs gave; None if no PyTorch operation makes it."""
    expected, operation = comparison.left, comparison.right
    if operation is None:
        return None
    return Difference(left, right, comparison.paired or {}, pairs, expected, operation,
                      left.layers.get(expected.layer) if expected else None, right.layers.get(operation.layer))
