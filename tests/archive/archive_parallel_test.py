"""pipelines/archive-parallel.sh: a process is killed, the whole run is killed, a video is broken; what may be tried
again; settings that are wrong; several GPUs; other machines, one of them dead."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from engines import (PIPELINES, TASKS, Archive, check_done_once, check_equal, manifests, merge, skip, times_done,
                     wait_until)

SCRIPT = PIPELINES / "archive-parallel.sh"
# The tests' ssh runs the command here, with nothing of this environment; the machine `dead` does not answer.
_SSH = """#!/bin/bash
while [[ $1 == -o ]]; do shift 2; done
host=$1
shift
[ "$1" != -- ] || shift
[ "$host" != dead ] || exit 255
cd /
exec env -i HOME=/ SHELL=/bin/sh HOST="$host" PATH="{path}" sh -c "$*"
"""
_FAKE = """#!/bin/sh
echo "$* ${{CUDA_VISIBLE_DEVICES:--}} ${{HOST:--}}" >>'{folder}/calls'
[ "$1" = run ] && {{ sleep 0.3; exit {status}; }}
:
"""


def parts(archive):
    """Which parts were run, in order: (part, CUDA_VISIBLE_DEVICES, HOST)."""
    return [(words.split("--part ")[1].split("/")[0], gpu, host) for words, gpu, host in archive.calls()
            if words.startswith("run")]


def joblog(output):
    """Exit codes by sequence numbers."""
    path, = output.glob("*.joblog")
    lines = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    return {int(line[0]): int(line[6]) for line in lines}


def kill_all_with(variable):
    """Kills the processes that have this in their environment: parallel's are no longer there to be found by their
    parent, and go on or not by what this test's own parent does about SIGHUP."""
    while True:
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):  # it ended meanwhile, or is another user's
                if variable.encode() in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)


def test_a_killed_process_and_a_killed_run_do_nothing_twice(archive):
    output = archive.plan("killed")
    archive.hold(0)
    archive.hold(1)
    archive.calls()
    environment = {**os.environ, "PATH": f"{archive.bin}:{os.environ['PATH']}", "EACH": "1", "KILLED": str(output)}
    with open(archive.folder / "log", "w") as log:
        first = subprocess.Popen([SCRIPT, output, "--jobs", "2"], env=environment, stdout=log, stderr=log,
                                 stdin=subprocess.DEVNULL)
        archive.held(0)
        archive.held(1)
        archive.kill(1)
        path = pathlib.Path(log.name)
        wait_until(lambda: len(times_done(path.read_text())) >= 3, "the others go on")
        kill_all_with(f"KILLED={output}")
        first.wait()
        text = path.read_text()
    assert "a-long.mkv 00000" not in text and len(times_done(text)) < TASKS - 1, text
    before = manifests(output)
    done = archive.run(SCRIPT, output, EACH="1")
    assert done.returncode == 0, done.stdout
    text += done.stdout
    assert {name: content for name, content in manifests(output).items() if name in before} == before
    check_done_once(output, text, untold=1)
    tried = [part for part, *_ in parts(archive)]
    assert tried.count("0") == tried.count("1") == 2, tried
    assert "All tasks are done but 1 of bad input" in text and re.search(r"^broken\.mkv +0 +1 ", text, re.M), text
    merge(archive, output)
    check_equal(output, archive.unbroken())
    assert archive.run(SCRIPT, output, EACH="1").returncode == 0
    assert parts(archive) == []  # the joblog has them all
    assert archive.run(SCRIPT, output, EACH="7").returncode == 0
    assert [part for part, *_ in parts(archive)] == ["0", "1", "2"]
    assert manifests(output).items() >= before.items()


def test_what_may_go_well_another_time_is_tried_again(archive):
    output = archive.plan("away")
    video, away = archive.videos / "d.mkv", archive.folder / "d.mkv"
    video.rename(away)
    archive.calls()
    done = archive.run(SCRIPT, output, EACH="10", WAIT="0")
    assert done.returncode == 2 and "there is no file" in done.stdout, done
    assert sorted(part for part, *_ in parts(archive)) == ["0"] * 3 + ["1"] * 3
    assert joblog(output) == {1: 75, 2: 75} and len(manifests(output)) == TASKS - 9
    away.rename(video)
    done = archive.run(SCRIPT, output, EACH="10", WAIT="0")
    assert done.returncode == 0 and joblog(output) == {1: 0, 2: 0}, done.stdout
    assert len(times_done(done.stdout)) == 9 and len(manifests(output)) == TASKS


def with_fake(archive, status=0):
    """A naclip-archive that takes its time and does nothing."""
    fake = archive.folder / "fake"
    fake.mkdir(exist_ok=True)
    (fake / "naclip-archive").write_text(_FAKE.format(folder=archive.bin, status=status))
    (fake / "naclip-archive").chmod(0o755)
    archive.calls()
    return f"{fake}:{os.environ['PATH']}"


def test_wrong_settings_end_the_run(archive):
    output = archive.plan("wrong")
    done = archive.run(SCRIPT, output, "--jobs", "2", EACH="1", PATH=with_fake(archive, 78))
    assert 10 <= done.returncode < TASKS, done
    assert 10 <= len(set(parts(archive))) < TASKS
    assert set(joblog(output).values()) == {78}


def test_each_gpu_has_a_process(archive):
    output = archive.plan("gpus")
    done = archive.run(SCRIPT, output, EACH="1", GPUS="2", PATH=with_fake(archive), TMPDIR=str(archive.folder))
    assert done.returncode == 0, done.stdout
    used = [gpu for _, gpu, _ in parts(archive)]
    assert len(used) == TASKS and set(used) == {"0", "1"} and used.count("0") >= 5 <= used.count("1"), used


def test_other_machines_share_the_tasks(archive):
    output = archive.plan("machines")
    ssh = archive.folder / "ssh"
    ssh.write_text(_SSH.format(path=with_fake(archive)))
    ssh.chmod(0o755)
    done = archive.run(SCRIPT, output, "--sshlogin", "dead,one,two", EACH="1", PARALLEL_SSH=str(ssh))
    assert done.returncode == 0, done.stdout
    calls = parts(archive)
    assert sorted(int(part) for part, *_ in calls) == list(range(TASKS)), (calls, done.stdout)
    assert {host for *_, host in calls} == {"one", "two"}


def test_bad_calls_say_what_to_do(archive):
    done = archive.run(SCRIPT)
    assert done.returncode == 2 and "archive-parallel.sh TASKS" in done.stdout, done
    done = archive.run(SCRIPT, archive.folder / "nothing")
    assert done.returncode == 1 and "naclip-archive plan" in done.stdout, done
    tools = archive.folder / "tools"
    tools.mkdir()
    for name in "bash", "dirname", "grep", "wc", "realpath":
        (tools / name).symlink_to(shutil.which(name))
    done = archive.run("/bin/bash", SCRIPT, archive.folder, PATH=str(tools))
    assert done.returncode == 1 and "apt-get install parallel" in done.stdout, done


def main():
    if not shutil.which("parallel") or b"GNU parallel" not in subprocess.check_output(["parallel", "--version"]):
        skip("there is no GNU parallel")
    archive = Archive()
    test_bad_calls_say_what_to_do(archive)
    test_each_gpu_has_a_process(archive)
    test_other_machines_share_the_tasks(archive)
    test_wrong_settings_end_the_run(archive)
    test_what_may_go_well_another_time_is_tried_again(archive)
    test_a_killed_process_and_a_killed_run_do_nothing_twice(archive)


main()
