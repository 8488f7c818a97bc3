# SPDX-License-Identifier: Apache-2.0
"""What the measuring programs of this folder have in common: options, preconditions, output."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import sys

from topology import Failed
from tunnels import TUNNELS

CANNOT = 4  # exit status: not here, or not by this user


def run(description, measure, tell, tunnels=tuple(TUNNELS), seconds=4):
    """Parses the command line, measures and prints.

    measure(tunnel, offload, seconds) returns a dictionary; tell(dictionary) yields lines for a
    reader. With --json the dictionary itself is printed, {"error": ...} if it failed.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tunnel", choices=tunnels, default=tunnels[0],
                        help=f"what is measured ({tunnels[0]})")
    parser.add_argument("--offload", choices=("on", "off"), default="on",
                        help="segmentation offload of the underlay (on)")
    parser.add_argument("--seconds", type=int, default=seconds, metavar="N",
                        help=f"length of each stream ({seconds})")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--list", action="store_true", help="say which tunnels can run here")
    arguments = parser.parse_args()
    if arguments.list:
        for name in tunnels:
            print(f"{name}: {'not here' if TUNNELS[name].missing() else 'here'}")
        sys.exit()
    tunnel = TUNNELS[arguments.tunnel]
    refuse_unless_possible(tunnel)

    # An end from outside cleans up as any other end does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    head = {"tunnel": arguments.tunnel, "offload": arguments.offload}
    before = machine_time()
    try:
        result = {**head, **measure(tunnel, arguments.offload, arguments.seconds)}
    except Failed as failure:
        print(f"{pathlib.Path(sys.argv[0]).name}: {failure}", file=sys.stderr)
        if arguments.json:
            print(json.dumps({**head, "error": str(failure)}))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    total, stolen = (now - then for now, then in zip(machine_time(), before))
    result["steal"] = stolen / total
    if arguments.json:
        print(json.dumps(result))
    else:
        print(f"{result['tunnel']}, offload {result['offload']}")
        for line in tell(result):
            print(f"  {line}")


def machine_time():
    """Ticks of all processors since the start, and those that a hypervisor gave to other guests."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return sum(ticks), ticks[7]


def refuse_unless_possible(tunnel):
    name = pathlib.Path(sys.argv[0]).name
    if os.geteuid() != 0:
        print(f"{name}: network namespaces and TAP devices take root. Try: sudo {sys.argv[0]}",
              file=sys.stderr)
        sys.exit(CANNOT)
    for word in ("ip", "iperf3", "ping", "ethtool", "tcpdump"):
        if not shutil.which(word):
            print(f"{name}: {word} is missing. Try: packaging/install-deps.sh", file=sys.stderr)
            sys.exit(CANNOT)
    if reason := tunnel.missing():
        print(f"{name}: {reason}", file=sys.stderr)
        sys.exit(CANNOT)
