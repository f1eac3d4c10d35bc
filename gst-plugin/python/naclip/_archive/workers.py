"""Several tasks in one process, on one model."""

import concurrent.futures
import enum
import sys
import threading

from .._errors import NaclipError
from .._program import minutes
from .segment import KeptModel, Stopped, check_model, run_task
from .tasks import BadSettings, TryAgain


class Status(enum.IntEnum):
    """Exit codes, those of sysexits.h. Of several tasks the highest is the program's."""

    DONE = 0
    BAD_INPUT = 65
    TRY_AGAIN = 75
    BAD_SETTINGS = 78


def line_of(manifest):
    """What was done, for a reader."""
    if manifest["state"] == "failed":
        return f"bad input: {manifest['error']}"
    seconds = max(manifest["ended"] - manifest["begun"], 0.001)
    length = manifest["last"] - manifest["first"]
    text = f"{manifest['frames']} frames, {minutes(length)} of video in {minutes(seconds * 1e9)}, "
    text += f"{length / 1e9 / seconds:.1f} times real time"
    return f"{text}; bad input after that: {manifest['error']}" if manifest["state"] == "incomplete" else text


class Workers:
    """Does tasks in `streams` threads. `retry` does those again that failed for their input;
    `leaves_to_others` passes over tasks that another process has, without a word."""

    def __init__(self, tasks, streams, retry, leaves_to_others):
        self._tasks = iter(tasks)
        self._streams = streams
        self._retry = retry
        self._leaves_to_others = leaves_to_others
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._model = None
        self._checked = False
        self._status = Status.DONE

    def run(self):
        """Returns a Status. Raises KeyboardInterrupt; tasks that were begun leave nothing behind then."""
        try:
            with concurrent.futures.ThreadPoolExecutor(self._streams) as pool:
                workers = [pool.submit(self._work) for _ in range(self._streams)]
                try:
                    concurrent.futures.wait(workers)
                finally:
                    self._stopped.set()
        finally:
            if self._model is not None:
                self._model.free()
        for worker in workers:
            worker.result()
        return self._status

    def _work(self):
        try:
            while not self._stopped.is_set():
                with self._lock:
                    task = next(self._tasks, None)
                if task is None:
                    return
                self._do(task)
        except Stopped:
            pass
        except BaseException:
            self._stopped.set()
            raise

    def _do(self, task):
        try:
            manifest, is_new = self._manifest_of(task)
        except TryAgain as error:
            self._say(task, f"{error}; try again", Status.TRY_AGAIN)
        except BadSettings as error:
            self._say(task, str(error), Status.BAD_SETTINGS)
            self._stopped.set()
        except NaclipError as error:
            self._say(task, str(error), Status.TRY_AGAIN)
        except OSError as error:
            self._say(task, f"{error}; try again", Status.TRY_AGAIN)
        else:
            if manifest is None:
                return
            known = "" if is_new else "done already: " if manifest["state"] == "done" else "known already: "
            self._say(task, known + line_of(manifest),
                      Status.DONE if manifest["state"] == "done" else Status.BAD_INPUT)

    def _manifest_of(self, task):
        """A task's manifest, and whether it was made now; None where another process has the task and that is fine."""
        manifest = self._known(task)
        if manifest is not None:
            return manifest, False
        try:
            with task.lock():
                manifest = self._known(task)
                if manifest is not None:
                    return manifest, False
                self._keep_model(task.settings)
                return run_task(task, self._stopped.is_set), True
        except TryAgain:
            if self._leaves_to_others and task.is_locked():
                return None, False
            raise

    def _known(self, task):
        manifest = task.manifest()
        return None if manifest is not None and manifest["state"] != "done" and self._retry else manifest

    def _keep_model(self, settings):
        with self._lock:
            if not self._checked:
                check_model(settings)
                self._checked = True
            if self._model is None:
                self._model = KeptModel(settings)

    def _say(self, task, text, status):
        with self._lock:
            print(f"{task.title}: {text}", file=sys.stderr if status else sys.stdout, flush=True)
            self._status = max(self._status, status)
