#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tree to its own rules. Prints one line per violation and exits 1 if there is any.

lint.py includes|heads|layout [--root DIR]
lint.py symbols [--root DIR] --build DIR

Exit 77: a program that the rule needs is not installed, so nothing was checked.
"""

import argparse
import pathlib
import sys

import heads
import includes
import layout
import symbols

SKIPPED = 77


def main():
    parser = argparse.ArgumentParser(description="Holds the tree to its own rules.")
    parser.add_argument("rule", choices=("includes", "heads", "layout", "symbols"))
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--build", type=pathlib.Path)
    arguments = parser.parse_args()

    if arguments.rule == "symbols":
        if arguments.build is None:
            parser.error("symbols needs --build")
        findings = symbols.check(arguments.root, arguments.build)
    else:
        rule = {"includes": includes, "heads": heads, "layout": layout}[arguments.rule]
        findings = rule.check(arguments.root)
    if findings is None:
        print(f"SKIPPED, NOTHING WAS CHECKED: {arguments.rule} needs clang-format 14 (package "
              "clang-format-14)", file=sys.stderr)
        return SKIPPED
    for finding in sorted(findings):
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
