"""CRC-32C of many byte strings at once. TensorBoard's own function takes one byte after the other in Python.

A checksum is linear: that of two parts is that of the first, continued over as many zeros as the second has bytes, and
that of the second, combined by exclusive or. So all blocks of all strings are computed side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import CRC_TABLE

BLOCK = 64
"""Bytes."""
OF_A_BYTE = np.array(CRC_TABLE, np.uint32)


def masked_checksums(contents: Sequence[bytes]) -> list[int]:
    """The masked CRC-32C of byte strings of at least four bytes, as `masked_crc32c` has it for one."""
    padded = []
    for content in contents:
        inverted = bytes(byte ^ 0xff for byte in content[:4])  # a checksum begins with ones, and zeros add nothing
        padded.append(bytes(-len(content) % BLOCK) + inverted + content[4:])
    blocks = np.frombuffer(b"".join(padded), np.uint8).reshape(-1, BLOCK)
    sums = iter(_continued(np.zeros(len(blocks), np.uint32), blocks.T).tolist())
    return [_masked(content, sums) for content in padded]


def _masked(content: bytes, sums: Iterator[int]) -> int:
    total = 0
    for _ in range(len(content) // BLOCK):
        total = (AFTER[0][total & 0xff] ^ AFTER[1][total >> 8 & 0xff] ^ AFTER[2][total >> 16 & 0xff] ^
                 AFTER[3][total >> 24] ^ next(sums))
    total ^= 0xffffffff
    return (((total >> 15 | total << 17) & 0xffffffff) + 0xa282ead8) & 0xffffffff


def _continued(sums: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Checksums that are continued by one byte of each row."""
    for row in rows:
        sums = OF_A_BYTE[(sums ^ row) & 0xff] ^ (sums >> 8)
    return sums


AFTER = [_continued(np.arange(256, dtype=np.uint32) << 8 * place, np.zeros((BLOCK, 256), np.uint8)).tolist()
         for place in range(4)]
"""What a block of zeros makes of a checksum, by the place and the value of one of its four bytes."""
