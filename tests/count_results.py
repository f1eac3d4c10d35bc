#!/usr/bin/env python3
"""Counts the results of `meson test` by GoogleTest case and prints them.

    count_results.py BUILD_FOLDER [PATTERN]

A case whose program and name match PATTERN may not be skipped: it then counts as failed.
A test program that is not GoogleTest counts once, and so does one that died before it could say what its
cases did. Ends with `N passed, N failed, N skipped` alone on a line; the exit status is 1 where something
failed or nothing ran.
"""
import collections
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def read_cases(junit):
    """The cases of each test program: name -> [(case, outcome, message)]."""
    cases = collections.defaultdict(list)
    if not junit.exists():
        return cases
    for suite in ElementTree.parse(junit).getroot().iter('testsuite'):
        # Meson calls a GoogleTest suite project.program.Suite; all other programs are cases of one suite
        # called project.
        program, dot, group = suite.get('name').rpartition('.')
        if not dot:
            continue
        program = program.partition('.')[2]
        for case in suite.iter('testcase'):
            name = f"{group}.{case.get('name')}"
            skipped = case.find('skipped')
            bad = [child for child in case if child.tag in ('failure', 'error')]
            if bad:
                outcome, message = 'failed', bad[0].get('message') or bad[0].text or ''
            elif skipped is not None:
                outcome, message = 'skipped', skipped.get('message') or skipped.text or ''
            elif case.get('status') == 'notrun':
                outcome, message = 'skipped', 'not run (disabled or filtered)'
            else:
                outcome, message = 'passed', ''
            cases[program].append((name, outcome, message))
    return cases


def last_words(program):
    """How a program ended that has no failed case to show for it, and what it said last."""
    status = program.get('returncode', 0)
    how = f'signal {-status}' if status < 0 else f'status {status}'
    said = (program.get('stdout') or '') + '\n' + (program.get('stderr') or '')
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"the program ended with {program['result']}, {how}: " + ' | '.join(lines[-12:])[-2000:]


def main(folder, never_skipped=None):
    logs = pathlib.Path(folder) / 'meson-logs'
    cases = read_cases(logs / 'testlog.junit.xml')
    results = logs / 'testlog.json'
    counts = collections.Counter()
    notes = []
    for line in results.read_text().splitlines() if results.exists() else []:
        program = json.loads(line)
        name = program['name']
        outcomes = cases.pop(name, [])
        as_whole = {'OK': 'passed', 'SKIP': 'skipped', 'EXPECTEDFAIL': 'passed'}.get(
            program['result'], 'failed')
        if as_whole == 'failed' and not any(outcome == 'failed' for _, outcome, _ in outcomes):
            outcomes = outcomes + [('', 'failed', last_words(program))]
        elif not outcomes:
            # A GoogleTest program's own account is missing: believe nothing but the exit status.
            outcomes = [('', as_whole, '')]
        for case, outcome, message in outcomes:
            if outcome == 'skipped' and never_skipped and re.search(never_skipped, f'{name} {case}'):
                outcome, message = 'failed', f'skipped: {message}'
            counts[outcome] += 1
            if outcome != 'passed':
                first_lines = ' '.join(message.split('\n')[:4]).strip()
                notes.append(f'{outcome:8}{name} {case}  {first_lines}'.rstrip())
    print('\n'.join(sorted(notes)))
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts['failed'] or not counts['passed'] else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
