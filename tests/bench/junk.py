#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TCP through the tunnel from host a to host b, without and beside 100,000 datagrams a second of
junk that a third host throws at the port of b that tunnel and DHT share.

The junk is what junk_flood.cpp of the laboratory sends: questions of the DHT, answers, nonsense, all
from other addresses. Pairs of streams, in turn; the ratio within each pair; how much junk reached b,
and b's resident memory before and after.
"""

import os
import pathlib
import statistics
import subprocess

import program
from topology import Failed, Topology
from traffic import TcpStream
from tunnels import RELEASE

FLOOD = pathlib.Path(os.environ.get("LANYARD_JUNK_FLOOD")
                     or RELEASE.parent / "tests/lab/lab_junk_flood")
PORT = "41000"
PAIRS = 5
MARGIN = 3  # seconds that the flood is longer than the stream


def resident_kb(host):
    for pid in host.processes():
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        if "lanyard" in status.splitlines()[0]:
            return next(int(line.split()[1]) for line in status.splitlines()
                        if line.startswith("VmRSS:"))
    raise Failed(f"no daemon runs on {host.letter}")


def stream(topology, seconds):
    return TcpStream(topology.a, topology.b, seconds).result()["gbps"]


def stream_beside_junk(topology, seconds, rate):
    flood = topology.c.start(str(FLOOD), "10.99.3.1", PORT, str(rate), str(seconds + MARGIN),
                             out=subprocess.PIPE)
    before = topology.b.device_counters("u1")["rx_packets"]
    try:
        gbps = stream(topology, seconds)
        junk = topology.b.device_counters("u1")["rx_packets"] - before
    finally:
        flood.kill()
        flood.communicate()
    return gbps, junk


def measure(tunnel, offload, seconds):
    if not FLOOD.exists():
        raise Failed(f"there is no {FLOOD}: build lab_junk_flood")
    rate = int(os.environ.get("LANYARD_JUNK_RATE", 100_000))
    tunnel.dht = ("--dht", "private", "--bootstrap", f"10.99.3.2:{PORT}", "--port", PORT)
    with Topology(offload, third_host=True) as topology:
        tunnel.bring_up(topology)
        # Answers to addresses that do not exist leave the machine as they would elsewhere.
        topology.b.run("ip", "route", "add", "20.0.0.0/8", "via", "10.99.3.2")
        stream_beside_junk(topology, 1, rate)  # fills whatever has bounds
        before = resident_kb(topology.b)
        pairs = []
        for _ in range(PAIRS):
            quiet = stream(topology, seconds)
            flooded, junk = stream_beside_junk(topology, seconds, rate)
            pairs.append({"quiet_gbps": quiet, "flooded_gbps": flooded, "junk": junk})
        after = resident_kb(topology.b)
        return {"rate": rate, "pairs": pairs, "resident_kb": [before, after],
                "share": statistics.median(p["flooded_gbps"] / p["quiet_gbps"] for p in pairs)}


def tell(result):
    yield f"asked for {result['rate']} junk datagrams/s"
    for pair in result["pairs"]:
        yield (f"{pair['quiet_gbps']:.2f} Gbit/s, beside junk {pair['flooded_gbps']:.2f}: "
               f"{pair['flooded_gbps'] / pair['quiet_gbps']:.2f} "
               f"({pair['junk']} junk datagrams arrived)")
    yield f"median share kept: {result['share']:.2f}"
    before, after = result["resident_kb"]
    yield f"resident memory of the flooded daemon: {before} kB before, {after} kB after"


if __name__ == "__main__":
    program.run(__doc__, measure, tell, tunnels=("lanyard",), seconds=3)
