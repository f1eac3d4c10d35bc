"""A task, a chunk of one video, as a line of tasks.jsonl and as files beside it."""

import contextlib
import dataclasses
import errno
import fcntl
import hashlib
import json
import os
import pathlib

from .._errors import NaclipError

SCHEMA = "naclip-archive/1"
MASKS, VIDEO, JSON = "masks", "video", "json"
OUTPUTS = MASKS, VIDEO, JSON

_BLOCKS, _BLOCK = 64, 65536  # what a fingerprint reads of a file


class TryAgain(NaclipError):
    """What may go well another time: a full disk, storage that is away, another process that has the task."""


class BadInput(NaclipError):
    """A video that cannot be decoded, or is another one than was planned: the same will fail again."""


class BadSettings(NaclipError):
    """What makes every task fail, such as a model that is not there."""


def fingerprint(path):
    """SHA-256 of a file's size and of 64 blocks of 64 KiB spread over it, which is all of it up to 4 MiB: to read
    hours of video once more for a hash would take as long as to copy them. Of a folder, of its files and their names."""
    path = pathlib.Path(path)
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            digest.update(f"{file.relative_to(path)}\0{fingerprint(file)}\0".encode())
        return digest.hexdigest()
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest.update(f"{size}\0".encode())
        for number in range(_BLOCKS):
            file.seek(max(size - _BLOCK, 0) * number // (_BLOCKS - 1) if size > _BLOCKS * _BLOCK else number * _BLOCK)
            digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def hash_of(value):
    """SHA-256 of what JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def write_whole(path, content):
    """Writes a file that has its name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with open(part, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


@dataclasses.dataclass(frozen=True)
class Task:
    """`line` is what tasks.jsonl says, `folder` where that lies.

    Times are nanoseconds of the video: `begin` is that of the first frame, None for the video's first; `end` that of the
    first frame of the next task, None where there is none. `video` has the video's size, frame rate, first time and
    duration, None where they could not be read.
    """

    folder: pathlib.Path
    line: dict

    def __getattr__(self, name):
        try:
            return self.line[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def id(self):
        """A hash of what the outputs depend on: video, chunk, model, vocabulary and options."""
        return hash_of({key: value for key, value in self.line.items() if key not in ("index", "input")})

    @property
    def title(self):
        return f"{self.name} {self.chunk:05d}"

    @property
    def _stem(self):
        return self.folder / "chunks" / self.name / f"{self.chunk:05d}"

    @property
    def recording(self):
        """The Matroska file with the picture, the masks, or both."""
        return self._stem.with_suffix(".mkv")

    @property
    def messages(self):
        """The lines of naclip/1. They are always written: they have the masks' vocabulary."""
        return self._stem.with_suffix(".jsonl")

    @property
    def manifest_path(self):
        """What was done, written last."""
        return self._stem.with_suffix(".json")

    def files(self):
        return ([self.recording] if {MASKS, VIDEO} & set(self.settings["outputs"]) else []) + [self.messages]

    def manifest(self):
        """What an earlier run of this very task wrote last, else None. Its `state` is "done", "incomplete" where the
        video could be decoded in part, or "failed"."""
        try:
            found = json.loads(self.manifest_path.read_text())
        except (OSError, ValueError):
            return None
        if found.get("task") != self.id:
            return None
        if found["state"] != "failed" and not all(
                path.exists() and path.stat().st_size == found["outputs"].get(path.name) for path in self.files()):
            return None
        return found

    def write_manifest(self, state, **about):
        content = {"schema": SCHEMA, "task": self.id, "state": state, "input": self.input,
                   "hashes": {"input": self.fingerprint, "model": self.settings["model_fingerprint"],
                              "vocabulary": hash_of(self.settings["vocabulary"]), "options": hash_of(self.settings)},
                   **about}
        write_whole(self.manifest_path, json.dumps(content, indent=1).encode() + b"\n")

    @contextlib.contextmanager
    def lock(self):
        """Holds the task for this process; the kernel lets it go however that ends. Raises TryAgain."""
        path = self._stem.with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
                raise TryAgain("another process is at it") from None
            if not path.exists() or not os.path.samestat(os.fstat(file.fileno()), path.stat()):
                raise TryAgain("another process was at it until now")  # and took the file away that is locked here
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def is_locked(self):
        try:
            with open(self._stem.with_suffix(".lock")) as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False


def read_tasks(path):
    """The tasks in a file that `plan` wrote. Raises NaclipError."""
    path = pathlib.Path(path)
    if path.is_dir():
        path = path / "tasks.jsonl"
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise NaclipError(f"{path}: {error.strerror}. `naclip-archive plan` writes it") from error
    tasks = []
    for number, line in enumerate(lines):
        try:
            content = json.loads(line)
            is_task = content["schema"] == SCHEMA and content["index"] == number
        except (ValueError, KeyError, TypeError):
            is_task = False
        if not is_task:
            raise NaclipError(f"{path}: line {number + 1} is no task {number} of {SCHEMA}: `naclip-archive plan` writes "
                              "the file, all of it")
        tasks.append(Task(path.resolve().parent, content))
    if not tasks:
        raise NaclipError(f"{path} is empty")
    return tasks
