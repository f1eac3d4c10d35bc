"""Masks as arrays and regions by label, and that both outlive everything that they came from."""

import gc
import random
import threading

from support import Gst, GstNaclip, error_of, make_frame, make_segmentation, numpy, run_tests

IDS = numpy.array([[0, 1, 1], [2, 2, 0]], numpy.uint8)


def test_a_mask_is_an_array_of_ids():
    segmentation = make_segmentation(IDS)
    for mask in segmentation.mask, GstNaclip.buffer_segmentations(make_frame(segmentation))[0].mask:
        assert mask.dtype == numpy.uint8 and mask.shape == (2, 3) and (mask == IDS).all()


def test_a_mask_of_many_regions_has_16_bits():
    ids = numpy.arange(300, dtype=numpy.uint16).reshape(10, 30)
    mask = make_segmentation(ids).mask
    assert mask.dtype == numpy.uint16 and (mask == ids).all()


def test_a_mask_may_begin_anywhere_in_its_buffer():
    assert (make_segmentation(IDS, offset=16).mask == IDS).all()


def test_a_mask_is_no_copy():
    segmentation = make_segmentation(IDS)
    addresses = {segmentation.mask.__array_interface__["data"][0] for _ in range(2)}
    assert len(addresses) == 1, addresses
    first, second = segmentation.mask, make_segmentation(IDS).mask
    assert not numpy.shares_memory(first, second)
    assert numpy.shares_memory(first, segmentation.mask)


def test_a_mask_cannot_be_written():
    mask = make_segmentation(IDS).mask
    assert isinstance(error_of(mask.__setitem__, (0, 0), 1), ValueError)
    assert isinstance(error_of(mask.setflags, True), ValueError)


def may_be_written(buffer):
    """Whether nobody has the buffer's memory mapped: readers shut writers out."""
    memory = buffer.peek_memory(0)
    is_mapped, info = memory.map(Gst.MapFlags.WRITE)
    if is_mapped:
        memory.unmap(info)
    return is_mapped


def test_a_mask_is_unmapped_when_its_last_view_goes():
    buffer = make_segmentation(IDS).get_mask()
    region = GstNaclip.Region.new("all", 0, 1, 1)
    assert may_be_written(buffer)
    mask = GstNaclip.Segmentation.new(buffer, [region], None, 0).mask
    view = mask[:, 1:]
    del mask
    gc.collect()
    assert not may_be_written(buffer)
    del view
    gc.collect()
    assert may_be_written(buffer)


def test_a_mask_outlives_everything():
    generator = numpy.random.default_rng(1)
    kept = []
    for _ in range(50):
        ids = generator.integers(0, 5, (40, 60), numpy.uint8)
        frame = make_frame(make_segmentation(ids))
        kept.append((ids, GstNaclip.buffer_segmentations(frame)[0].mask))
        del frame
    gc.collect()
    make_segmentation(numpy.full((40, 60), 7, numpy.uint8))  # would take freed memory
    assert all((mask == ids).all() for ids, mask in kept)


def test_views_are_made_and_dropped_by_many_threads():
    segmentation = make_segmentation(IDS)
    wrong = []

    def look(seed):
        choice = random.Random(seed)
        kept = []
        for _ in range(500):
            kept.append(segmentation.mask)
            if not (kept[choice.randrange(len(kept))] == IDS).all():
                wrong.append(seed)
            if choice.random() < 0.5:
                kept.clear()

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_regions_are_found_by_label_in_the_order_of_ids():
    regions = make_segmentation(IDS, ["background", "zebra", "ape"]).regions
    assert list(regions) == ["background", "zebra", "ape"]
    assert [region.id for region in regions.values()] == [0, 1, 2]
    zebra = regions["zebra"]
    assert (zebra.label, zebra.colour, zebra.share, zebra.confidence) == ("zebra", 0x102031, 1 / 3, 0.5)
    gc.collect()
    assert regions["ape"].label == "ape"


def test_the_first_of_equal_labels_is_found():
    assert make_segmentation(IDS, ["background", "ape", "ape"]).regions["ape"].id == 1


def test_a_region_of_no_mask_has_no_id():
    assert GstNaclip.Region.new("ape", 0, 0, 0).id is None


def test_all_segmentations_of_a_frame_are_listed_the_latest_first():
    assert GstNaclip.buffer_segmentations(Gst.Buffer.new()) == []
    frame = make_frame(make_segmentation(IDS, ["background", "far", "far too"]))
    near = make_segmentation(IDS, ["background", "near", "near too"])
    GstNaclip.buffer_add_segmentation_meta(frame, near, 1, 2, 3, 4)
    metas = GstNaclip.buffer_segmentations(frame)
    assert [list(meta.regions)[1] for meta in metas] == ["near", "far"]
    assert (metas[0].x, metas[0].y, metas[0].width, metas[0].height) == (1, 2, 3, 4)
    assert metas[0].get_age(frame) == 0


def test_only_buffers_have_segmentations():
    assert isinstance(error_of(GstNaclip.buffer_segmentations, "frame"), TypeError)
    assert isinstance(error_of(GstNaclip.buffer_segmentations, None), TypeError)


def test_names_without_a_second_naclip():
    assert GstNaclip.Segmentation is GstNaclip.NaclipSegmentation
    assert GstNaclip.SegmentationMeta is GstNaclip.NaclipSegmentationMeta
    assert GstNaclip.Region is GstNaclip.NaclipRegion
    frame = make_frame(make_segmentation(IDS))
    found = [GstNaclip.buffer_get_segmentation_meta(frame), GstNaclip.buffer_get_nth_segmentation_meta(frame, 0),
             GstNaclip.buffer_find_segmentation_meta(frame, "test")]
    assert all(isinstance(meta, GstNaclip.SegmentationMeta) for meta in found)
    assert GstNaclip.buffer_is_mask(found[0].get_segmentation().get_mask())


run_tests(globals())
