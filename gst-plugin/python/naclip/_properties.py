"""Properties of naclipsegment as keyword arguments."""

import difflib
import os

from ._errors import NaclipError
from ._gstreamer import GObject

_NUMBERS = {GObject.TYPE_INT: (int, "a whole number"), GObject.TYPE_DOUBLE: (float, "a number")}
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _find(element, name):
    """The GParamSpec of a property. Raises NaclipError where there is none that may be set."""
    specs = {spec.name: spec for spec in element.list_properties()
             if spec.flags & GObject.ParamFlags.WRITABLE and spec.name not in ("name", "parent")}
    if name in specs:
        return specs[name]
    near = difflib.get_close_matches(name, specs, 1)
    hint = f'did you mean "{near[0]}"?' if near else "`gst-inspect-1.0 naclipsegment` lists them"
    raise NaclipError(f'naclipsegment has no property "{name}" that can be set: {hint}')


def _number(spec, value):
    make, what = _NUMBERS[spec.value_type]
    try:
        number = make(value)
        fits = spec.minimum <= number <= spec.maximum and (isinstance(value, str) or number == value)
    except (OverflowError, TypeError, ValueError):
        fits = False
    if not fits:
        raise NaclipError(f'{spec.name} is {what} from {spec.minimum} to {spec.maximum}, not "{value}"')
    return number


def _nicks(enum):
    """The words for an enumeration's values. `enum` is a Python class in PyGObject 3.42, a GEnumClass in 3.50."""
    if hasattr(enum, "__enum_values__"):
        values = enum.__enum_values__.values()
    else:
        values = (GObject.enum_get_value(enum, number) for number in range(enum.minimum, enum.maximum + 1))
    return {value.value_nick for value in values if value is not None}


def _choice(spec, value):
    nicks = _nicks(spec.enum_class)
    if value not in nicks:
        raise NaclipError(f'{spec.name} is one of {", ".join(sorted(nicks))}, not "{value}"')
    return value


def _truth(spec, value):
    truth = _TRUTHS.get(str(value).lower())
    if truth is None:
        raise NaclipError(f'{spec.name} is true or false, not "{value}"')
    return truth


def _text(spec, value):
    if not isinstance(value, (str, os.PathLike)):
        raise NaclipError(f'{spec.name} is a str, not "{value!r}"')
    return os.fspath(value)


def _converted(spec, value):
    if spec.value_type in _NUMBERS:
        return _number(spec, value)
    if spec.value_type == GObject.TYPE_BOOLEAN:
        return _truth(spec, value)
    return _choice(spec, value) if hasattr(spec, "enum_class") else _text(spec, value)


def set_properties(element, properties, fixed):
    """Sets properties by their names, in which - may be written as _. A value may also be given as str.

    `fixed` are names of properties that the caller sets itself. Raises NaclipError, which names the property.
    """
    for name, value in properties.items():
        spec = _find(element, name.replace("_", "-"))
        if spec.name in fixed:
            raise NaclipError(f'"{spec.name}" cannot be set here: {fixed[spec.name]}')
        element.set_property(spec.name, _converted(spec, value))
