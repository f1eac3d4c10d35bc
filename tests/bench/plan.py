"""What report.py measures, what it compares, and the rows of its table."""

from programs import PRECISIONS
from roofline import drawing, refinement, text, vision

WORDS = 56  # of VOC21's list
BASELINE, ENGINE, FRESH = "baseline", "engine", "fresh engine"


class Measure:
    """One stage of one side. rounds: of the full run and of the quick one; 0 leaves it out."""

    def __init__(self, name, side, rounds, stage, each=1, **settings):
        self.name, self.side, self.rounds = name, side, rounds
        self.stage, self.each, self.settings = stage, each, settings


def each_precision(name, rounds, stage, precisions=PRECISIONS, **settings):
    return [
        Measure(f"{name}-{precision}", ENGINE, rounds, stage, precision=precision, **settings)
        for precision in precisions
    ]


# What stands in one group is measured in turn, round by round.
GROUPS = [
    [
        Measure("preprocess-baseline", BASELINE, (5, 3), "preprocess", each=5),
        Measure("preprocess", ENGINE, (5, 3), "preprocess", each=20),
    ],
    [
        Measure("encoder-baseline", BASELINE, (7, 2), "encoder"),
        *each_precision("encoder", (7, 2), "encoder"),
    ],
    [
        Measure("slide-baseline", BASELINE, (5, 2), "slide"),
        *each_precision("slide", (5, 2), "slide"),
    ],
    [
        Measure("pamr-baseline", BASELINE, (2, 1), "pamr"),
        Measure("pamr", ENGINE, (5, 2), "pamr", each=2),
        Measure("tlp", ENGINE, (5, 2), "tlp", each=10),
    ],
    [
        Measure("softmax-21", BASELINE, (5, 2), "softmax", each=3, words=21),
        Measure("decode-21-baseline", BASELINE, (5, 2), "decode", each=3, words=21),
        Measure("decode-21", ENGINE, (5, 2), "decode", each=5, words=21),
        Measure(
            "decode-21-patches", ENGINE, (5, 2), "decode", each=5, words=21, **{"from": "patches"}
        ),
    ],
    [
        Measure("softmax-171", BASELINE, (5, 1), "softmax", each=2, words=171),
        Measure("decode-171-baseline", BASELINE, (5, 1), "decode", each=2, words=171),
        Measure("decode-171", ENGINE, (5, 1), "decode", each=3, words=171),
    ],
    [
        Measure("frame-21-baseline", BASELINE, (2, 1), "segment", vocabulary="words-21.vocabulary"),
        *each_precision("frame-21", (5, 2), "segment", vocabulary="words-21.vocabulary"),
    ],
    [
        Measure("frame-voc21-baseline", BASELINE, (1, 0), "segment", vocabulary="voc21.vocabulary"),
        *each_precision(
            "frame-voc21", (5, 1), "segment", PRECISIONS[:2], vocabulary="voc21.vocabulary"
        ),
    ],
    # That of the start-up's measure.
    [
        Measure(
            "whole-frame", ENGINE, (5, 2), "segment", precision="auto", window=0, steps=0, mask="input"
        )
    ],
    # Only compared: the random network's labels are all one.
    [
        Measure("demo-baseline", BASELINE, (1, 1), "demo"),
        *each_precision(
            "demo", (1, 1), "segment", model="demo.safetensors", vocabulary="demo.txt", frame="demo"
        ),
    ],
    [
        Measure("text-baseline", BASELINE, (3, 1), "text", vocabulary="voc21.vocabulary", words=2),
        *each_precision("text", (2, 1), "text", PRECISIONS[:2]),
        *each_precision(
            "text-21", (3, 1), "text", PRECISIONS[:2], vocabulary="words-21.vocabulary"
        ),
        *each_precision("more-text", (3, 1), "more_text", PRECISIONS[:2]),
        Measure("text-warm", ENGINE, (1, 1), "text", each=7, cache="words"),
    ],
    [
        Measure("load-baseline", BASELINE, (3, 1), "load"),
        Measure("load-torchscript-baseline", BASELINE, (3, 1), "load_torchscript"),
        Measure("load", FRESH, (3, 1), "load"),
        Measure("load-torchscript", FRESH, (3, 1), "load", model="model-torchscript.pt"),
        Measure("load-words", FRESH, (1, 1), "load", words=1),
        Measure("load-words-torchscript", FRESH, (1, 1), "load", words=1, model="model-torchscript.pt"),
    ],
]

# Whose outcomes have to be equal: ours, the baseline's, how, and the limit.
AGREEMENTS = [
    ("preprocess", "preprocess-baseline", "mean difference", 0.01),
    ("encoder-float32", "encoder-baseline", "relative error", 1e-4),
    ("encoder-bfloat16", "encoder-baseline", "1 - cosine", 1e-2),
    ("encoder-int8", "encoder-baseline", "1 - cosine", 1e-2),
    ("slide-float32", "slide-baseline", "relative error", 1e-4),
    ("slide-bfloat16", "slide-baseline", "relative error", 5e-2),
    ("slide-int8", "slide-baseline", "relative error", 5e-2),
    ("pamr", "pamr-baseline", "relative error", 1e-4),
    ("decode-21", "decode-21-baseline", "labels that differ", 1e-3),
    ("decode-171", "decode-171-baseline", "labels that differ", 1e-3),
    ("demo-float32", "demo-baseline", "labels that differ", 5e-3),
    ("demo-bfloat16", "demo-baseline", "labels that differ", 3e-2),
    ("demo-int8", "demo-baseline", "labels that differ", 3e-2),
]


class Row:
    """target: at most so much of the baseline ("ratio") or so many seconds ("seconds")."""

    def __init__(self, title, baseline, ours, target=None, limit=None, scale=1.0):
        self.title, self.baseline, self.ours = title, baseline, ours
        self.target, self.limit, self.scale = target, limit, scale


FRAME = "one frame of 1280 x 720, paper's settings, mask of its size,"
ROWS = [
    Row(
        "preprocess, 1080p NV12 to 336 short side",
        "preprocess-baseline",
        "preprocess",
        "seconds",
        2e-3,
    ),
    Row("encoder, 336 x 448, whole, float32", "encoder-baseline", "encoder-float32", "ratio", 0.9),
    Row(
        "encoder, 336 x 448, whole, bfloat16", "encoder-baseline", "encoder-bfloat16", "ratio", 0.55
    ),
    Row("encoder, 336 x 448, whole, int8", "encoder-baseline", "encoder-int8", "ratio", 0.36),
    Row(
        "the same picture by windows of 224, stride 112, float32", "slide-baseline", "slide-float32"
    ),
    Row(
        "the same picture by windows of 224, stride 112, bfloat16",
        "slide-baseline",
        "slide-bfloat16",
        "ratio",
        0.4,
    ),
    Row("the same picture by windows of 224, stride 112, int8", "slide-baseline", "slide-int8"),
    Row(
        "PAMR, 10 steps, dilations 8 and 16, 21 words, 1280 x 720",
        "pamr-baseline",
        "pamr",
        "ratio",
        0.01,
    ),
    Row("TLP of the same, stretched to 1280 x 720; baseline: our PAMR", "pamr", "tlp", "ratio", 0.08),
    Row(
        "scores to labels, 21 words, 1280 x 720; baseline: softmax and arg max alone",
        "softmax-21",
        "decode-21",
        "ratio",
        0.2,
    ),
    Row("the same; baseline: upsampling and classes included", "decode-21-baseline", "decode-21"),
    Row(
        "the same from the grid of patches (whole picture, no refinement)",
        "softmax-21",
        "decode-21-patches",
    ),
    Row(
        "scores to labels, 171 words; baseline: softmax and arg max alone",
        "softmax-171",
        "decode-171",
    ),
    Row("the same; baseline: upsampling and classes included", "decode-171-baseline", "decode-171"),
    Row(FRAME + " 21 words, float32", "frame-21-baseline", "frame-21-float32", "ratio", 0.025),
    Row(FRAME + " 21 words, bfloat16", "frame-21-baseline", "frame-21-bfloat16", "ratio", 0.025),
    Row(FRAME + " 21 words, int8", "frame-21-baseline", "frame-21-int8", "seconds", 0.75),
    Row(
        FRAME + f" VOC21's {WORDS} words, float32",
        "frame-voc21-baseline",
        "frame-voc21-float32",
        "ratio",
        0.025,
    ),
    Row(
        FRAME + f" VOC21's {WORDS} words, bfloat16",
        "frame-voc21-baseline",
        "frame-voc21-bfloat16",
        "ratio",
        0.025,
    ),
    Row(
        f"{WORDS} words x 80 templates, cold, float32",
        "text-baseline",
        "text-float32",
        scale=WORDS / 2,
    ),
    Row(
        f"{WORDS} words x 80 templates, cold, bfloat16",
        "text-baseline",
        "text-bfloat16",
        "ratio",
        0.08,
        WORDS / 2,
    ),
    Row("21 words x 80 templates, cold, float32", None, "text-21-float32"),
    Row("21 words x 80 templates, cold, bfloat16", None, "text-21-bfloat16", "seconds", 1.0),
    Row("one more word x 80 templates, float32", None, "more-text-float32"),
    Row("one more word x 80 templates, bfloat16", None, "more-text-bfloat16"),
    Row(f"the {WORDS} words, warm from disk", None, "text-warm", "seconds", 0.05),
    Row("load ViT-B/16, safetensors", "load-baseline", "load", "seconds", 1.0),
    Row(
        "load ViT-B/16, TorchScript",
        "load-torchscript-baseline",
        "load-torchscript",
        "seconds",
        3.0,
    ),
    Row(
        "gst-launch-1.0 from its start to its end, one frame of 1280 x 720, whole picture, no refinement, "
        "21 words on disk; baseline: identity",
        "startup-identity",
        "startup",
        "seconds",
        1.2,
    ),
    Row("- of these: opening libnaclip and what it needs", None, "startup-libraries"),
    Row("- and the frame itself, by a model that has seen others", None, "whole-frame"),
    Row(
        "overlay, 1080p I420, contours and legend, one core, a new mask each frame",
        None,
        "overlay-new-mask",
        "seconds",
        2e-3,
    ),
    Row("the same, the same mask again", None, "overlay-same-mask", "seconds", 2e-3),
    Row("the same of 2160p, a new mask each frame", None, "overlay-4k-new-mask", "seconds", 4e-3),
    Row("the same, the same mask again", None, "overlay-4k-same-mask", "seconds", 0.6e-3),
    Row(
        "a frame that is not inferred, 1080p, through naclipsegment; baseline: identity",
        "identity",
        "not-inferred",
        "seconds",
        50e-6,
    ),
]


def work_of(name, tokens):
    """The parts of a measure's work, see roofline.py; none where nothing is known of it. tokens: by measure, those that
    the text tower reads."""
    stage, _, precision = name.rpartition("-")
    if precision not in PRECISIONS:
        stage = name
    if stage == "encoder":
        return [vision(precision, 336, 448)]
    if stage == "slide":
        return [vision(precision, 224, 224, 6)]
    if stage == "frame-21":
        return [vision(precision, 224, 224, 10), refinement(21, 720, 1280, 10)]
    if stage in ("text", "text-21"):
        return [text(precision, tokens[name])]
    if stage == "pamr":
        return [refinement(21, 720, 1280, 10)]
    if stage in ("overlay-new-mask", "overlay-same-mask"):
        return [drawing(1080, 1920)]
    if stage in ("overlay-4k-new-mask", "overlay-4k-same-mask"):
        return [drawing(2160, 3840)]
    return []
