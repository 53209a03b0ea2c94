"""Several inputs or targets as a PyTorch program gets them."""
import pytest

from frameworks.runtime.named_batch import batch_of
from frameworks.runtime.taken_apart import takes_all


def test_a_batch_is_a_tuple_and_a_dict_where_keras_has_one():
    one, two = object(), object()
    batch = batch_of([one, two], ["box", "mask"])
    first, second = type(batch)(batch)  # as Lightning makes it anew
    assert first is one and batch["mask"] is second is batch[1] and "box" in batch and "label" not in batch
    assert dict(batch.items()) == dict(batch) == {"box": one, "mask": two} and len(list(batch.values())) == 2
    with pytest.raises(KeyError):
        batch["label"]
    assert batch_of([one], ["box"]) is one and batch_of([one, two], []) == (one, two)


class Pair:
    def training_step(self, batch, batch_idx):
        inputs, target = batch
        return self(*inputs), target


class SideBySide:
    def training_step(self, batch, batch_idx):
        source, target, words = batch
        return self(source, target), words


class Starred:
    def training_step(self, batch, batch_idx):
        return self.common_step(batch_idx, batch)

    def common_step(self, number, all_of_it):
        *inputs, target = all_of_it
        return self(*inputs), target


class Indexed:
    def training_step(self, batch, batch_idx):
        return self(batch[0], batch[1]), batch[2]


class Named:
    def training_step(self, batch, batch_idx):
        (source, target), words = batch
        return self(source, target), words


def test_a_step_takes_tensors_side_by_side_if_it_takes_as_many_apart():
    found = [takes_all(kind, "training_step", 3) for kind in (Pair, SideBySide, Starred, Indexed, Named)]
    assert found == [False, True, True, True, False]
    assert not takes_all(SideBySide, "training_step", 2)
