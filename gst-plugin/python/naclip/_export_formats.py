"""The formats of naclip-export. Each gives the files of an item and what to keep of it, and at the end the files of
all.

An item is an Item; what is kept is JSON. `finish()` gets the ExportFolder, the Classes and the options.
"""

import colorsys
import csv
import io
import json
import urllib.parse
import zipfile
from xml.sax.saxutils import quoteattr

from ._brush_rle import brush_rle
from ._export_items import colour_file, label_file, picture_file
from ._gstreamer import numpy


def _hex(colour):
    return f"#{colour:06x}"


def _json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _listed(entries):
    """The parts of a JSON list, an entry a line."""
    before = "[\n"
    for entry in entries:
        yield before + _json(entry)
        before = ",\n"
    yield "[]" if before == "[\n" else "\n]"


def _encoded(parts):
    return (part.encode() for part in parts)


def _table(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _bridged(rings):
    """A part's rings, [N, 2] each, as one: COCO's polygons know no holes. Each hole is reached by a line and left by
    the same line."""
    outline = rings[0]
    for hole in rings[1:]:
        distances = numpy.abs(outline[:, None] - hole[None]).sum(axis=2)
        here, there = numpy.unravel_index(distances.argmin(), distances.shape)
        outline = numpy.concatenate([outline[:here + 1], hole[there:], hole[:there + 1], outline[here:]])
    return outline


def _area(ring):
    """The area of a ring, positive where it runs clockwise on the picture."""
    x, y = ring[:, 0].astype(float), ring[:, 1].astype(float)
    return float((x * numpy.roll(y, -1) - numpy.roll(x, -1) * y).sum() / 2)


class Coco:
    """COCO's instances: one annotation a class and picture."""

    def files(self, item, classes, options):
        name = f"images/{item.name}.{options.image_format}"
        return {name: picture_file(item, options.image_format)}

    def about(self, item, classes, options):
        segmentation = item.segmentation()
        polygons = segmentation.polygons(options.tolerance) if options.segmentation == "polygons" else {}
        annotations = []
        for entry in segmentation.coco():
            label = entry.pop("category_name")
            if polygons:
                parts = polygons[label]
                entry["segmentation"] = [_bridged(part).ravel().tolist() for part in parts]
                entry["area"] = sum(_area(ring) for part in parts for ring in part)
            annotations.append(dict(entry, iscrowd=0, score=round(entry["score"], 4)))
        image = {"file_name": f"{item.name}.{options.image_format}", "width": item.size[0], "height": item.size[1]}
        if item.time:
            image["date_captured"] = item.time
        return {"image": dict(image, pts=item.pts), "annotations": annotations}

    def _annotations(self, folder):
        number = 0
        for image, entry in enumerate(folder.entries(), 1):
            for annotation in entry["annotations"]:
                number += 1
                yield {"id": number, "image_id": image, **annotation}

    def finish(self, folder, classes, options):
        def parts():
            yield '{"info":' + _json({"description": f"{options.stem}, exported by naclip-export"})
            yield ',\n"categories":' + _json([{"id": number, "name": classes.labels[number],
                                              "color": _hex(classes.colours[number])} for number in classes.chosen()])
            yield ',\n"images":'
            yield from _listed({"id": image, **entry["image"]} for image, entry in enumerate(folder.entries(), 1))
            yield ',\n"annotations":'
            yield from _listed(self._annotations(folder))
            yield "}\n"

        folder.write("annotations.json", _encoded(parts()))
        return "annotations.json"


def _told_apart(colours):
    """The same colours, with others in place of black, which is the background's, and of those that came before."""
    found = [0]
    for number, colour in enumerate(colours[1:]):
        turn = 0
        while colour in found:
            red, green, blue = colorsys.hsv_to_rgb((number * 0.618 + turn * 0.07) % 1, 0.8, 0.9)
            colour = round(255 * red) << 16 | round(255 * green) << 8 | round(255 * blue)
            turn += 1
        found.append(colour)
    return found


def _voc_colour(number):
    """The colour of PASCAL VOC's n-th object: its bits in turn for red, green and blue, from the highest bit down."""
    red = green = blue = 0
    for bit in range(8):
        red |= (number & 1) << 7 - bit
        green |= (number >> 1 & 1) << 7 - bit
        blue |= (number >> 2 & 1) << 7 - bit
        number >>= 3
    return red << 16 | green << 8 | blue


class Cvat:
    """CVAT's Segmentation mask 1.1, which is PASCAL VOC's with a list of labels. Each class of a picture is one
    object."""

    def files(self, item, classes, options):
        colours = _told_apart(classes.colours)
        present = numpy.unique(item.labels)
        objects = numpy.zeros(len(classes.labels), int)
        objects[present] = numpy.arange(len(present)) + (0 if present[0] == 0 else 1)
        return {
            f"JPEGImages/{item.name}.{options.image_format}": picture_file(item, options.image_format),
            f"SegmentationClass/{item.name}.png": colour_file(item.labels, colours),
            f"SegmentationObject/{item.name}.png": colour_file(item.labels, [_voc_colour(one) for one in objects]),
        }

    def about(self, item, classes, options):
        return {"name": item.name}

    def _labels(self, classes):
        yield "# label:color_rgb:parts:actions\nbackground:0,0,0::\n"
        colours = _told_apart(classes.colours)
        for number in classes.chosen():
            name = classes.labels[number].replace(":", " ").lstrip("#")
            yield f"{name}:{colours[number] >> 16},{colours[number] >> 8 & 255},{colours[number] & 255}::\n"

    def finish(self, folder, classes, options):
        folder.write("labelmap.txt", _encoded(self._labels(classes)))
        folder.write("ImageSets/Segmentation/default.txt",
                     _encoded(f"{entry['name']}\n" for entry in folder.entries()))

        def zipped(file):
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for name in ("labelmap.txt", "ImageSets/Segmentation/default.txt", *folder.files()):
                    archive.write(folder.path / name, name)

        folder.write("cvat.zip", zipped)
        return "cvat.zip"


class LabelStudio:
    """Label Studio's tasks, with predictions of brush labels, and the configuration that they belong to."""

    def files(self, item, classes, options):
        return {f"images/{item.name}.{options.image_format}": picture_file(item, options.image_format)}

    def about(self, item, classes, options):
        prefix = options.image_prefix
        if prefix is None:
            prefix = f"/data/local-files/?d={urllib.parse.quote(options.folder_name)}/images/"
        width, height = item.size
        results = [{
            "id": f"{item.name}-{region.id}",
            "from_name": "tag",
            "to_name": "image",
            "type": "brushlabels",
            "original_width": width,
            "original_height": height,
            "image_rotation": 0,
            "value": {"format": "rle", "rle": brush_rle(item.labels == region.id), "brushlabels": [region.label]},
            "score": round(region.confidence, 4),
        } for region in item.regions if (item.labels == region.id).any()]
        return {"data": {"image": f"{prefix}{item.name}.{options.image_format}", "pts": item.pts},
                "predictions": [{"model_version": "gst-naclip", "result": results}]}

    def finish(self, folder, classes, options):
        labels = "".join(f"    <Label value={quoteattr(classes.labels[number])} "
                         f'background="{_hex(classes.colours[number])}"/>\n' for number in classes.chosen())
        folder.write("label-config.xml", [('<View>\n  <Image name="image" value="$image" zoom="true"/>\n'
                                           '  <BrushLabels name="tag" toName="image">\n'
                                           f"{labels}  </BrushLabels>\n</View>\n").encode()])
        folder.write("tasks.json", _encoded(_listed(folder.entries())))
        return "tasks.json"


class FiftyOne:
    """FiftyOne's ImageSegmentationDirectory. Its masks are gray: of those with a palette it would read the colours."""

    def files(self, item, classes, options):
        return {f"data/{item.name}.{options.image_format}": picture_file(item, options.image_format),
                f"labels/{item.name}.png": label_file(item.labels)}

    def about(self, item, classes, options):
        return {}

    def finish(self, folder, classes, options):
        targets = {number: classes.labels[number] for number in classes.chosen()}
        folder.write("mask_targets.json", [json.dumps(targets, ensure_ascii=False, indent=1).encode() + b"\n"])
        return "mask_targets.json"


class Png:
    """Pictures, and label maps with the classes' colours as palette."""

    def files(self, item, classes, options):
        return {f"pictures/{item.name}.{options.image_format}": picture_file(item, options.image_format),
                f"labels/{item.name}.png": label_file(item.labels, classes.colours)}

    def about(self, item, classes, options):
        return {}

    def finish(self, folder, classes, options):
        rows = [[number, classes.labels[number], _hex(classes.colours[number])] for number in (0, *classes.chosen())]
        folder.write("classes.csv", [_table([["id", "label", "colour"], *rows]).encode()])
        return "classes.csv"


class Csv:
    """One row a frame and class. Boxes are in pixels of the frame."""

    def files(self, item, classes, options):
        return {}

    def about(self, item, classes, options):
        return _table([[item.number, item.pts, f"{item.pts / 1e9:.3f}", item.time, region.id, region.label,
                        f"{region.share:.6f}", f"{region.confidence:.4f}", *(region.box or [""] * 4)]
                       for region in item.regions])

    def finish(self, folder, classes, options):
        def parts():
            yield "frame,pts,seconds,time,id,label,share,confidence,left,top,width,height\n"
            yield from folder.entries()

        folder.write("shares.csv", _encoded(parts()))
        return "shares.csv"


FORMATS = {
    "coco": (Coco, "COCO's instances, annotations.json and images/"),
    "cvat": (Cvat, "CVAT's Segmentation mask 1.1, cvat.zip"),
    "labelstudio": (LabelStudio, "Label Studio's tasks with brush labels, tasks.json, label-config.xml and images/"),
    "fiftyone": (FiftyOne, "FiftyOne's ImageSegmentationDirectory, data/, labels/ and mask_targets.json"),
    "png": (Png, "pictures/, and labels/ with the classes' colours as palette"),
    "csv": (Csv, "shares, confidences and boxes, shares.csv"),
}
