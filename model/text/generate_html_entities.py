#!/usr/bin/env python3
"""Writes HTML 5's named character references, as Python's html.unescape knows them, as a C++ header."""
import sys
from html.entities import html5

HEAD = """// Made by generate_html_entities.py; names carry their semicolon where HTML asks for one.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace naclip {

/// Sorted by name; text is UTF-8.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, %d> kHtmlEntities{{
"""
TAIL = """}};

}  // namespace naclip
"""


def literal(text):
    """Octal escapes end after three digits, unlike hexadecimal ones."""
    return "".join(f"\\{byte:03o}" for byte in text.encode())


def main():
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write(HEAD % len(html5))
        for name in sorted(html5):
            out.write(f'    {{"{name}", "{literal(html5[name])}"}},\n')
        out.write(TAIL)


main()
