"""naclip.frames(): every frame of a video with its mask, left early and begun again, and what it says of bad input."""

import gc
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import threading

from small import FRAMES, HEIGHT, SETTINGS, WIDTH, WORDS, make_clip, make_file, naclip
from support import Gst, GstNaclip, GstVideo, error_of, make_segmentation, numpy, run_tests

FOLDER = tempfile.TemporaryDirectory()
CLIP = pathlib.Path(FOLDER.name) / "a clip.mkv"
LABELS = ["background", "sky", "grass", "red apple"]


def frames(source=CLIP, vocabulary=WORDS, **properties):
    return naclip.frames(source, vocabulary=vocabulary, **{**SETTINGS, **properties})


def pictures():
    """The clip's pictures without naclip: [FRAMES, HEIGHT, WIDTH, 3]."""
    pipeline = Gst.parse_launch("filesrc name=file ! matroskademux ! appsink name=sink sync=false")
    pipeline.get_by_name("file").set_property("location", str(CLIP))
    pipeline.set_state(Gst.State.PLAYING)
    rows = []
    while sample := pipeline.get_by_name("sink").emit("pull-sample"):
        buffer = sample.get_buffer()
        rows.append(numpy.frombuffer(buffer.extract_dup(0, buffer.get_size()), numpy.uint8).reshape(HEIGHT, -1))
    pipeline.set_state(Gst.State.NULL)
    return numpy.stack(rows)[:, :, :3 * WIDTH].reshape(-1, HEIGHT, WIDTH, 3)


def is_playing():
    """Whether a pipeline of this process has a file of FOLDER open."""
    for opened in pathlib.Path("/proc/self/fd").iterdir():
        try:
            if FOLDER.name in os.readlink(opened):
                return True
        except FileNotFoundError:  # that of the folder itself, listed a moment ago
            pass
    return False


def test_every_frame_has_its_picture_and_its_mask():
    found = list(frames())
    assert len(found) == FRAMES
    for number, (frame, picture) in enumerate(zip(found, pictures())):
        assert frame.image.shape == (HEIGHT, WIDTH, 3) and frame.image.dtype == numpy.uint8
        assert (frame.image == picture).all()
        assert frame.pts == number * Gst.SECOND // 25 and frame.meta.get_age(frame._buffer) == 0
        assert frame.mask.shape == (80, 117) and list(frame.regions) == LABELS
        for region in frame.regions.values():
            assert abs((frame.mask == region.id).mean() - region.share) < 1e-6


def test_an_image_is_a_view_that_cannot_be_written_and_stays():
    found = list(frames())
    images = [frame.image for frame in found]
    assert numpy.shares_memory(images[0], found[0].image)
    for image in images:
        assert isinstance(error_of(image.__setitem__, (0, 0, 0), 1), ValueError)
        assert isinstance(error_of(image.setflags, True), ValueError)
    copies = [image.copy() for image in images]
    del found
    gc.collect()
    assert all((image == copy).all() for image, copy in zip(images, copies))
    assert any((images[0] != image).any() for image in images)


def test_rows_begin_where_gstreamer_puts_them():
    picture = numpy.arange(2 * 5 * 3, dtype=numpy.uint8).reshape(2, 5, 3)
    caps = Gst.Caps.from_string("video/x-raw,format=RGB,width=5,height=2")
    for stride, has_meta in (16, False), (20, True):
        rows = numpy.zeros((2, stride), numpy.uint8)
        rows[:, :15] = picture.reshape(2, 15)
        buffer = Gst.Buffer.new_wrapped(bytes(8 * has_meta) + rows.tobytes())
        if has_meta:
            GstVideo.buffer_add_video_meta_full(buffer, GstVideo.VideoFrameFlags.NONE, GstVideo.VideoFormat.RGB, 5, 2, 1,
                                                [8, 0, 0, 0], [stride, 0, 0, 0])
        segmentation = make_segmentation(numpy.eye(2, dtype=numpy.uint8))
        GstNaclip.buffer_add_segmentation_meta(buffer, segmentation, 0, 0, 5, 2)
        frame = naclip.Frame(Gst.Sample.new(buffer, caps, None, None))
        assert (frame.image == picture).all() and frame.pts is None
        assert frame.labels().tolist() == [[1, 1, 0, 0, 0], [0, 0, 1, 1, 1]]


def test_labels_have_the_frames_size():
    frame = next(frames())
    labels = frame.labels()
    assert labels.shape == (HEIGHT, WIDTH) and labels.dtype == frame.mask.dtype
    for row in range(HEIGHT):
        for column in range(WIDTH):
            cell = int((row + 0.5) * 80 / HEIGHT), int((column + 0.5) * 117 / WIDTH)
            assert labels[row, column] == frame.mask[cell]
    frame = next(frames(mask_size="frame"))
    assert frame.mask.shape == (HEIGHT, WIDTH) and numpy.shares_memory(frame.labels(), frame.mask)


def test_a_source_is_a_path_or_a_uri():
    before = os.getcwd()
    os.chdir(FOLDER.name)
    try:
        for source in CLIP, str(CLIP), CLIP.name, CLIP.as_uri():
            assert next(frames(source)).pts == 0
    finally:
        os.chdir(before)


def test_frames_are_turned_as_their_file_says():
    clip = CLIP.with_name("turned.mp4")
    make_file(clip, f"videotestsrc num-buffers=2 pattern=smpte ! video/x-raw,width={WIDTH},height={HEIGHT} ! jpegenc "
                    "! qtmux")
    content = clip.read_bytes()
    matrix = content.index(b"tkhd") + 44  # of the track's header, version 0: by 90 degrees, clockwise
    turned = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    lying = next(frames(clip))
    clip.write_bytes(content[:matrix] + turned + content[matrix + len(turned):])
    frame = next(frames(clip))
    assert frame.image.shape == (WIDTH, HEIGHT, 3) and frame.labels().shape == (WIDTH, HEIGHT)
    difference = frame.image.astype(int) - numpy.rot90(lying.image, -1)
    assert abs(difference).mean() < 8  # its colours are halved the other way


def test_properties_may_be_given_as_text():
    assert next(frames(input_size="96")).mask.shape[0] == next(frames(**{"input-size": 96})).mask.shape[0] == 96
    assert next(frames(presence="FALSE", threshold="0.5")).mask.shape == (80, 117)


def test_nothing_plays_after_a_loop_is_left():
    for _ in range(20):
        for number, frame in enumerate(frames()):
            if number == 2:
                assert is_playing()
                break
        assert not is_playing()
    assert frame.mask.shape == (80, 117)  # the last one stays


def test_nothing_plays_after_the_end_a_close_or_an_exception():
    def fail():
        for _ in frames():
            raise KeyError

    assert isinstance(error_of(fail), KeyError)
    assert not is_playing()
    found = frames()
    next(found)
    assert is_playing()
    found.close()
    assert not is_playing() and next(found, None) is None
    found = frames()
    assert len(list(found)) == FRAMES and not is_playing()
    found = frames()
    next(found)
    del found
    gc.collect()
    assert not is_playing()


def test_a_process_may_end_while_it_plays():
    code = f"import naclip\nfound = naclip.frames({str(CLIP)!r}, vocabulary='sky', **{SETTINGS_TEXT})\nnext(found)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done


def test_videos_play_beside_each_other():
    found = list(zip(frames(), frames(vocabulary="grass; sky")))
    assert len(found) == FRAMES
    assert list(found[0][1].regions) == ["background", "grass", "sky"]
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(len(list(frames())))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [FRAMES] * 4


def check_error(said, function):
    error = error_of(function)
    assert isinstance(error, naclip.NaclipError), repr(error)
    for words in said:
        assert words.lower() in str(error).lower(), error


def test_what_is_wrong_with_the_arguments_is_said_at_once():
    for said, arguments in [
            (["there is no file", "absent.mkv"], {"source": CLIP.with_name("absent.mkv")}),
            (['no property "speed"', "gst-inspect-1.0 naclipsegment"], {"speed": 9}),
            (['no property "input-sise"', 'did you mean "input-size"'], {"input_sise": 64}),
            (['no property "stats"'], {"stats": 1}),
            (["interval is a whole number from 1 to 2147483647", "0"], {"interval": 0}),
            (["interval is a whole number", "often"], {"interval": "often"}),
            (["input-size is a whole number", "64.5"], {"input_size": 64.5}),
            (["threshold is a number from 0", "to 1", "nan"], {"threshold": float("nan")}),
            (["refine is one of", "pamr", "blur"], {"refine": "blur"}),
            (["presence is true or false", "maybe"], {"presence": "maybe"}),
            (["device is a str", "3"], {"device": 3}),
            (['"mode" cannot be set'], {"mode": "async"}),
            (['"on-error" cannot be set'], {"on_error": "passthrough"})]:
        check_error(said, lambda: frames(**arguments))


def test_what_gstreamer_says_is_raised():
    no_video = CLIP.with_name("text.mkv")
    no_video.write_text("this is no video")
    sound = CLIP.with_name("sound.wav")
    make_file(sound, "audiotestsrc num-buffers=50 ! wavenc")
    for said, arguments in [
            (["there is no video in", "text.mkv", "could not determine type"], {"source": no_video}),
            (["there is no video in", "sound.wav"], {"source": sound}),
            (["absent.mkv", "not found"], {"source": CLIP.with_name("absent.mkv").as_uri()}),
            (["naclipsegment: no vocabulary"], {"vocabulary": ""}),
            (['vocabulary:1:5: ">2" is no threshold'], {"vocabulary": "sky >2"}),
            (["absent.safetensors", "there is no such file"], {"model": "absent.safetensors"}),
            (["refine-dilations", "far"], {"refine_dilations": "far"})]:
        check_error(said, lambda: next(frames(**arguments)))
        gc.collect()
        assert not is_playing()


def test_a_clip_that_was_cut_short_gives_what_it_has():
    cut = CLIP.with_name("cut.mkv")
    cut.write_bytes(CLIP.read_bytes()[:-3 * WIDTH * HEIGHT])
    assert FRAMES - 3 < len(list(frames(cut))) < FRAMES


SETTINGS_TEXT = repr({name: str(value) for name, value in SETTINGS.items()})
with FOLDER:
    make_clip(CLIP)
    run_tests(globals())
