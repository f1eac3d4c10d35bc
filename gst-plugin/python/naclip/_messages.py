"""The text track of a recording: messages of the schema naclip/1, one a line."""

import colorsys
import json
import re
import typing
import warnings

_ESCAPE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def _unescaped(found):
    hexadecimal, decimal, name = found.groups()
    if name:
        return _NAMED[name]
    return chr(int(hexadecimal, 16) if hexadecimal else int(decimal))


def plain_text(text):
    """What was written of what matroskademux gives. It escapes text for Pango, but for text with a tag such as <b> in
    it and all after that. JSON has quotation marks, and escaped text has none."""
    return text if '"' in text else _ESCAPE.sub(_unescaped, text)


def parsed(text):
    """The messages in a text, as dicts. Warns of a line that is none."""
    found = []
    for line in plain_text(text).split("\n"):
        try:
            message = json.loads(line) if line.strip() else None
        except ValueError:
            message = None
            warnings.warn(f"the recording has a line that is no message: {line[:80]}", RuntimeWarning, stacklevel=2)
        if isinstance(message, dict) and message.get("schema") == "naclip/1" and "type" in message:
            found.append(message)
    return found


def _made_up_colour(number):
    """A colour for a class that has none."""
    return sum(round(255 * channel) << shift for channel, shift in
               zip(colorsys.hsv_to_rgb(number * 0.618 % 1, 0.65, 0.95), (16, 8, 0)))


class Vocabulary(typing.NamedTuple):
    """Labels and colours (0xRRGGBB) by id."""

    labels: tuple
    colours: tuple

    def covering(self, count, regions):
        """The same with labels for at least `count` ids: those of a frame's regions, or made up. The beginning of a
        recording may be missing, and with it the vocabulary."""
        known = len(self.labels)
        if known >= count:
            return self
        said = {region["id"]: region["label"] for region in regions}
        labels = [said.get(number, f"class {number}" if number else "background") for number in range(known, count)]
        colours = [_made_up_colour(number) if number else 0 for number in range(known, count)]
        return Vocabulary(self.labels + tuple(labels), self.colours + tuple(colours))


def vocabulary_of(message):
    """What a message of type vocabulary says."""
    return Vocabulary(tuple(message["labels"]), tuple(int(colour[1:], 16) for colour in message["colours"]))
