# SPDX-License-Identifier: Apache-2.0
"""The rooms of the house: who may include whom, and which foreign headers belong where.

The one place where the rules' contents are written down; the other files of this folder apply them.
"""

import dataclasses
import pathlib

# A room of the core -> the rooms that it may include, beside itself.
CORE_EDGES = {
    "base": (),
    "crypto": ("base",),
    "dht": ("base", "crypto"),
    "tunnel": ("base", "crypto"),
    "network": ("base", "crypto"),
    "vswitch": ("base",),
    "encap": ("base",),
    "nat": ("base",),
    "control": ("base",),
    "node": ("base", "crypto", "dht", "tunnel", "network", "vswitch", "encap", "nat", "control"),
}
ALL_OF_CORE = tuple(f"core/{room}" for room in CORE_EDGES)

# Every room, as a path -> the rooms that it may include, beside itself.
EDGES = {f"core/{room}": tuple(f"core/{other}" for other in others)
         for room, others in CORE_EDGES.items()}
EDGES["platform"] = ALL_OF_CORE
EDGES["cli"] = ALL_OF_CORE + ("platform",)
EDGES["gui"] = ALL_OF_CORE
EDGES["tests"] = tuple(EDGES)  # tests may look into everything, and nothing looks into tests

# One dependency, one room: how its headers begin -> its room.
THIRD_PARTY = {
    "sodium": "core/crypto",
    "intel-ipsec-mb": "core/crypto",
    "nettle/": "core/crypto",
    "nlohmann/": "core/control",
    "uv.h": "platform",
    "uv/": "platform",
    "libmnl/": "platform",
    "spdlog/": "platform",
    "miniupnpc/": "platform",
    "systemd/": "platform",
    "qrencode": "cli",
    "CLI/": "cli",
    "Q": "gui",
    "doctest/": "tests",
    "libtorrent/": "tests",
}

# The C++ standard library (C++20). Any other header in angle brackets that is nobody's above is the
# operating system's.
STANDARD_HEADERS = frozenset("""
    algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono
    cinttypes climits clocale cmath codecvt compare complex concepts condition_variable coroutine
    csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque
    exception execution filesystem format forward_list fstream functional future initializer_list
    iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
    memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex
    scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept
    stop_token streambuf string string_view strstream syncstream system_error thread tuple
    type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
    version
""".split())

# Of these, what the core does without: clocks, threads, files, streams, random devices, callbacks.
NOT_IN_CORE = frozenset("""
    barrier cerrno chrono clocale condition_variable csetjmp csignal ctime execution filesystem
    fstream functional future iostream latch locale mutex random semaphore shared_mutex
    source_location stop_token syncstream thread
""".split())

# Where headers of the operating system may be included.
SYSTEM_ROOMS = ("platform", "tests")

SOURCE_SUFFIXES = (".h", ".cpp")
TOP_LEVEL = ("core", "platform", "gui", "cli", "tests", "packaging")


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


def room_of(path):
    """The room of a file, given relative to the root; None for a file outside all rooms."""
    parts = pathlib.PurePosixPath(path).parts
    if parts[0] == "core" and len(parts) > 2:
        return f"core/{parts[1]}"
    return parts[0] if len(parts) > 1 and parts[0] in EDGES else None


def tree(root, suffixes):
    """All files with one of the suffixes, relative to the root, in a fixed order."""
    for top in TOP_LEVEL:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path.relative_to(root).as_posix()
