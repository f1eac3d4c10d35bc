#!/usr/bin/env python3
"""Checks what the house promises: no file includes a header that its folder's rule does not allow.

    include_rules_test.py PROJECT_FOLDER

A folder's meson.build says `# May include: FOLDER, FOLDER` among its first lines, or `nothing`. Folders are named from
the project's root; in model/ from there, where `model` is the public headers. Its own headers a folder may include
always. A rule allows nothing that is not included. Rules may not go round in circles, and model/ holds public headers alone: all that are installed.
"""
import pathlib
import re
import sys

RULE = re.compile(r'^# May include: (.*)$', re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
SOURCES = {'.h', '.cpp', '.cu', '.cuh'}
ROOMS = ['model', 'elements', 'gst-plugin', 'examples']


class House:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.problems = []
        self.rules = {}
        self.used = set()  # (folder, folder whose headers it includes)
        for room in ROOMS:
            for sources in sorted(self.root.glob(f'{room}/**/meson.build')):
                self.read_rule(sources)

    def read_rule(self, path):
        rule = RULE.search(path.read_text(encoding='utf-8'))
        folder = path.parent.relative_to(self.root).as_posix()
        if not rule:
            return
        names = [] if rule[1] == 'nothing' else rule[1].split(', ')
        if folder.startswith('model/'):
            names = [name if name.startswith('model') else f'model/{name}' for name in names]
        for name in names:
            if not (self.root / name).is_dir():
                self.problems.append(f'{folder}/meson.build allows {name}, which is no folder')
        self.rules[folder] = names

    def check_file(self, path):
        folder = path.parent.relative_to(self.root).as_posix()
        name = path.relative_to(self.root).as_posix()
        headers = INCLUDE.findall(path.read_text(encoding='utf-8'))
        if headers and folder not in self.rules:
            self.problems.append(f'{name}: {folder}/meson.build says nothing of what may be included')
            return
        for header in headers:
            of = pathlib.PurePosixPath(header).parent.as_posix()
            self.used.add((folder, of))
            if of not in ('.', folder) and of not in self.rules[folder]:
                self.problems.append(f'{name} includes {header}: files of {folder} may not include {of}')

    def check_unused(self):
        for folder, names in self.rules.items():
            for name in names:
                if (folder, name) not in self.used:
                    self.problems.append(f'{folder}/meson.build allows {name}, which no file there includes')

    def check_circles(self):
        above, done = [], set()

        def visit(folder):
            if folder in above:
                self.problems.append('rules in a circle: ' + ' -> '.join(above[above.index(folder):] + [folder]))
                return
            if folder in done:
                return
            above.append(folder)
            for below in self.rules.get(folder, []):
                visit(below)
            done.add(above.pop())

        for folder in self.rules:
            visit(folder)

    def check_public_headers(self):
        text = (self.root / 'model/meson.build').read_text(encoding='utf-8')
        installed = set(re.findall(r"'([a-z_]+\.h)'", re.search(r'install_headers\((.*?)\)', text, re.DOTALL)[1]))
        there = {path.name for path in (self.root / 'model').iterdir() if path.suffix in SOURCES}
        for name in sorted(installed ^ there):
            self.problems.append(f'model/{name}: what lies in model/ is a header, and is installed')

    def check(self):
        files = [path for room in ROOMS for path in sorted((self.root / room).glob('**/*')) if path.suffix in SOURCES]
        if len(files) < 100:
            self.problems.append(f'only {len(files)} files were found')
        for path in files:
            self.check_file(path)
        self.check_unused()
        self.check_circles()
        self.check_public_headers()
        return self.problems


def main(root):
    problems = House(root).check()
    print('\n'.join(problems) or 'every include is one that its folder may have')
    return 1 if problems else 0


sys.exit(main(sys.argv[1]))
