#!/usr/bin/env python3
"""Writes tests/data/cleaning.json: texts of every kind, and what CLIP's tokenizer makes of them before it cuts them.

    pip install ftfy==6.3.1
    tests/model/text/make_cleaning_vectors.py tests/data/cleaning.json [texts of a kind, 25 by default]

No text looks wrongly decoded to ftfy: Latin-1's letters, which such text is full of, are left out.
"""
import html
import json
import random
import sys
from html.entities import html5

import ftfy

RANDOM = random.Random(2)
WORDS = "a red car person dog it's the Blue SKY Traffic-Light fire hydrant 12 3.5 tree &".split()
NAMES = sorted(html5)


def clip_cleaned(text):
    """openai/CLIP, clip/simple_tokenizer.py: ftfy, HTML unescaped twice, single spaces, lower case."""
    return " ".join(html.unescape(html.unescape(ftfy.fix_text(text))).split()).lower()


def characters(*ranges):
    return [chr(c) for first, last in ranges for c in range(first, last + 1)]


LIGATURES = characters((0x132, 0x133), (0x149, 0x149), (0x1C4, 0x1CC), (0x1F1, 0x1F3), (0xFB00, 0xFB06), (0x153, 0x153))
WIDTHS = characters((0x3000, 0x3000), (0xFF01, 0xFFEF))
CONTROLS = characters((1, 0x1F), (0x7F, 0x7F), (0x200B, 0x200F), (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFD))
LATIN_1_CONTROLS = characters((0x80, 0x9F))
SPACES = characters((9, 0xD), (0x1C, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x2002, 0x2003), (0x2028, 0x2029), (0x3000, 0x3000))
COMBINING = characters((0x300, 0x36F), (0x3099, 0x309A), (0x1100, 0x1100), (0x1161, 0x1161), (0x212B, 0x212B), (0x1E9B, 0x1E9B))
QUOTES = list("‘’‚‛“”„‟ʼ«»‹›`´′″'\"")
CASES = list("İIıiΣσςΑΆΟẞǅΩʹ.'’ⅣⒶ")


def words(most=3):
    return " ".join(RANDOM.choice(WORDS) for _ in range(RANDOM.randint(1, most)))


def joined(pieces, most):
    return "".join(RANDOM.choice(pieces) for _ in range(RANDOM.randint(1, most)))


def with_some(pool, most=4, text=None):
    letters = list(text or words())
    for _ in range(RANDOM.randint(1, most)):
        letters.insert(RANDOM.randint(0, len(letters)), RANDOM.choice(pool))
    return "".join(letters)


def number():
    value = RANDOM.choice([RANDOM.randint(0, 0xFF), RANDOM.randint(0x100, 0x2100), 0x2019, 0xFF21, 0xFB01, 0xD800, 0x110000])
    return RANDOM.choice(["%d", "0%d", "x%x", "X%X", "x000%x"]) % value + RANDOM.choice([";", ";", ""])


def reference():
    return "&" + RANDOM.choice([
        lambda: RANDOM.choice(NAMES), lambda: RANDOM.choice(NAMES).upper(), lambda: "#" + number(),
        lambda: RANDOM.choice(["rsquo;", "quot;", "lt;", "nbsp;", "EACUTE;", "SZLIG;", "filig;", "semi;", "notit;", "amp"]),
        lambda: "#" + "0" * RANDOM.randint(20, 23) + "65;"])()


def escaped(text, levels):
    return text.replace("&", "&" + "amp;" * levels)


def terminal_escape():
    return (RANDOM.choice(["\x1b[", "\x1b[", "\x1b[", "\x1b", "\x1b\x1b["]) + RANDOM.choice(["", "31", "1;2", "٣", "1\x01", "?25"])
            + RANDOM.choice(["m", "K", "ｍ", "é", ""]))


def line():
    return RANDOM.choice([words, reference, lambda: reference() + "<", lambda: "<b>" + reference(), lambda: "&lt;" + reference(),
                          lambda: escaped(reference(), 2), lambda: "＜" + reference()])()


KINDS = {
    "plain": lambda: words(5) + RANDOM.choice(["", "!", "?", " 99"]),
    "scripts and emoji": lambda: words() + " " + joined(characters((0x410, 0x44F), (0x4E00, 0x4E10), (0x1F300, 0x1F310), (0x200D, 0x200D)), 4),
    "combining": lambda: with_some(COMBINING, 5),
    "case": lambda: with_some(CASES, 6).upper(),
    "quotes": lambda: with_some(QUOTES),
    "white space": lambda: with_some(SPACES),
    "ligatures": lambda: with_some(LIGATURES),
    "width": lambda: with_some(WIDTHS, 6),
    "wide references": lambda: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and RANDOM.random() < 0.4 else c for c in words() + reference()),
    "controls": lambda: with_some(CONTROLS),
    "Latin-1 controls": lambda: with_some(LATIN_1_CONTROLS, 2),
    "terminal escapes": lambda: words(1) + terminal_escape() + words(1) + terminal_escape(),
    "references": lambda: words(1) + reference() + words(1) + reference(),
    "escaped references": lambda: words(1) + escaped(reference(), RANDOM.randint(1, 5)) + words(1),
    "chains": lambda: joined(["&", "amp;", "AMP;", "#38;", "#x26;", "lt;", "#97;", "p;", "#51;1m", "\x1b[", "\x01", "&#97;mp;"], 9),
    "lines": lambda: joined(["\n", "\r\n", "\u2028"], 1).join(line() for _ in range(RANDOM.randint(1, 4))),
}


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 25
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write('{\n"made by": "tests/model/text/make_cleaning_vectors.py",\n')
        out.write(f'"ftfy": "{ftfy.__version__}",\n"vectors": [\n')
        vectors = [(kind, text, clip_cleaned(text)) for kind, make in KINDS.items() for text in (make() for _ in range(count))]
        out.write(",\n".join(json.dumps(vector) for vector in vectors))
        out.write("\n]\n}\n")


main()
