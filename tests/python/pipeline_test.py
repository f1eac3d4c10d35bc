"""Masks read behind naclipsegment: from appsink and in a pad probe, and kept when the pipeline is gone."""

import gc
import threading

from segmented import check_end, frames_of, make_pipeline
from support import Gst, GstNaclip, numpy, run_tests

LABELS = ["background", "sky", "grass", "red apple"]


def check(meta, mask):
    """A mask against the shares that naclipsegment gives with it."""
    assert list(meta.regions) == LABELS
    assert mask.shape == (48, 64) and mask.dtype == numpy.uint8
    for region in meta.regions.values():
        assert abs((mask == region.id).mean() - region.share) < 1e-6


def test_masks_from_appsink_stay_when_the_pipeline_is_gone():
    pipeline = make_pipeline(5, "mask-size=frame")
    kept = []
    for frame in frames_of(pipeline):
        meta, = GstNaclip.buffer_segmentations(frame)
        assert (meta.x, meta.y, meta.width, meta.height) == (0, 0, 64, 48)
        kept.append((meta, meta.mask, meta.mask.copy()))
        del frame, meta
    pipeline.set_state(Gst.State.NULL)
    del pipeline
    gc.collect()
    assert len(kept) == 5
    for meta, mask, copy in kept:
        check(meta, mask)
        assert (mask == copy).all()


def test_masks_are_read_in_a_pad_probe():
    pipeline = make_pipeline(5, "mask-size=frame", "fakesink name=sink")
    kept, threads, failures = [], set(), []

    def look(pad, info):
        try:
            for meta in GstNaclip.buffer_segmentations(info.get_buffer()):
                kept.append((meta, meta.mask))
                threads.add(threading.get_ident())
        except Exception as error:  # PyGObject would print it and go on
            failures.append(error)
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("sink").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, look)
    pipeline.set_state(Gst.State.PLAYING)
    check_end(pipeline)
    pipeline.set_state(Gst.State.NULL)
    del pipeline
    gc.collect()
    assert not failures, failures
    assert len(kept) == 5 and threading.get_ident() not in threads
    for meta, mask in kept:
        check(meta, mask)


def test_frames_between_two_inferences_share_a_mask():
    pipeline = make_pipeline(6, "interval=3 carry=off")
    masks = [GstNaclip.buffer_segmentations(frame)[0].mask for frame in frames_of(pipeline)]
    pipeline.set_state(Gst.State.NULL)
    shared = [numpy.shares_memory(mask, next_mask) for mask, next_mask in zip(masks, masks[1:])]
    assert shared == [True, True, False, True, True], shared


run_tests(globals())
