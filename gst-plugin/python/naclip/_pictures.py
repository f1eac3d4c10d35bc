"""Frames of GStreamer as arrays, and one size as another."""

from ._gstreamer import GstVideo, mapped_array, numpy


def frame_size(sample):
    """Height and width of a Gst.Sample's video."""
    structure = sample.get_caps().get_structure(0)
    return structure.get_value("height"), structure.get_value("width")


def _place(buffer, row_bytes):
    """Offset and stride of a buffer's only plane, in bytes."""
    video = GstVideo.buffer_get_video_meta(buffer)
    return (video.offset[0], video.stride[0]) if video else (0, (row_bytes + 3) // 4 * 4)  # GStreamer's rule


def rgb_array(buffer, size):
    """[height, width, 3] uint8 of a buffer of RGB: a read-only view."""
    height, width = size
    offset, stride = _place(buffer, 3 * width)
    return mapped_array(buffer, (height, width, 3), offset=offset, strides=(stride, 3, 1))


def gray_array(buffer, size, is_wide):
    """[height, width] uint8 of a buffer of GRAY8, or uint16 of GRAY16_LE: a read-only view."""
    width = 2 if is_wide else 1
    offset, stride = _place(buffer, width * size[1])
    return mapped_array(buffer, size, "<u2" if is_wide else "|u1", offset, (stride, width))


def nearest(pixels, cells):
    """For each of `pixels` in a row, that one of as many `cells` over the same length in which its middle lies."""
    return (2 * numpy.arange(pixels) + 1) * cells // (2 * pixels)


def nearest_within(pixels, cells, begin, length):
    """The same where the cells cover `length` pixels from `begin` on: less than 0 before them, `cells` and more
    behind."""
    return (2 * (numpy.arange(pixels) - begin) + 1) * cells // (2 * length)
