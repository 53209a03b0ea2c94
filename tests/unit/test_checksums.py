"""The checksums of TensorBoard's events."""

import random

from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from compare.reporting.tensorboard.checksums import BLOCK, masked_checksums


def test_checksums_are_those_of_tensorboard():
    draw = random.Random(0)
    contents = [draw.randbytes(length) for length in (*range(4, 2 * BLOCK + 2), 1000, 4096, 5000)]
    assert masked_checksums(contents) == [masked_crc32c(content) for content in contents]
    assert masked_checksums([bytes(100), bytes(101)]) == [masked_crc32c(bytes(100)), masked_crc32c(bytes(101))]
    assert masked_checksums([]) == []
