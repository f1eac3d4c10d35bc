"""Label Studio's run lengths of a brush: those of the picture [height, width, 4] that it paints, packed bit by bit.

The format is that of @thi.ng/rle-pack: 32 bits with the number of values, 5 with the bits of a value less one, four
times 4 with the bits of a run's length less one. Then for each run a 1, 2 bits with the number of one of the four, the
length less one, and the value. The first bit of a byte is its highest.
"""

from ._gstreamer import numpy

_CHANNELS = 4  # red, green, blue, alpha, all of them the same
_VALUE_BITS = 8
_LENGTH_BITS = 3, 4, 8, 16
_LONGEST = 1 << _LENGTH_BITS[-1]


def _run(length, value):
    """The bits of a run, as text."""
    number, bits = next((number, bits) for number, bits in enumerate(_LENGTH_BITS) if length <= 1 << bits)
    return f"1{number:02b}{length - 1:0{bits}b}{value:0{_VALUE_BITS}b}"


def brush_rle(cells):
    """A mask, [height, width] bool, as a list of bytes."""
    cells = cells.ravel()
    edges = numpy.flatnonzero(cells[1:] != cells[:-1]) + 1
    begins = [0, *edges.tolist()]
    lengths = numpy.diff([*begins, cells.size]) * _CHANNELS
    bits = [f"{cells.size * _CHANNELS:032b}", f"{_VALUE_BITS - 1:05b}", *(f"{bits - 1:04b}" for bits in _LENGTH_BITS)]
    for begin, length in zip(begins, lengths.tolist()):
        value = 255 if cells[begin] else 0
        bits += [_run(_LONGEST, value)] * (length // _LONGEST)
        if length % _LONGEST:
            bits.append(_run(length % _LONGEST, value))
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))
