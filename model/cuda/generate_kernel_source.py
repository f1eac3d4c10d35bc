# Writes kernels and their headers as one text in a C++ file, for NVRTC.
#
#   generate_kernel_source.py OUTPUT DECLARATION FUNCTION HEADER... KERNELS
#
# DECLARATION is the header that declares FUNCTION, which returns the text; the rest is in the order in which they
# include each other.
import sys

PIECE = 8000  # compilers need not take string literals of any length


def main():
    output, declaration, function, *inputs = sys.argv[1:]
    lines = []
    for name in inputs:
        with open(name, encoding='utf-8') as file:
            lines += [line for line in file if not line.startswith(('#pragma once', '#include "'))]
    text = ''.join(lines)
    pieces = [text[i:i + PIECE] for i in range(0, len(text), PIECE)]
    with open(output, 'w', encoding='utf-8') as file:
        file.write(f'#include "{declaration}"\n\nnamespace naclip {{\n\n'
                   f'const char *{function}() {{\n  return\n')
        file.writelines(f'R"naclip({piece})naclip"\n' for piece in pieces)
        file.write(';\n}\n\n}  // namespace naclip\n')


main()
