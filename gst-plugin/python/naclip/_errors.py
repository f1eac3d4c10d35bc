"""What goes wrong, in words."""


class NaclipError(Exception):
    """What GStreamer or an element says, and what to do. `debug` is GStreamer's text for developers, or None."""

    def __init__(self, text, debug=None):
        super().__init__(text)
        self.debug = debug
