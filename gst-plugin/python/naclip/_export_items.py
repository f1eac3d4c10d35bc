"""What naclip-export exports: some frames of a recording, with one list of classes for all of them."""

import io
import typing

from ._errors import NaclipError
from ._gstreamer import numpy
from ._program import pillow
from ._recording import RecordedRegion, segmentation_of


class Classes:
    """All classes of a recording by id. The ids are the vocabulary's; a label that a later one adds gets the next
    id."""

    def __init__(self, chosen):
        self.labels, self.colours = [], []
        self._chosen = chosen
        self._tables = {}

    def is_chosen(self, number):
        return number > 0 and (not self._chosen or self.labels[number] in self._chosen)

    def chosen(self):
        """The ids of the classes to export, without the background."""
        return [number for number in range(len(self.labels)) if self.is_chosen(number)]

    def missing(self):
        """Labels that were asked for and not seen."""
        return [label for label in self._chosen if label not in self.labels[1:]]

    def ids_of(self, regions):
        """The id of each of a frame's regions, 0 for those that are not exported: an array."""
        key = tuple(region.label for region in regions)
        if key not in self._tables:
            found = [self._id_of(region) for region in regions]
            self._tables[key] = numpy.array([number if self.is_chosen(number) else 0 for number in found])
        return self._tables[key]

    def _id_of(self, region):
        if region.id == 0:
            if not self.labels:
                self.labels.append(region.label)
                self.colours.append(region.colour)
            return 0
        if region.label not in self.labels[1:]:
            self.labels.append(region.label)
            self.colours.append(region.colour)
        return self.labels.index(region.label, 1)


class Item(typing.NamedTuple):
    """A frame to export. `image` is [height, width, 3] and `labels` [height, width], of one size; `regions` are the
    chosen classes as RecordedRegion, with the ids in `labels`."""

    number: int
    name: str
    pts: int
    time: str
    image: typing.Any
    labels: typing.Any
    regions: list

    @property
    def size(self):
        """Width and height."""
        return self.labels.shape[1], self.labels.shape[0]

    def segmentation(self):
        """The labels as a GstNaclip.Segmentation, whose regions reach up to the highest of the chosen ids."""
        by_id = {region.id: region for region in self.regions}
        regions = [by_id.get(number, RecordedRegion(number, f"({number})", 0, 0.0, 0.0, None))
                   for number in range(max(by_id, default=0) + 1)]
        return segmentation_of(self.labels, regions, self.pts)


def _scaled(image, rectangle, size):
    """The part of a picture that a mask covers, at the mask's size."""
    left, top, width, height = rectangle
    pillow_image = pillow()
    found = pillow_image.fromarray(image).crop((left, top, left + width, top + height))
    return numpy.asarray(found.resize((size[1], size[0]), pillow_image.BILINEAR))


def item_of(frame, number, name, classes, at_mask_size):
    """A frame of a recording as an Item."""
    regions = frame.regions_in_order
    ids = classes.ids_of(regions)
    labels = ids[frame.mask if at_mask_size else frame.labels()]
    labels = labels.astype(numpy.uint8 if len(classes.labels) <= 256 else numpy.uint16)
    image = _scaled(frame.image, frame.rectangle, frame.mask.shape) if at_mask_size else frame.image
    exported = {}
    for region, number_of_class in zip(regions, ids.tolist()):
        if number_of_class > 0:
            exported.setdefault(number_of_class, region._replace(id=number_of_class))
    return Item(number, name, frame.pts, frame.time, image, labels, list(exported.values()))


def encoded(image, layout, **settings):
    """A Pillow image as bytes of a file: `layout` is jpg or png."""
    content = io.BytesIO()
    image.save(content, **({"format": "JPEG", "quality": 92} if layout == "jpg" else {"format": "PNG"}), **settings)
    return content.getvalue()


def picture_file(item, layout):
    """The picture as bytes of a file."""
    return encoded(pillow().fromarray(item.image), layout)


def label_file(labels, colours=None):
    """Labels as bytes of a PNG: gray, or with a palette of up to 256 `colours` (0xRRGGBB); of 16 bits where these do
    not suffice."""
    pillow_image = pillow()
    if labels.dtype.itemsize == 2:
        return encoded(pillow_image.frombytes("I;16", labels.shape[::-1], labels.astype("<u2").tobytes()), "png")
    image = pillow_image.fromarray(labels)
    if colours is not None:
        image.putpalette([colour >> shift & 255 for colour in colours for shift in (16, 8, 0)])
    return encoded(image, "png")


def colour_file(labels, colours):
    """Labels as bytes of a PNG in three channels: `colours` (0xRRGGBB) by id."""
    table = numpy.array([[colour >> shift & 255 for shift in (16, 8, 0)] for colour in colours], numpy.uint8)
    return encoded(pillow().fromarray(table[labels]), "png")


def check_classes(classes, source):
    """Raises NaclipError where a class that was asked for is not in the recording."""
    if classes.missing():
        known = ", ".join(classes.labels[1:])
        raise NaclipError(f"no class {', '.join(classes.missing())} in {source}: it has {known}")
