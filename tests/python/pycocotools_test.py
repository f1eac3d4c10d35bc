"""Compares run lengths, areas and boxes with pycocotools'."""

from support import make_segmentation, masks, needed, numpy, run_tests

pycocotools = needed("pycocotools.mask")


def test_pycocotools_reads_and_writes_the_same():
    for ids in masks():
        for entry in make_segmentation(ids).coco():
            cells = numpy.asfortranarray(ids == entry["category_id"], numpy.uint8)
            theirs = pycocotools.encode(cells)
            assert theirs["counts"].decode() == entry["segmentation"]["counts"]
            assert (pycocotools.decode(entry["segmentation"]) == cells).all()
            assert pycocotools.area(theirs) == entry["area"]
            assert pycocotools.toBbox(theirs).tolist() == entry["bbox"]


run_tests(globals())
