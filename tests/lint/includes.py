# SPDX-License-Identifier: Apache-2.0
"""Rule: each #include, and each link between rooms, is an edge that the house allows."""

import pathlib
import re

import house

INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
ROOM_TARGET = re.compile(r"lanyard_room\(\s*(\w+)([^)]*)\)")
DEPENDS = re.compile(r"\bDEPENDS\b((?:\s+[a-z_]+)*)")


def check(root):
    findings = []
    for path in house.tree(root, house.SOURCE_SUFFIXES):
        for number, line in enumerate((root / path).read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if match is None:
                continue
            own, foreign = match.groups()
            message = own_header(root, path, own) if own else foreign_header(path, foreign)
            if message:
                findings.append(house.Finding(path, number, message))
    return findings + check_links(root)


def own_header(root, path, header):
    if not (root / header).is_file():
        return f'"{header}" is not a file of this tree, counted from its root'
    source, target = house.room_of(path), house.room_of(header)
    if source is None or target is None:
        return f'"{header}": outside all rooms'
    if source == target or target in house.EDGES.get(source, ()):
        return None
    return f'{source} must not include {target} ("{header}")'


def foreign_header(path, header):
    room = house.room_of(path)
    if room is None:
        return f"<{header}>: outside all rooms"
    if header in house.STANDARD_HEADERS:
        if room.startswith("core/") and header in house.NOT_IN_CORE:
            return f"the core does without <{header}>"
        return None
    if pathlib.PurePosixPath(header).parts[0] in house.TOP_LEVEL:
        return f"<{header}>: own headers stand in quotes"
    for prefix, owner in house.THIRD_PARTY.items():
        if header.startswith(prefix):
            # Tests may also read vectors and check results with any of them.
            return None if room in (owner, "tests") else f"<{header}> belongs to {owner} alone"
    if room in house.SYSTEM_ROOMS:
        return None
    return f"<{header}>: headers of the operating system belong to platform alone"


def check_links(root):
    """The same for the libraries: lanyard_room(NAME ... DEPENDS ...) in the core."""
    findings = []
    for path in sorted((root / "core").rglob("CMakeLists.txt")):
        text = path.read_text()
        for match in ROOM_TARGET.finditer(text):
            room, arguments = match.groups()
            depends = DEPENDS.search(arguments)
            for other in depends.group(1).split() if depends else ():
                if other not in house.CORE_EDGES.get(room, ()):
                    line = text.count("\n", 0, match.start()) + 1
                    findings.append(house.Finding(path.relative_to(root).as_posix(), line,
                                                  f"core/{room} must not link core/{other}"))
    return findings
