#!/usr/bin/env python3
"""Writes HTML 5's named character references, as Python's html.unescape knows them, as a C++ header."""
import html
import sys
from html.entities import html5

HEAD = """// Made by generate_html_entities.py.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace naclip {
"""
TABLE = """
/// %s Sorted by name; text is UTF-8.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, %d> %s{{
"""
TAIL = """
}  // namespace naclip
"""


def capitals():
    """Names in small letters by their capitals, as ftfy reads them, where those are no name of HTML's."""
    return {name.upper(): text.upper() for name, text in html5.items()
            if name.endswith(";") and name == name.lower() and html.unescape("&" + name.upper()) == "&" + name.upper()}


def literal(text):
    """Octal escapes end after three digits, unlike hexadecimal ones."""
    return "".join(f"\\{byte:03o}" for byte in text.encode())


def write_table(out, cpp_name, about, entities):
    out.write(TABLE % (about, len(entities), cpp_name))
    for name in sorted(entities):
        out.write(f'    {{"{name}", "{literal(entities[name])}"}},\n')
    out.write("}};\n")


def main():
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write(HEAD)
        write_table(out, "kHtmlEntities", "Names carry their semicolon where HTML asks for one.", html5)
        write_table(out, "kCapitalHtmlEntities", "Names in capitals, with their semicolon.", capitals())
        out.write(TAIL)


main()
