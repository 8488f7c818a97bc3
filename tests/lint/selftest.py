#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that lint.py can fail: plants one violation of each kind in a copy of the tree and demands
that each is named, that nothing else is, and that the copy was clean before.

selftest.py --compiler CXX    exit 1 and one line per broken promise

What is allowed is written down here a second time, so that a slip in house.py shows.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"
HEAD = LICENCE + "// Planted by the self-test.\n"
SKIPPED = 77

CORE = "base crypto dht tunnel network vswitch encap nat control node".split()
ROOMS = [f"core/{room}" for room in CORE] + ["platform", "cli", "gui", "tests"]
ALLOWED = {
    "core/base": [],
    "core/crypto": ["core/base"],
    "core/dht": ["core/base", "core/crypto"],
    "core/tunnel": ["core/base", "core/crypto"],
    "core/network": ["core/base", "core/crypto"],
    "core/vswitch": ["core/base"],
    "core/encap": ["core/base"],
    "core/nat": ["core/base"],
    "core/control": ["core/base"],
    "core/node": [f"core/{room}" for room in CORE if room != "node"],
    "platform": [f"core/{room}" for room in CORE],
    "cli": [f"core/{room}" for room in CORE] + ["platform"],
    "gui": [f"core/{room}" for room in CORE],
    "tests": ROOMS,
}
# Header -> the rooms in which it may be included.
FOREIGN = {
    "sodium.h": ["core/crypto", "tests"],
    "intel-ipsec-mb.h": ["core/crypto", "tests"],
    "nettle/sha1.h": ["core/crypto", "tests"],
    "nlohmann/json.hpp": ["core/control", "tests"],
    "uv.h": ["platform", "tests"],
    "libmnl/libmnl.h": ["platform", "tests"],
    "spdlog/spdlog.h": ["platform", "tests"],
    "miniupnpc/miniupnpc.h": ["platform", "tests"],
    "systemd/sd-daemon.h": ["platform", "tests"],
    "qrencode.h": ["cli", "tests"],
    "CLI/CLI.hpp": ["cli", "tests"],
    "QWidget": ["gui", "tests"],
    "QtCore/QString": ["gui", "tests"],
    "doctest/doctest.h": ["tests"],
    "sys/socket.h": ["platform", "tests"],
    "unistd.h": ["platform", "tests"],
    "pthread.h": ["platform", "tests"],
    "linux/if_tun.h": ["platform", "tests"],
    "nobody/knows/this.h": ["platform", "tests"],
    "thread": ["platform", "cli", "gui", "tests"],
    "chrono": ["platform", "cli", "gui", "tests"],
    "mutex": ["platform", "cli", "gui", "tests"],
    "random": ["platform", "cli", "gui", "tests"],
    "fstream": ["platform", "cli", "gui", "tests"],
    "filesystem": ["platform", "cli", "gui", "tests"],
    "functional": ["platform", "cli", "gui", "tests"],
    "vector": ROOMS,
    "core/base/planted.h": [],
}
# What the report must say -> a function that asks the system for it.
SYMBOLS = {
    "clock in the core: std::chrono": """#include <chrono>
        long f() { return std::chrono::steady_clock::now().time_since_epoch().count(); }""",
    "clock in the core: clock_gettime": """#include <time.h>
        long f() { timespec now; clock_gettime(CLOCK_MONOTONIC, &now); return now.tv_nsec; }""",
    "thread in the core: std::thread": """#include <thread>
        void f() { std::thread([] {}).join(); }""",
    "thread in the core: pthread_create": """#include <pthread.h>
        int f(pthread_t* t) { return pthread_create(t, nullptr, nullptr, nullptr); }""",
    "socket in the core: sendto": """#include <sys/socket.h>
        long f() { return sendto(0, nullptr, 0, 0, nullptr, 0); }""",
    "file in the core: open": """#include <fcntl.h>
        int f() { return open("/dev/null", O_RDONLY); }""",
    "file in the core: std::basic_": """#include <fstream>
        bool f() { return std::ifstream("/dev/null").good(); }""",
    "file in the core: std::cout": """#include <iostream>
        void f() { std::cout << 1; }""",
    "random device in the core: std::random_device": """#include <random>
        unsigned f() { return std::random_device()(); }""",
    "random device in the core: randombytes_buf": """extern "C" void randombytes_buf(void*, unsigned long);
        void f(void* p) { randombytes_buf(p, 1); }""",
    "environment in the core: getenv": """#include <stdlib.h>
        char* f() { return getenv("HOME"); }""",
}
INNOCENT = """#include <string>
    #include <vector>
    #include <memory>
    #include <map>
    std::string f(int n) {
      auto shared = std::make_shared<std::map<int, std::string>>();
      std::vector<int> numbers(static_cast<unsigned>(n), 7);
      (*shared)[n] = std::to_string(numbers.size());
      return shared->begin()->second;
    }"""


class SelfTest:
    def __init__(self, copy):
        self.copy = copy
        self.complaints = []
        self.checked = 0

    def lint(self, rule, *arguments):
        result = subprocess.run([sys.executable, HERE / "lint.py", rule, *arguments],
                                stdout=subprocess.PIPE, text=True, check=False)
        return result.returncode, result.stdout.splitlines()

    def lint_copy(self, rule):
        return self.lint(rule, "--root", self.copy)

    def expect(self, truth, complaint):
        self.checked += 1
        if not truth:
            self.complaints.append(complaint)

    def expect_clean(self, status, lines, what):
        self.expect(status == 0 and not lines, "\n  ".join([f"{what} is not clean:", *lines]))

    def plant(self, path, text):
        target = self.copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return path

    def expect_named(self, rule, guilty, innocent):
        """guilty: (path, part of the message); innocent: paths. Exactly the guilty are named."""
        status, lines = self.lint_copy(rule)
        self.expect(status == 1, f"{rule}: exit status {status} in spite of violations")
        for path, message in guilty:
            self.expect(any(line.startswith(f"{path}:") and message in line for line in lines),
                        f"{rule}: {path} was not named ({message})")
        for path in innocent:
            self.expect(not any(line.startswith(f"{path}:") for line in lines),
                        f"{rule}: {path} was named, but is allowed")
        for path in {path for path, _ in guilty} | set(innocent):
            (self.copy / path).unlink()


def test_includes(test):
    test.expect_clean(*test.lint_copy("includes"), "includes: the tree")
    for room in ROOMS:
        test.plant(f"{room}/planted.h", HEAD)
    guilty, innocent = [], []
    for room in ROOMS:
        for other in ROOMS:
            name = other.replace("/", "_")
            path = test.plant(f"{room}/planted_{name}.cpp", f'#include "{other}/planted.h"\n')
            if other == room or other in ALLOWED[room]:
                innocent.append(path)
            else:
                guilty.append((path, f"{room} must not include {other}"))
        for header, rooms in FOREIGN.items():
            name = header.replace("/", "_").replace(".", "_")
            path = test.plant(f"{room}/planted_foreign_{name}.cpp", f"#include <{header}>\n")
            if room in rooms:
                innocent.append(path)
            else:
                guilty.append((path, f"<{header}>"))
    guilty.append((test.plant("core/base/planted_missing.cpp", '#include "core/base/missing.h"\n'),
                   "not a file of this tree"))
    guilty.append((test.plant("core/base/planted_relative.cpp", '#include "planted.h"\n'),
                   "not a file of this tree"))
    for room in CORE:
        for other in CORE:
            path = test.plant(f"core/{room}/planted_{other}/CMakeLists.txt",
                              f"lanyard_room({room} SOURCES a.cpp\n  DEPENDS {other})\n")
            if f"core/{other}" in ALLOWED[f"core/{room}"]:
                innocent.append(path)
            else:
                guilty.append((path, f"core/{room} must not link core/{other}"))
    test.expect_named("includes", guilty, innocent)
    for room in ROOMS:
        (test.copy / room / "planted.h").unlink()


def test_heads(test):
    test.expect_clean(*test.lint_copy("heads"), "heads: the tree")
    later = "// TO" + "DO: think\n"
    guilty = [
        (test.plant("core/base/planted_bare.cpp", "int planted;\n"), "SPDX"),
        (test.plant("core/base/planted_silent.h", LICENCE + "#pragma once\n"), "what is this file"),
        (test.plant("core/base/planted_alone.cpp", LICENCE + '#include "core/base/bytes.h"\n'),
         "what is this file"),
        (test.plant("core/base/planted_long.h", HEAD + "\n" * 199), "201 lines"),
        (test.plant("core/base/planted_long.cpp", HEAD + "\n" * 399), "401 lines"),
        (test.plant("tests/unit/base/planted_long_test.cpp", HEAD + "\n" * 599), "601 lines"),
        (test.plant("core/base/planted_later.cpp", HEAD + later), "do it now"),
        (test.plant("packaging/planted.sh", "#!/bin/bash\nexit 0\n"), "SPDX"),
        (test.plant("packaging/planted.md", later), "do it now"),
    ]
    innocent = [
        test.plant("core/base/planted_pair.cpp", LICENCE + '#include "core/base/planted_pair.h"\n'),
        test.plant("core/base/planted_full.h", HEAD + "\n" * 198),
        test.plant("tests/unit/base/planted_test.cpp", LICENCE + '#include "core/base/bytes.h"\n'),
    ]
    test.expect_named("heads", guilty, innocent)


def test_layout(test):
    status, lines = test.lint_copy("layout")
    if status == SKIPPED:
        print("layout: skipped, no clang-format 14")
        return
    test.expect_clean(status, lines, "layout: the tree")
    guilty = [(test.plant("core/base/planted.cpp", HEAD + "int   planted;\n"), "clang-format")]
    test.expect_named("layout", guilty, [])


def test_symbols(test, compiler):
    house, build = test.copy / "house", test.copy / "build"
    archives = build / "core" / "base"
    archives.mkdir(parents=True)
    (house / "core" / "base").mkdir(parents=True)
    (house / "core" / "base" / "CMakeLists.txt").touch()

    def lint():
        return test.lint("symbols", "--root", house, "--build", build)

    def archive(name, code):
        source = archives / f"{name}.cpp"
        source.write_text(code)
        made = archives / f"{name}.o"
        subprocess.run([compiler, "-std=c++20", "-c", source, "-o", made], check=True)
        subprocess.run(["ar", "rcs", archives / f"liblanyard_{name}.a", made], check=True)

    status, lines = lint()
    test.expect(status == 1 and lines and lines[0].startswith("core/base:1: not built"),
                "symbols: a room that is not built passed")
    archive("base", INNOCENT)
    test.expect_clean(*lint(), "symbols: an innocent archive")
    for number, code in enumerate(SYMBOLS.values()):
        archive(f"planted{number}", code)
    status, lines = lint()
    test.expect(status == 1, f"symbols: exit status {status} in spite of violations")
    for number, message in enumerate(SYMBOLS):
        place = f"core/base/liblanyard_planted{number}.a(planted{number}.o)"
        test.expect(any(line.startswith(place) and message in line for line in lines),
                    f"symbols: {place} was not named ({message})")


def main():
    parser = argparse.ArgumentParser(description="Proves that lint.py can fail.")
    parser.add_argument("--compiler", required=True)
    compiler = parser.parse_args().compiler
    with tempfile.TemporaryDirectory(prefix="lanyard-lint-") as directory:
        copy = pathlib.Path(directory)
        for top in ("core", "platform", "gui", "cli", "tests", "packaging"):
            if (ROOT / top).is_dir():
                shutil.copytree(ROOT / top, copy / top)
        shutil.copy(ROOT / ".clang-format", copy)
        test = SelfTest(copy)
        test_includes(test)
        test_heads(test)
        test_layout(test)
        test_symbols(test, compiler)
    for complaint in test.complaints:
        print(complaint)
    print(f"{test.checked} promises checked, {len(test.complaints)} broken")
    return 1 if test.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
