"""Polygons of masks made by hand and at random."""

from support import GstNaclip, error_of, make_frame, make_segmentation, masks, needed, numpy, run_tests

needed("cv2")


def area(ring):
    """What a ring encloses; more than 0 where it goes clockwise as seen on a picture."""
    x, y = ring.astype(float).T
    return (x * numpy.roll(y, -1) - y * numpy.roll(x, -1)).sum() / 2


def filled(parts, shape):
    """The cells that rings enclose: a cell is inside where a line to its left crosses an odd number of edges."""
    rows, columns = numpy.indices(shape) + 0.5
    inside = numpy.zeros(shape, bool)
    for ring in (ring for part in parts for ring in part):
        for (x, y), (next_x, next_y) in zip(ring, numpy.roll(ring, -1, axis=0)):
            if x == next_x:
                inside ^= (columns > x) & (rows > min(y, next_y)) & (rows < max(y, next_y))
    return inside


def test_polygons_enclose_just_the_regions():
    for ids in masks():
        segmentation = make_segmentation(ids)
        polygons = segmentation.polygons()
        assert list(polygons) == list(segmentation.regions)[1:]
        for label, parts in polygons.items():
            cells = ids == segmentation.regions[label].id
            if ids.size < 5000:
                assert (filled(parts, ids.shape) == cells).all()
            for part in parts:
                assert area(part[0]) > 0 and all(area(hole) < 0 for hole in part[1:])
            assert sum(area(ring) for part in parts for ring in part) == cells.sum()


def test_a_polygon_has_no_needless_corner():
    ids = numpy.zeros((6, 8), numpy.uint8)
    ids[1:5, 2:7] = 1
    ids[2:4, 3:5] = 0
    ids[5, 0] = 1
    ring, hole = make_segmentation(ids).polygons()["class 1"][0]
    assert ring.dtype == numpy.float32
    assert sorted(ring.tolist()) == [[2, 1], [2, 5], [7, 1], [7, 5]]
    assert sorted(hole.tolist()) == [[3, 2], [3, 4], [5, 2], [5, 4]]
    assert len(make_segmentation(ids).polygons()["class 1"]) == 2


def test_pixels_that_touch_at_a_corner_are_two_parts():
    polygons = make_segmentation(numpy.eye(2, dtype=numpy.uint8)).polygons()
    assert [len(part) for part in polygons["class 1"]] == [1, 1]


def test_a_frames_polygons_are_in_pixels_of_the_frame():
    ids = numpy.zeros((2, 4), numpy.uint8)
    ids[1, 2:] = 1
    meta = GstNaclip.buffer_segmentations(make_frame(make_segmentation(ids), (-10, 5, 40, 30)))[0]
    (ring,), = meta.polygons()["class 1"]
    assert sorted(ring.tolist()) == [[10, 20], [10, 35], [30, 20], [30, 35]]


def test_a_tolerance_leaves_corners_out():
    rows, columns = numpy.indices((100, 100)) - 50
    ids = (numpy.hypot(rows, columns) < 40).astype(numpy.uint8)
    segmentation = make_segmentation(ids)
    (exact,), = segmentation.polygons()["class 1"]
    (simple,), = segmentation.polygons(2)["class 1"]
    assert len(simple) < 20 < len(exact)
    assert abs(area(simple) / area(exact) - 1) < 0.05
    thin = numpy.zeros((9, 9), numpy.uint8)
    thin[1:8, 4] = thin[4, 1:8] = 1
    (kept,), = make_segmentation(thin).polygons(20)["class 1"]
    assert area(kept) > 0


def test_a_tolerance_is_not_negative():
    segmentation = make_segmentation(numpy.eye(3, dtype=numpy.uint8))
    for tolerance in -1, float("nan"):
        assert isinstance(error_of(segmentation.polygons, tolerance), ValueError)


run_tests(globals())
