# SPDX-License-Identifier: Apache-2.0
"""Rule: every source says under which licence it is and what it is for, stays small, and leaves
nothing marked for later."""

import re

import house

LICENCE = "SPDX-License-Identifier: Apache-2.0"
PURPOSE = {".h": "// ", ".cpp": "// ", ".sh": "# ", ".py": '"""'}
LINES = {".h": 200, ".cpp": 400}
TEST_LINES = 600  # a test is read case by case
LATER = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME)\\b")
FIRST_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def check(root):
    findings = []
    for path in house.tree(root, tuple(PURPOSE) + (".txt", ".md", ".cmake")):
        text = (root / path).read_text()
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            if LATER.search(line):
                findings.append(house.Finding(path, number, "do it now, or open an issue"))
        suffix = "." + path.rsplit(".", 1)[1]
        if suffix in PURPOSE:
            findings += check_head(path, suffix, text, lines)
            findings += check_size(path, suffix, lines)
    return findings


def check_head(path, suffix, text, lines):
    start = 1 if lines and lines[0].startswith("#!") else 0
    comment = PURPOSE[suffix] if suffix != ".py" else "# "
    if lines[start:start + 1] != [comment + LICENCE]:
        yield house.Finding(path, start + 1, f'the first line is "{comment}{LICENCE}"')
        return
    purpose = lines[start + 1] if len(lines) > start + 1 else ""
    if not purpose.startswith(PURPOSE[suffix]) and not is_told_by_header(path, text):
        yield house.Finding(path, start + 2, "what is this file for? Say it below the licence")


def is_told_by_header(path, text):
    """x.cpp that begins with x.h, or a test that begins with what it tests: that says it."""
    match = FIRST_INCLUDE.search(text)
    if not path.endswith(".cpp") or match is None:
        return False
    if path.endswith("_test.cpp"):
        return not match.group(1).startswith("tests/")
    return match.group(1).rsplit("/", 1)[-1] == path.rsplit("/", 1)[-1].removesuffix("cpp") + "h"


def check_size(path, suffix, lines):
    most = TEST_LINES if path.endswith("_test.cpp") else LINES.get(suffix)
    if most is not None and len(lines) > most:
        yield house.Finding(path, most + 1, f"{len(lines)} lines, {most} are allowed: split it")
