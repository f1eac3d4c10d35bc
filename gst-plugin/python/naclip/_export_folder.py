"""A folder that an export fills item by item, so that the same command goes on where another one was stopped."""

import fcntl
import json
import os
import pathlib

from ._errors import NaclipError

_STATE = ".naclip-export"


def _without_torn_end(path):
    """Cuts what a killed program left of a last line."""
    content = path.read_bytes() if path.exists() else b""
    end = content.rfind(b"\n") + 1
    if end < len(content):
        os.truncate(path, end)


class ExportFolder:
    """`options` are what the content depends on, by their names on the command line. Raises NaclipError where the
    folder holds what is not of an export with the same options.

    An item is first written under other names, then noted in a journal, then renamed. So no file that another program
    put there is overwritten: what stands in the way is either in the journal or not ours.
    """

    def __init__(self, path, options):
        self.path = pathlib.Path(path)
        self._state = self.path / _STATE
        if self.path.exists() and not self.path.is_dir():
            raise NaclipError(f"{path} is no folder: --output takes a new or empty one")
        if self.path.is_dir() and not self._state.is_dir() and any(self.path.iterdir()):
            raise NaclipError(f"{path} is not empty, and not of naclip-export: --output takes a new or empty folder")
        self._state.mkdir(parents=True, exist_ok=True)
        self._lock = open(self._state / "lock", "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NaclipError(f"another naclip-export writes into {path}") from None
        self._compare("options", options)
        self._journal_path = self._state / "journal"
        _without_torn_end(self._journal_path)
        self._journal = open(self._journal_path, "ab+")
        self._places = {}  # where an item's last line begins
        self._ours = set()
        self._read_journal()

    def _compare(self, name, wanted):
        path = self._state / f"{name}.json"
        if not path.exists():
            self._store(path, json.dumps(wanted, indent=1).encode())
            return
        found = json.loads(path.read_text())
        different = [key for key in {**wanted, **found} if wanted.get(key) != found.get(key)]
        if different:
            said = ", ".join(f"{key} {found.get(key)} instead of {wanted.get(key)}" for key in different)
            raise NaclipError(f"{self.path} was begun with other options, {said}: repeat those, or take another folder")

    def check_recording(self, mark):
        """Raises NaclipError where the folder was begun with a recording of another `mark`, a text."""
        path = self._state / "recording"
        if not path.exists():
            self._store(path, mark.encode())
        elif path.read_text() != mark:
            raise NaclipError(f"{self.path} was begun with another recording: take another folder")

    def _store(self, path, content):
        part = self._state / "part"
        part.write_bytes(content)
        os.replace(part, path)

    def _read_journal(self):
        self._journal.seek(0)
        place = 0
        for line in self._journal:
            self._note(json.loads(line), place)
            place += len(line)

    def _note(self, entry, place):
        self._ours.update(entry["files"])
        if "item" in entry:
            self._places[entry["item"]] = place

    def _write_note(self, entry):
        self._journal.seek(0, os.SEEK_END)
        place = self._journal.tell()
        self._journal.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        self._journal.flush()
        self._note(entry, place)

    def _entry(self, item):
        self._journal.seek(self._places[item])
        return json.loads(self._journal.readline())

    def has(self, item):
        """Whether an item, a number, is there with all its files."""
        return item in self._places and all((self.path / name).exists() for name in self._entry(item)["files"])

    def _check_name(self, name):
        if name not in self._ours and (self.path / name).exists():
            raise NaclipError(f"{self.path / name} is not of naclip-export, and is not overwritten: move it away")

    def add(self, item, files, about):
        """Writes an item: `files` are contents by name, `about` is kept for entries()."""
        for number, (name, content) in enumerate(files.items()):
            self._check_name(name)
            (self._state / f"part-{number}").write_bytes(content)
        self._write_note({"item": item, "files": list(files), "about": about})
        for number, name in enumerate(files):
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._state / f"part-{number}", self.path / name)

    def __len__(self):
        return len(self._places)

    def entries(self):
        """What was said about all items, in the order of their numbers; one is in memory at a time."""
        return (self._entry(item)["about"] for item in sorted(self._places))

    def files(self):
        """The names of all items' files, in this order."""
        return (name for item in sorted(self._places) for name in self._entry(item)["files"])

    def write(self, name, parts):
        """Writes a file that belongs to all items: an iterable of bytes, or a function that writes into a file."""
        self._check_name(name)
        part = self._state / "part"
        with open(part, "wb") as file:
            if callable(parts):
                parts(file)
            else:
                file.writelines(parts)
        self._write_note({"files": [name]})
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, self.path / name)

    def close(self):
        """Ends it. A folder without anything in it is taken away."""
        is_empty = not self._ours
        self._journal.close()
        if is_empty:
            for path in list(self._state.iterdir()):
                path.unlink()
            self._state.rmdir()
            if not any(self.path.iterdir()):
                self.path.rmdir()
        self._lock.close()
