"""Reads Label Studio's run lengths of a brush, bit by bit, by the description of @thi.ng/rle-pack."""

from support import numpy


class _Bits:
    def __init__(self, content):
        self._content, self._place = content, 0

    def read(self, count):
        value = 0
        for _ in range(count):
            value = value << 1 | self._content[self._place // 8] >> 7 - self._place % 8 & 1
            self._place += 1
        return value

    def left(self):
        return 8 * len(self._content) - self._place


def painted(rle, size):
    """The pixels [height, width, 4] of these bytes."""
    bits = _Bits(rle)
    count, value_bits = bits.read(32), bits.read(5) + 1
    length_bits = [bits.read(4) + 1 for _ in range(4)]
    values = []
    while len(values) < count:
        is_run = bits.read(1)
        length = bits.read(length_bits[bits.read(2)]) + 1
        values += [bits.read(value_bits)] * length if is_run else [bits.read(value_bits) for _ in range(length)]
    assert len(values) == count == size[0] * size[1] * 4 and bits.left() < 8
    return numpy.array(values, numpy.uint8).reshape(*size, 4)
