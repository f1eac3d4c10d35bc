"""COCO's run lengths, areas and boxes of masks made by hand and at random."""

import json

from support import GstNaclip, make_frame, make_segmentation, masks, numpy, run_tests


def decoded(segmentation):
    """A mask of COCO's compressed run lengths."""
    lengths, value, shift = [], 0, 0
    for character in segmentation["counts"]:
        bits = ord(character) - 48
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
            value = shift = 0
    height, width = segmentation["size"]
    assert sum(lengths) == height * width
    return numpy.repeat(numpy.arange(len(lengths)) % 2, lengths).reshape(width, height).T


def test_run_lengths_are_those_worked_out_by_hand():
    ids = numpy.zeros((4, 3), numpy.uint8)
    ids[1:3, 1] = 1  # column by column: 5 of 0, 2 of 1, 5 of 0
    assert make_segmentation(ids).coco()[0]["segmentation"] == {"size": [4, 3], "counts": "525"}
    ids = numpy.ones((40, 1), numpy.uint8)  # 0 of 0, 40 of 1: 8 with more to come, 1
    assert make_segmentation(ids).coco()[0]["segmentation"]["counts"] == "0X1"


def test_coco_has_each_region_with_pixels():
    for ids in masks():
        segmentation = make_segmentation(ids)
        entries = segmentation.coco()
        assert [entry["category_id"] for entry in entries] == [number for number in numpy.unique(ids) if number > 0]
        assert json.loads(json.dumps(entries)) == entries
        for entry in entries:
            cells = ids == entry["category_id"]
            rows, columns = numpy.nonzero(cells)
            assert entry["category_name"] == f"class {entry['category_id']}" and entry["score"] == 0.5
            assert (decoded(entry["segmentation"]) == cells).all()
            assert entry["area"] == cells.sum()
            assert entry["bbox"] == [columns.min(), rows.min(), numpy.ptp(columns) + 1, numpy.ptp(rows) + 1]


def test_a_frames_coco_is_that_of_its_mask():
    segmentation = make_segmentation(numpy.eye(5, dtype=numpy.uint8))
    meta = GstNaclip.buffer_segmentations(make_frame(segmentation, (3, 4, 50, 60)))[0]
    assert meta.coco() == segmentation.coco()


run_tests(globals())
