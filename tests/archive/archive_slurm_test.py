"""pipelines/archive-slurm.sh on a cluster of two nodes: a node dies, a task is killed, a video is broken; settings that
are wrong; what may be tried again."""

import re

from engines import BROKEN, PIPELINES, TASKS, Archive, check_done_once, check_equal, manifests, merge, skip, wait_until
from slurm_cluster import Cluster, NotPossible

SCRIPT = PIPELINES / "archive-slurm.sh"


def submit(archive, output, *options, **environment):
    done = archive.run(SCRIPT, output, *options, **environment)
    found = re.search(r"Submitted batch job (\d+)", done.stdout)
    assert done.returncode == 0 and found, done.stdout
    return found[1]


def finished(cluster, job):
    """The jobs of an array, once they are over."""
    wait_until(lambda: cluster.is_over(job), f"the array {job} is over")
    return cluster.jobs(job)


def logs(output):
    """What the jobs printed."""
    return "\n".join(path.read_text() for path in sorted((output / "slurm").iterdir()))


def test_all_is_done_once_whatever_dies(archive, cluster):
    output = archive.plan("killed")
    archive.hold(0)
    archive.hold(1)
    job = submit(archive, output, AT_ONCE="5")
    nodes = archive.held(0), archive.held(1)
    assert sorted(nodes) == ["one", "two"]  # a node has one CPU
    archive.kill(1)
    wait_until(lambda: len(manifests(output)) >= 4, "the node goes on with other tasks")
    cluster.kill_node(nodes[0])
    jobs = finished(cluster, job)
    assert len(jobs) == TASKS
    for index, (state, status, restarts) in jobs.items():
        expected = ("FAILED", 65) if index == str(BROKEN) else ("COMPLETED", 0)
        assert (state, status) == expected and restarts == (index in ("0", "1")), (index, jobs, logs(output))
    check_done_once(output, logs(output))
    merge(archive, output)
    check_equal(output, archive.unbroken())
    return output


def test_what_is_done_is_not_done_again(archive, cluster, output):
    before, text = manifests(output), logs(output)
    archive.calls()
    jobs = finished(cluster, submit(archive, output, JOBS="3"))
    assert {index: (state, status) for index, (state, status, _) in jobs.items()} == {
        "0": ("COMPLETED", 0), "1": ("COMPLETED", 0), "2": ("FAILED", 65)}, (jobs, logs(output))
    assert sorted(words[0].split("--part ")[1].split()[0] for words in archive.calls()) == ["0/3", "1/3", "2/3"]
    assert manifests(output) == before
    check_done_once(output, logs(output))
    assert logs(output).count("done already") == TASKS - 1 + text.count("done already")


def test_a_file_that_is_away_is_tried_again_so_many_times(archive, cluster):
    output = archive.plan("away")
    video, away = archive.videos / "c.mkv", archive.folder / "c.mkv"
    video.rename(away)
    jobs = finished(cluster, submit(archive, output, "--array=3", RETRIES="1"))
    assert jobs == {"3": ("FAILED", 75, 1)}, (jobs, logs(output))
    assert logs(output).count("there is no file") == 2
    job = submit(archive, output, "--array=3")
    wait_until(lambda: logs(output).count("there is no file") >= 3, "it was tried")
    away.rename(video)
    jobs = finished(cluster, job)
    assert jobs["3"][:2] == ("COMPLETED", 0) and jobs["3"][2] >= 1, (jobs, logs(output))


def test_wrong_settings_cancel_the_array(archive, cluster):
    output = archive.plan("wrong")
    archive.model.rename(archive.folder / "elsewhere")
    jobs = finished(cluster, submit(archive, output))
    assert len(jobs) < TASKS or all(state in ("CANCELLED", "FAILED") for state, *_ in jobs.values()), jobs
    text = logs(output)
    assert 1 <= text.count("No such file") <= 2, text  # one a node, before the array is cancelled
    assert not manifests(output)
    (archive.folder / "elsewhere").rename(archive.model)


def test_bad_calls_say_what_to_do(archive):
    done = archive.run(SCRIPT)
    assert done.returncode == 2 and "archive-slurm.sh TASKS" in done.stdout, done
    done = archive.run(SCRIPT, archive.folder / "nothing")
    assert done.returncode == 1 and "naclip-archive plan" in done.stdout, done
    done = archive.run("/bin/bash", SCRIPT, archive.folder, PATH=str(archive.bin))
    assert done.returncode == 1 and "sbatch" in done.stdout, done


def main():
    archive = Archive()
    try:
        cluster = Cluster()
    except NotPossible as why:
        skip(why)
    with cluster:
        test_bad_calls_say_what_to_do(archive)
        output = test_all_is_done_once_whatever_dies(archive, cluster)
        test_what_is_done_is_not_done_again(archive, cluster, output)
        test_a_file_that_is_away_is_tried_again_so_many_times(archive, cluster)
        test_wrong_settings_cancel_the_array(archive, cluster)


main()
