"""naclip-archive: chunks give what an unbroken run gives, whatever is stopped, killed or damaged meanwhile."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from recorded import need_codecs
from small import SETTINGS, WORDS, make_file, naclip
from support import error_of, needed, numpy, run_tests

tasks_of = needed("naclip._archive.tasks")
plan_module = needed("naclip._archive.plan")
status = needed("naclip._archive.status")
PROGRAM = pathlib.Path(__file__).parents[2] / "gst-plugin" / "python" / "bin" / "naclip-archive"
FOLDER = tempfile.TemporaryDirectory()
PATH = pathlib.Path(FOLDER.name)
SECONDS, CHUNK, RATE = 8, 2, 25
FRAMES = SECONDS * RATE
DONE, GAPS, USAGE, BAD_INPUT, TRY_AGAIN, BAD_SETTINGS = 0, 1, 2, 65, 75, 78
PATIENCE = 300  # seconds


def run(*arguments, **variables):
    return subprocess.run([PROGRAM, *map(str, arguments)], cwd=PATH, env=os.environ | variables, capture_output=True,
                          text=True, timeout=PATIENCE)


def succeed(*arguments, status=DONE, **variables):
    done = run(*arguments, **variables)
    assert done.returncode == status, done
    return done


def make_videos(folder, count=1):
    """Videos of moving balls on noise of their own, with a keyframe every 17 frames: no chunk is a whole number of
    them."""
    folder.mkdir(parents=True)
    for number in range(count):
        make_file(folder / f"video {number}.mkv",
                  f"videotestsrc pattern=ball num-buffers={FRAMES} ! video/x-raw,width=96,height=64,framerate={RATE}/1 "
                  f"! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=17 target-bitrate=200000 ! matroskamux")
    return folder


def plan_arguments(videos, output, chunk=CHUNK, **properties):
    words = PATH / "words.txt"
    words.write_text(WORDS + "\n")
    properties = {name: value for name, value in SETTINGS.items() if name != "model"} | properties
    settings = [argument for name, value in properties.items() for argument in ("--set", f"{name}={value}")]
    return "plan", videos, "--output", output, "--model", SETTINGS["model"], "--vocabulary-file", words, "--chunk", \
        chunk, *settings


def plan(name, videos, *more, **settings):
    """The folder of a new plan."""
    output = PATH / name
    shutil.rmtree(output, ignore_errors=True)
    succeed(*plan_arguments(videos, output, **settings), *more)
    return output


def tasks(output):
    return tasks_of.read_tasks(output)


def labels(path):
    """{time: mask} of a recording."""
    return {frame.pts: frame.mask.copy() for frame in naclip.recording(path)}


def messages(path):
    """The messages without the time of the clock, and what rounding may change."""
    found = []
    for line in path.read_text().splitlines():
        message = json.loads(line)
        message.pop("time", None)
        found.append(message)
    return found


def check_same_labels(first, second):
    assert list(first) == list(second), (len(first), len(second))
    assert len(first) == FRAMES
    different = [pts for pts in first if not numpy.array_equal(first[pts], second[pts])]
    assert not different, different


def both(name, *more, **properties):
    """The files of a plan in chunks and of an unbroken run: (recording, messages) of each."""
    videos = PATH / "one"
    if not videos.exists():
        make_videos(videos)
    files = []
    for chunk in CHUNK, 0:
        output = plan(f"{name}-{chunk}", videos, *more, chunk=chunk, **properties)
        succeed("run", output, "--all", "--streams", 1)  # frames inferred together differ in the rounding
        succeed("merge", output)
        files.append((output / "video 0.mkv.mkv", output / "video 0.mkv.jsonl"))
    return files


def test_chunks_give_the_labels_of_an_unbroken_run():
    chunked, whole = both("moving", interval=3, smoothing=0.4, carry="on")  # which knows 48 frames of the past
    found = tasks(PATH / "moving-2")
    assert len(found) == 4, found
    assert [task.begin for task in found[1:]] == [task.end for task in found[:-1]]
    period = 17 * 1000 // RATE
    assert all(task.begin // 1000000 % period == 0 for task in found[1:]), "chunks begin at keyframes"
    check_same_labels(labels(chunked[0]), labels(whole[0]))
    assert messages(chunked[1]) == messages(whole[1])
    assert [message["type"] for message in messages(whole[1])] == ["vocabulary"] + FRAMES * ["frame"]
    assert [message["sequence"] for message in messages(chunked[1])[1:]] == list(range(FRAMES))
    assert len({mask.tobytes() for mask in labels(whole[0]).values()}) > 20, "the masks move"


def test_without_an_overlap_smoothing_begins_anew():
    chunked, whole = both("torn", "--overlap", 0, interval=3, smoothing=0.4)
    first, second = labels(chunked[0]), labels(whole[0])
    assert list(first) == list(second)
    assert any(not numpy.array_equal(first[pts], second[pts]) for pts in first), "so the test above can fail"


def test_joined_recordings_are_those_of_the_documents():
    recording = both("all")[0][0]
    frames = list(naclip.recording(recording))
    assert frames[0].vocabulary == ("background", "sky", "grass", "red apple")
    assert frames[-1].image.shape == (64, 96, 3) and frames[-1].mask.shape == (64, 96)
    assert all(abs(region.share - (frame.mask == region.id).mean()) < 0.02 for frame in frames[::40]
               for region in frame.regions_in_order)


def test_outputs_are_those_that_were_chosen():
    videos = PATH / "one"
    output = plan("json", videos, "--outputs", "json")
    succeed("run", output, "--all")
    succeed("merge", output)
    assert not [path for path in output.rglob("*.mkv") if path.is_file()] and (output / "video 0.mkv.jsonl").exists()
    output = plan("masks", videos, "--outputs", "masks")
    succeed("run", output, "--index", 1)
    assert run("merge", output).returncode == GAPS
    assert (output / "video 0.mkv.mkv").exists() and not (output / "video 0.mkv.jsonl").exists()


def test_what_is_done_is_not_done_again():
    output = plan("again", PATH / "one")
    said = succeed("run", output, "--index", 2).stdout
    assert "50 frames" in said or "51 frames" in said, said
    files = {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.is_file()}
    said = succeed("run", output, "--index", 2, NACLIP_ENGINE="/nowhere").stdout  # neither engine nor model is opened
    assert "done already" in said, said
    assert files == {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.is_file()}
    (output / "chunks" / "video 0.mkv" / "00002.jsonl").unlink()
    assert "done already" not in succeed("run", output, "--index", 2).stdout, "an output was missing"


def test_the_same_plan_adds_videos_and_keeps_what_is_done():
    videos = make_videos(PATH / "grows")
    output = plan("grown", videos)
    succeed("run", output, "--all")
    shutil.copy(videos / "video 0.mkv", videos / "a new one.mkv")
    succeed(*plan_arguments(videos, output))
    said = succeed("run", output, "--all").stdout
    assert said.count("done already") == 4 and len(said.splitlines()) == 8, said
    refused = run(*plan_arguments(videos, output, interval=2))
    assert refused.returncode == 1 and "another model, vocabulary or other options" in refused.stderr, refused


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def begun(output, index):
    """A process that is in the middle of a task."""
    process = subprocess.Popen([PROGRAM, "run", output, "--index", str(index)], cwd=PATH, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    part = tasks(output)[index].messages.with_suffix(".jsonl.part")
    wait_for(lambda: part.exists() and part.stat().st_size > 0 or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    return process


def make_long(name):
    """A plan whose only task takes long."""
    videos = PATH / name
    if not videos.exists():
        videos.mkdir()
        make_file(videos / "long.mkv", "videotestsrc pattern=ball num-buffers=3000 ! video/x-raw,width=96,height=64,"
                  "framerate=25/1 ! vp8enc deadline=1 cpu-used=8 ! matroskamux")
    return plan(f"{name}-plan", videos, chunk=0)


def test_a_killed_task_starts_over():
    output = make_long("killed")
    process = begun(output, 0)
    process.kill()
    process.communicate()
    assert tasks(output)[0].manifest() is None
    said = succeed("run", output, "--index", 0).stdout
    assert "3000 frames" in said, said
    assert not list(output.rglob("*.part")) and not list(output.rglob("*.lock"))


def test_ctrl_c_leaves_nothing():
    output = make_long("killed")
    process = begun(output, 0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and not errors, (process.returncode, errors)
    assert [path.name for path in output.rglob("*") if path.is_file()] == ["tasks.jsonl"], list(output.rglob("*"))


@contextlib.contextmanager
def held(task):
    with task.lock():
        yield


def test_a_task_that_another_process_has_is_left_to_it():
    output = plan("held", PATH / "one")
    with held(tasks(output)[1]):
        refused = succeed("run", output, "--index", 1, status=TRY_AGAIN)
        assert "another process is at it" in refused.stderr, refused
        said = succeed("run", output, "--all").stdout
        assert len(said.splitlines()) == 3, said
        shown = succeed("status", output).stdout
        assert shown.splitlines()[1].split()[-6:-2] == ["3", "0", "1", "0"], shown
    succeed("run", output, "--all")


def test_a_lock_on_a_file_that_is_gone_is_none():
    """A process may open the file of a lock just before the one that holds it takes it away; a third makes a new one."""
    task = tasks(plan("raced", PATH / "one"))[0]
    flock = tasks_of.fcntl.flock

    def late(file, operation):
        os.unlink(file.name)
        return flock(file, operation)

    tasks_of.fcntl.flock = late
    try:
        refused = error_of(lambda: task.lock().__enter__())
    finally:
        tasks_of.fcntl.flock = flock
    assert isinstance(refused, tasks_of.TryAgain), refused
    with held(task):
        assert task.is_locked()
    assert not task.is_locked()


def test_parts_are_all_the_tasks():
    output = plan("parts", PATH / "one")
    said = [succeed("run", output, "--part", f"{number}/3").stdout for number in range(3)]
    assert [len(text.splitlines()) for text in said] == [2, 1, 1], said
    assert "All tasks are done." in succeed("status", output).stdout


def test_a_damaged_video_is_written_up_to_the_damage():
    videos = make_videos(PATH / "damaged", 2)
    whole = (videos / "video 0.mkv").read_bytes()
    (videos / "video 0.mkv").write_bytes(whole[:len(whole) * 6 // 10])
    output = plan("damaged-plan", videos)
    done = succeed("run", output, "--all", "--streams", 1, status=BAD_INPUT)
    assert "video 1.mkv 00003" in done.stdout and "video 0.mkv 00002" in done.stderr, done
    states = [task.manifest()["state"] for task in tasks(output)]
    assert states == ["done", "done", "incomplete"] + 4 * ["done"], states
    again = succeed("run", output, "--index", 2, status=BAD_INPUT, NACLIP_ENGINE="/nowhere")
    assert "known already" in again.stderr, again
    assert "known already" not in succeed("run", output, "--index", 2, "--retry", status=BAD_INPUT).stderr
    merged = succeed("merge", output, status=GAPS)
    assert merged.stderr.count("is missing") == 1 and "video 0.mkv: 0:05 to 0:08 is missing" in merged.stderr, merged
    frames = len(labels(output / "video 0.mkv.mkv"))
    assert 2 * CHUNK * RATE < frames < FRAMES, frames
    check_same_labels(labels(output / "video 1.mkv.mkv"), labels(PATH / "all-2" / "video 0.mkv.mkv"))
    shown = succeed("status", output).stdout
    assert "All tasks are done but 1 of bad input" in shown, shown


def test_damage_that_comes_after_the_plan_is_noticed():
    """As for a file whose end is lost between: the size is another one. One of the same size is cut off in its data."""
    videos = make_videos(PATH / "later")
    output = plan("later-plan", videos)
    content = bytearray((videos / "video 0.mkv").read_bytes())
    content[len(content) // 2:] = bytes(len(content) - len(content) // 2)
    (videos / "video 0.mkv").write_bytes(content)
    lines = (output / "tasks.jsonl").read_text()
    before, after = (tasks(output)[0].fingerprint, tasks_of.fingerprint(videos / "video 0.mkv"))
    assert "not the file that was planned" in succeed("run", output, "--index", 0, status=BAD_INPUT).stderr
    (output / "tasks.jsonl").write_text(lines.replace(before, after))
    succeed("run", output, "--all", status=BAD_INPUT)
    states = [task.manifest()["state"] for task in tasks(output)]
    assert states[0] == "done" and states[1] in ("done", "incomplete") and states[-1] == "failed", states
    merged = succeed("merge", output, status=GAPS)
    assert merged.stderr.count("is missing") == 4 - states.count("done"), merged


def test_what_is_no_video_is_planned_and_said():
    videos = make_videos(PATH / "mixed")
    (videos / "text.mp4").write_text("no video\n" * 1000)
    output = PATH / "mixed-plan"
    done = succeed(*plan_arguments(videos, output))
    assert "text.mp4" in done.stderr and "2 videos, 5 tasks" in done.stdout, done
    done = succeed("run", output, "--index", 0, status=BAD_INPUT)
    assert "text.mp4" in done.stderr, done


def test_exit_codes_tell_what_to_do():
    videos = make_videos(PATH / "codes", 2)
    output = plan("codes-plan", videos)
    (videos / "video 0.mkv").rename(videos / "away")
    assert "there is no file" in succeed("run", output, "--index", 0, status=TRY_AGAIN).stderr
    shutil.copy(PATH / "one" / "video 0.mkv", videos / "video 0.mkv")
    with open(videos / "video 0.mkv", "ab") as file:
        file.write(b"more")
    assert "not the file that was planned" in succeed("run", output, "--index", 0, status=BAD_INPUT).stderr
    assert "the last one is 7" in succeed("run", output, "--index", 8, status=1).stderr
    assert "N/M" in succeed("run", output, "--part", "3/3", status=USAGE).stderr
    lines = (output / "tasks.jsonl").read_text()
    (output / "tasks.jsonl").write_text(lines.replace(SETTINGS["model"], str(PATH / "no-model")))
    done = succeed("run", output, "--all", status=BAD_SETTINGS)
    assert len(done.stderr.splitlines()) <= 2 and "no-model" in done.stderr, "the first failure ends it"
    (output / "tasks.jsonl").write_text(lines[:len(lines) // 2 + 10])
    assert "is no task" in succeed("run", output, "--all", status=1).stderr


def test_a_full_disk_is_no_fault_of_the_video():
    output = make_long("killed")
    task = tasks(output)[0]
    task.messages.parent.mkdir(parents=True)
    os.symlink("/dev/full", str(task.messages) + ".part")
    done = succeed("run", output, "--index", 0, status=TRY_AGAIN)
    assert "try again" in done.stderr and task.manifest() is None, done
    succeed("run", output, "--index", 0)
    os.symlink("/dev/full", output / "long.mkv.mkv.part")
    done = succeed("merge", output, status=1)
    assert "No space left" in done.stderr and not (output / "long.mkv.mkv").exists(), done
    succeed("merge", output)


def test_plan_says_what_is_wrong():
    videos = PATH / "one"
    (PATH / "empty").mkdir()
    arguments = plan_arguments(videos, PATH / "bad")
    for change, text in [(("--set", "intervall=2"), 'did you mean "interval"?'), (("--set", "mode=async"), "cannot be set"),
                         (("--set", "smoothing=2"), "smoothing is a number from 0"),
                         (("--outputs", "boxes"), "masks, video, json"), (("--set", "interval"), "NAME=VALUE"),
                         (("--chunk", "-1"), "number of seconds"), (("--model", ""), "names no model"),
                         (("--vocabulary-file", "nowhere"), "nowhere")]:
        done = run(*arguments, *change)
        assert done.returncode in (1, USAGE) and text in done.stderr, (change, done)
    (PATH / "words-bad.txt").write_text(";;:,")
    done = run(*arguments, "--vocabulary-file", PATH / "words-bad.txt")
    assert done.returncode == 1 and "vocabulary" in done.stderr, done
    make_videos(PATH / "other")
    for place, text in ("other", "two folders"), ("empty", "there is no video in"), ("nowhere", "there is no file or folder"):
        done = run("plan", PATH / place, *arguments[1:])
        assert done.returncode == 1 and text in done.stderr, done
    assert not (PATH / "bad").exists()
    done = run("run", PATH / "bad", "--all")
    assert done.returncode == 1 and "naclip-archive plan" in done.stderr, done


def test_a_folder_is_searched_but_for_the_output():
    videos = PATH / "searched"
    names = "a.mkv", "b/c.MP4", "b/.hidden/d.mkv", "notes.txt", "masks/chunks/a.mkv/00000.mkv", "masks/a.mkv.mkv"
    for name in names:
        (videos / name).parent.mkdir(parents=True, exist_ok=True)
        (videos / name).touch()
    assert [name for name, _ in plan_module.find_videos([videos], videos / "masks")] == ["a.mkv", "b/c.MP4"]
    (videos / os.fsdecode(b"\xff.mkv")).touch()
    refused = error_of(plan_module.find_videos, [videos], videos / "masks")
    assert isinstance(refused, naclip.NaclipError) and "rename it" in str(refused), refused


def test_a_fingerprint_notices_changes():
    path = PATH / "large"
    content = bytearray(os.urandom(5 << 20))
    path.write_bytes(content)
    before = tasks_of.fingerprint(path)
    assert tasks_of.fingerprint(path) == before
    for place in 0, len(content) - 1, len(content) // 2:
        changed = content.copy()
        changed[place] ^= 1
        path.write_bytes(changed)
        if place != len(content) // 2:
            assert tasks_of.fingerprint(path) != before, place
    path.write_bytes(content + b"x")
    assert tasks_of.fingerprint(path) != before
    small = PATH / "small"
    small.write_bytes(b"abc" * 100000)
    before = tasks_of.fingerprint(small)
    small.write_bytes(b"abc" * 50000 + b"abd" + b"abc" * 49999)
    assert tasks_of.fingerprint(small) != before, "up to 4 MiB all of a file counts"


def test_a_rate_is_read_from_times_that_are_equally_far_apart():
    for numerator, denominator in [(25, 1), (30, 1), (30000, 1001), (24000, 1001), (60, 1)]:
        exact = [number * 10**9 * denominator / numerator for number in range(128)]
        rounded = [round(time / 1e6) * 10**6 for time in exact]
        swapped = [rounded[number ^ 1] for number in range(128)]  # as B-frames are
        for times in exact, rounded, swapped, swapped[:100]:
            assert plan_module.usual_rate(times) == [numerator, denominator], (numerator, denominator)
    assert plan_module.usual_rate(exact[:20]) is None, "too few to tell"
    assert plan_module.usual_rate(exact[:50] + [time + 10**7 for time in exact[50:]]) is None, "one is late"
    assert plan_module.usual_rate([number * 37 * 10**6 for number in range(128)]) is None, "27 a second is no usual rate"


def test_a_chunk_is_segmented_from_a_frame_that_is_inferred_in_an_unbroken_run():
    video = {"rate": [25, 1], "first": 0, "duration": None}
    for properties, begin, first in [({}, 100, 100), ({"interval": "8"}, 100, 96), ({"interval": "8"}, 96, 96),
                                     ({"smoothing": "0.5"}, 100, 80), ({"smoothing": "0.5", "interval": "3"}, 100, 39),
                                     ({"smoothing": "0.9"}, 100, 0), ({"presence": "true"}, 100, 50)]:
        at = plan_module.first_frame_to_segment(video, properties, begin * 40 * 10**6, None)
        assert (first - 1) * 40 * 10**6 < at <= first * 40 * 10**6 or at == first == 0, (properties, begin, at)
    assert plan_module.first_frame_to_segment(video, {"smoothing": "0.9"}, 4 * 10**9, 1) == 2980 * 10**6


def test_status_tells_how_long_the_rest_takes():
    output = plan("rest", PATH / "one")
    assert "nothing is done yet" in succeed("status", output).stdout
    for index, (begin, end) in enumerate([(0, 10), (10, 20)]):
        succeed("run", output, "--index", index)
        path = tasks(output)[index].manifest_path
        path.write_text(json.dumps(json.loads(path.read_text()) | {"begun": begin, "ended": end}))
    lines = status.table_of(tasks(output), False)
    assert lines[1].split() == ["video", "0.mkv", "2", "0", "0", "2", "0:04", "0:08"], lines
    assert "at 0.2 times real time" in lines[-1] and "that takes 0:19. Nothing is running now." in lines[-1], lines


if __name__ == "__main__":
    need_codecs("vp8enc", "vp8dec")
    make_videos(PATH / "one")
    run_tests(globals())
