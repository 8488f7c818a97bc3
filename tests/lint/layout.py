# SPDX-License-Identifier: Apache-2.0
"""Rule: every source is laid out as clang-format 14 lays it out by .clang-format.

Other versions lay some constructs out differently, so only version 14 is asked.
"""

import re
import shutil
import subprocess

import house

PLACE = re.compile(r"^(.+?):(\d+):\d+: error: ")


def find_clang_format():
    for name in ("clang-format-14", "clang-format"):
        program = shutil.which(name)
        if program is None:
            continue
        version = subprocess.run([program, "--version"], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        if re.search(r"version 14\.", version):
            return program
    return None


def check(root):
    """None when there is no clang-format 14 on this machine."""
    program = find_clang_format()
    if program is None:
        return None
    sources = list(house.tree(root, house.SOURCE_SUFFIXES))
    result = subprocess.run([program, "--dry-run", "-Werror", "--style=file", *sources], cwd=root,
                            text=True, stderr=subprocess.PIPE, check=False)
    wrong = {}
    for line in result.stderr.splitlines():
        if match := PLACE.match(line):
            wrong.setdefault(match.group(1), int(match.group(2)))
    if result.returncode != 0 and not wrong:
        return [house.Finding(".clang-format", 1, result.stderr.strip())]
    return [house.Finding(path, line, f"run clang-format 14 -i {path}")
            for path, line in wrong.items()]
