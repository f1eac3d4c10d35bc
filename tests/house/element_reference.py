#!/usr/bin/env python3
"""Keeps the tables of docs/elements.md equal to the elements' own properties.

    element_reference.py DOCUMENT            fails, and says what differs, where a table is out of date
    element_reference.py DOCUMENT --write    writes the tables anew
    element_reference.py DOCUMENT --without ELEMENT
                                             fails as the first does, but for that element, which this GStreamer is too
                                             old for

A table stands behind a line `<!-- properties of ELEMENT -->` and ends with the next empty line; so does the list behind
`<!-- formats of ELEMENT -->`, which are those that its sink pad takes. The plugin is found as
GStreamer finds it, by GST_PLUGIN_PATH.
"""
import difflib
import pathlib
import re
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402

PLACE = re.compile(r"^<!-- (properties|formats) of (\w+) -->\n\n(.*?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
HEADER = "| property | values | default | what |\n| --- | --- | --- | --- |"
MOST = 2**31 - 1  # of an int without a limit


def number(value):
    return f"{value:g}"


def choices_of(spec):
    """The values of an enumeration, by number; PyGObject from 3.50 on gives the class where older ones gave a type."""
    kind = spec.enum_class
    if hasattr(kind, "__enum_values__"):
        return dict(sorted(kind.__enum_values__.items()))
    return {number: GObject.enum_get_value(kind, number) for number in range(kind.minimum, kind.maximum + 1)}


def bits_of(spec):
    """The values of flags, in order."""
    kind = spec.flags_class
    if hasattr(kind, "__flags_values__"):
        return [(bit.value_nicks[0], bit.value_names[0]) for _, bit in sorted(kind.__flags_values__.items())]
    found = [GObject.flags_get_first_value(kind, 1 << place) for place in range(31)]
    return [(bit.value_nick, bit.value_name) for bit in found if bit is not None]


def values_of(spec):
    kind = spec.value_type
    if kind == GObject.TYPE_STRING:
        return "text"
    if kind == GObject.TYPE_BOOLEAN:
        return "`false`, `true`"
    if kind.is_a(GObject.TYPE_ENUM):
        return ", ".join(f"`{value.value_nick}`" for value in choices_of(spec).values())
    if kind.is_a(GObject.TYPE_FLAGS):
        return "`" + "+".join(nick for nick, _ in bits_of(spec)) + "`"
    if kind in (GObject.TYPE_INT, GObject.TYPE_DOUBLE):
        return f"{number(spec.minimum)} and more" if spec.maximum == MOST else f"{number(spec.minimum)} to {number(spec.maximum)}"
    return "structure"


def default_of(spec):
    kind = spec.value_type
    if kind == GObject.TYPE_STRING:
        return f"`{spec.default_value}`" if spec.default_value else ""
    if kind == GObject.TYPE_BOOLEAN:
        return f"`{str(spec.default_value).lower()}`"
    if kind.is_a(GObject.TYPE_ENUM):
        return f"`{choices_of(spec)[int(spec.default_value)].value_nick}`"
    if kind.is_a(GObject.TYPE_FLAGS):
        return "`" + "+".join(bits_of(spec)[place][0] for place in range(len(bits_of(spec))) if int(spec.default_value) >> place & 1) + "`"
    if kind in (GObject.TYPE_INT, GObject.TYPE_DOUBLE):
        return number(spec.default_value)
    return ""


def meaning_of(spec):
    text = spec.blurb
    if spec.value_type.is_a(GObject.TYPE_ENUM):
        text += "".join(f"<br>`{value.value_nick}`: {value.value_name}" for value in choices_of(spec).values())
    if spec.value_type.is_a(GObject.TYPE_FLAGS):
        text += "".join(f"<br>`{nick}`: {name}" for nick, name in bits_of(spec))
    return text.replace("|", "\\|").replace("*", "\\*")


def formats_of(instance):
    caps = instance.get_static_pad("sink").get_pad_template().get_caps().get_structure(0).to_string()
    return f"Formats: {re.search(r'format=.string.{ ([^}]*) }', caps)[1]}."


def table_of(instance):
    rows = [HEADER]
    for spec in instance.list_properties():
        if spec.owner_type != instance.__gtype__:
            continue
        star = " \\*" if spec.flags & Gst.PARAM_MUTABLE_READY else ""
        if not spec.flags & GObject.ParamFlags.WRITABLE:
            star = " (read only)"
        rows.append(f"| `{spec.name}`{star} | {values_of(spec)} | {default_of(spec)} | {meaning_of(spec)} |")
    return "\n".join(rows)


def text_of(kind, element, old, without):
    if element == without:
        return old
    factory = Gst.ElementFactory.find(element)
    if factory is None:
        sys.exit(f"element_reference.py: no element {element}; GST_PLUGIN_PATH names the plugin's folder")
    instance = factory.create(None)
    return table_of(instance) if kind == "properties" else formats_of(instance)


def main(path, option=None, without=None):
    Gst.init(None)
    document = pathlib.Path(path)
    old = document.read_text(encoding="utf-8")
    new, places = PLACE.subn(lambda found: f"<!-- {found[1]} of {found[2]} -->\n\n{text_of(*found.groups(), without)}", old)
    if places == 0:
        sys.exit(f"element_reference.py: {path} has no place for a table")
    if option == "--write":
        document.write_text(new, encoding="utf-8")
    elif new != old:
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), path, "the elements"))
        sys.exit(f"{path} is out of date: tests/house/element_reference.py {path} --write")


main(*sys.argv[1:])
