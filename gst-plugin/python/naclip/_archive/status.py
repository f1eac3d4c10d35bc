"""How far the tasks are."""

from .._gstreamer import Gst
from .._program import minutes
from .merge import by_video

_RECENT = 3600  # seconds, from which the speed is taken
_HOUR = 3600 * Gst.SECOND


def length_of(task):
    """How much video a task is, in nanoseconds; 0 where that is not known."""
    video = task.video or {}
    end = task.end if task.end is not None else video.get("duration")
    return max(end - (task.begin or video.get("first", 0)), 0) if end is not None else 0


class Count:
    """Tasks of some videos by what became of them, and their lengths in nanoseconds."""

    def __init__(self, tasks):
        self.tasks = len(tasks)
        self.done = self.bad = self.running = self.length = self.length_done = 0
        self.ended = []  # (when it began, when it ended, length) of tasks that wrote something
        for task in tasks:
            self._add(task)

    def _add(self, task):
        length = length_of(task)
        self.length += length
        manifest = task.manifest()
        if manifest is None:
            self.running += task.is_locked()
            return
        self.length_done += length
        self.done += manifest["state"] == "done"
        self.bad += manifest["state"] != "done"
        if manifest["state"] != "failed":
            self.ended.append((manifest["begun"], manifest["ended"], length))

    @property
    def left(self):
        return self.tasks - self.done - self.bad


def speed_of(ended):
    """Seconds of video a second, in the last hour in which something was done; None where nothing was."""
    if not ended:
        return None
    last = max(when for _, when, _ in ended)
    recent = [one for one in ended if one[1] > last - _RECENT]
    first = min(begun for begun, _, _ in recent)
    return sum(length for _, _, length in recent) / 1e9 / max(last - first, 0.001)


def _row(name, count):
    return (name, f"{count.done}", f"{count.bad}", f"{count.running}", f"{count.left - count.running}",
            minutes(count.length_done), minutes(count.length))


def _hours(nanoseconds):
    return f"{nanoseconds / _HOUR:.1f} hours" if nanoseconds >= _HOUR else minutes(nanoseconds)


def table_of(tasks, shows_all):
    """The lines of a table: videos that are not done, or all; the sum; and how long the rest will take."""
    counts = [(name, Count(group)) for name, group in by_video(tasks)]
    total = Count([])
    for _, count in counts:
        for field in ("tasks", "done", "bad", "running", "length", "length_done"):
            setattr(total, field, getattr(total, field) + getattr(count, field))
        total.ended += count.ended
    shown = [(name, count) for name, count in counts if shows_all or count.done < count.tasks]
    rows = [("video", "done", "bad", "running", "waiting", "time done", "of"),
            *(_row(name, count) for name, count in shown), _row(f"all {len(counts)}", total)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(width) if number == 0 else cell.rjust(width)
                       for number, (cell, width) in enumerate(zip(row, widths))) for row in rows]
    return lines + [_outlook(total)]


def _outlook(total):
    if total.left == 0:
        return "All tasks are done." if total.bad == 0 else \
            f"All tasks are done but {total.bad} of bad input: `naclip-archive merge` says what is missing."
    speed = speed_of(total.ended)
    rest = total.length - total.length_done
    if speed is None or speed <= 0:
        return f"{_hours(rest)} of video to do; nothing is done yet that tells how long that takes."
    return (f"{_hours(rest)} of video to do; at {speed:.1f} times real time, as in the last hour of work, that takes "
            f"{_hours(rest / speed)}{'' if total.running else '. Nothing is running now'}.")
