"""Several inputs or targets as a PyTorch program gets them."""
import pytest

from frameworks.runtime.named_batch import batch_of


def test_a_batch_is_a_tuple_and_a_dict_where_keras_has_one():
    one, two = object(), object()
    batch = batch_of([one, two], ["box", "mask"])
    first, second = type(batch)(batch)  # as Lightning makes it anew
    assert first is one and batch["mask"] is second is batch[1] and "box" in batch and "label" not in batch
    assert dict(batch.items()) == dict(batch) == {"box": one, "mask": two} and len(list(batch.values())) == 2
    with pytest.raises(KeyError):
        batch["label"]
    assert batch_of([one], ["box"]) is one and batch_of([one, two], []) == (one, two)
