"""naclip.Segmenter: arrays of any size and strides, vocabularies that change, threads, errors and the end."""

import gc
import pathlib
import subprocess
import sys
import tempfile
import threading

from small import HEIGHT, SETTINGS, WIDTH, WORDS, make_clip, naclip
from support import GstNaclip, error_of, numpy, run_tests

RANDOM = numpy.random.default_rng(5)


def picture(height=HEIGHT, width=WIDTH):
    """Blocks of colours, which look like nothing but have many classes."""
    blocks = RANDOM.integers(0, 256, (-(-height // 12), -(-width // 12), 3), numpy.uint8)
    return blocks.repeat(12, axis=0).repeat(12, axis=1)[:height, :width]


def make_segmenter(**properties):
    return naclip.Segmenter(**{**SETTINGS, **properties})


def same(one, other):
    """Whether two segmentations say the same."""
    shares = [[(region.id, region.label, region.share, region.confidence) for region in segmentation.regions.values()]
              for segmentation in (one, other)]
    return (one.mask == other.mask).all() and shares[0] == shares[1]


def alone(array, words):
    """What a Segmenter that has seen nothing else says."""
    with make_segmenter() as segmenter:
        return segmenter.segment(array, words)


def test_masks_are_those_of_a_pipeline():
    with tempfile.TemporaryDirectory() as folder, make_segmenter() as segmenter:
        clip = pathlib.Path(folder) / "clip.mkv"
        make_clip(clip)
        # First all of one, then the other: frames that are inferred together may be rounded otherwise.
        for frame in list(naclip.frames(clip, vocabulary=WORDS, **SETTINGS)):
            segmentation = segmenter.segment(frame.image, WORDS)
            assert isinstance(segmentation, GstNaclip.Segmentation)
            assert same(segmentation, frame.meta.get_segmentation())


def test_a_vocabulary_holds_for_the_call_that_brings_it():
    shown = picture()
    with make_segmenter() as segmenter:
        for words in ["sky", "grass; sky", "sky", "a; b; c; d", "grass; sky", "sky >0.4; tree", "red apple, pear"]:
            found = segmenter.segment(shown, words)
            assert list(found.regions)[1:] == [name.split(">")[0].split(",")[0].strip() for name in words.split(";")]
            assert same(found, alone(shown, words))


def test_a_picture_waits_for_words_that_take_long():
    shown = picture()
    with make_segmenter(prompts="imagenet") as segmenter:
        segmenter.segment(shown, "sky")
        words = [f"thing {number}" for number in range(40)]
        assert list(segmenter.segment(shown, "; ".join(words)).regions)[1:] == words


def test_a_vocabulary_is_set_only_where_it_is_another():
    changes = []
    with make_segmenter() as segmenter:
        segmenter._pipeline.segment.connect("notify::vocabulary", lambda *_: changes.append(1))
        for words in "sky", "sky", "tree", "tree", "sky":
            segmenter.segment(picture(), words)
    assert len(changes) == 3


def test_sizes_may_change():
    with make_segmenter(mask_size="frame") as segmenter:
        for height, width in [(48, 70), (71, 90), (48, 70), (33, 49), (120, 64)]:
            shown = picture(height, width)
            found = segmenter.segment(shown, WORDS)
            assert found.mask.shape == (height, width)
    with make_segmenter() as segmenter:
        for height, width in [(48, 70), (71, 91), (33, 49)]:
            shown = picture(height, width)
            assert same(segmenter.segment(shown, WORDS), alone(shown, WORDS))


def test_strides_may_be_any():
    whole = picture(96, 140)
    with make_segmenter() as segmenter:
        for shown in [whole[::2, ::2], whole[::-1], whole[:, ::-1], whole[..., ::-1], whole[10:70, 20:81],
                      numpy.asfortranarray(whole), whole.swapaxes(0, 1), numpy.broadcast_to(whole[:1], (60, 140, 3))]:
            before = shown.copy()
            assert same(segmenter.segment(shown, WORDS), segmenter.segment(before, WORDS))
            assert (shown == before).all()


def test_another_array_is_refused():
    with make_segmenter() as segmenter:
        for shown in [picture()[..., 0], picture()[..., :2], picture().astype(numpy.float32), picture()[None],
                      numpy.zeros((5, 5, 4), numpy.uint8), numpy.zeros((0, 5, 3), numpy.uint8), [[1, 2]], None]:
            error = error_of(segmenter.segment, shown, WORDS)
            assert isinstance(error, ValueError) and "[height, width, 3] of uint8" in str(error), repr(error)
        assert isinstance(error_of(segmenter.segment, picture(), None), TypeError)
        assert segmenter.segment(picture(), WORDS)


def test_a_bad_vocabulary_leaves_the_model_loaded():
    shown = picture()
    with make_segmenter() as segmenter:
        assert "vocabulary:1:5" in str(error_of(segmenter.segment, shown, "sky >2"))  # as the first one
        found = segmenter.segment(shown, WORDS)
        starts = []
        segmenter._pipeline.play = lambda: starts.append(1)
        for words, said in ("sky >2", 'vocabulary:1:5: ">2" is no threshold'), ("", "No vocabulary"):
            error = error_of(segmenter.segment, shown, words)
            assert isinstance(error, naclip.NaclipError) and said in str(error), error
            assert same(segmenter.segment(shown, WORDS), found)
        assert not starts


def test_a_call_after_an_error_begins_anew():
    shown = picture()
    with make_segmenter() as segmenter:
        found = segmenter.segment(shown, WORDS)
        pull = segmenter._pipeline.pull

        def interrupted():
            raise KeyboardInterrupt

        segmenter._pipeline.pull = interrupted
        try:
            segmenter.segment(picture(), WORDS)
        except KeyboardInterrupt:
            segmenter._pipeline.pull = pull
        assert same(segmenter.segment(shown, WORDS), found)


def test_bad_properties_are_named():
    for properties, said in [
            ({"speed": 1}, 'no property "speed"'), ({"input_size": 1}, "input-size is a whole number from 32"),
            ({"vocabulary": "sky"}, "segment() takes it"), ({"interval": 2}, "nothing to do with each other"),
            ({"vocabulary_file": "words"}, '"vocabulary-file" cannot be set'), ({"mode": "async"}, '"mode" cannot')]:
        error = error_of(lambda: make_segmenter(**properties))
        assert isinstance(error, naclip.NaclipError) and said in str(error), error
    error = error_of(naclip.Segmenter("absent.safetensors").segment, picture(), WORDS)
    assert isinstance(error, naclip.NaclipError) and "there is no such file" in str(error), error


def test_threads_take_turns():
    with make_segmenter() as segmenter:
        cases = [(picture(48 + 7 * number, 70), words) for number, words in enumerate(["sky", "sky; tree", "a; b; c"])]
        expected = [segmenter.segment(*case) for case in cases]
        right = []

        def work(number):
            for _ in range(20):
                found = segmenter.segment(*cases[number % 3])
                right.append(same(found, expected[number % 3]))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert right == [True] * 80, right


def test_a_closed_one_says_so():
    segmenter = make_segmenter()
    found = segmenter.segment(picture(), WORDS)
    mask = found.mask.copy()
    for _ in range(2):
        segmenter.close()
    assert "closed" in str(error_of(segmenter.segment, picture(), WORDS))
    make_segmenter().close()
    del segmenter
    gc.collect()
    assert (found.mask == mask).all()


def test_a_process_may_end_without_closing():
    settings = {name: str(value) for name, value in SETTINGS.items()}
    code = (f"import naclip, numpy\nsegmenter = naclip.Segmenter(**{settings!r})\n"
            "print(segmenter.segment(numpy.zeros((40, 50, 3), numpy.uint8), 'sky').mask.shape)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == "(80, 100)\n" and not done.stderr, done


run_tests(globals())
