#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does a TCP stream notice new session keys? One stream with new keys every second, and the same
without any, in intervals of 100 ms as they arrive at host b.

The times of the rekeys come from a capture of the underlay (each ends with a third handshake
message). "At a rekey" is the interval that it falls into and the next, held against the others of
half a second before and after. What the machine does by itself to any interval is seen in the
stream without rekeys.
"""

import collections
import json
import statistics
import time

import program
from topology import Topology, UNDERLAY_MTU
from traffic import TcpStream
from tunnels import Lanyard
from wire import Capture

INTERVAL = 0.1  # seconds
NEAR = 0.5  # seconds: the machine's own speed is the same for so long
HANDSHAKE_3 = 0xE2  # the first byte of a third handshake message
UDP_PAYLOAD = 14 + 20 + 8  # where it is in a captured frame


def arrivals(host, seconds):
    """(begin, bytes per second) of each interval, by what host's tunnel device has received."""
    intervals = []
    begin = last = time.time()
    received = host.device_counters(host.device)["rx_bytes"]
    for number in range(1, int(seconds / INTERVAL) + 1):
        time.sleep(max(0, begin + number * INTERVAL - time.time()))
        now, total = time.time(), host.device_counters(host.device)["rx_bytes"]
        intervals.append((last, (total - received) / (now - last)))
        last, received = now, total
    return intervals


def drops(tunnel, topology):
    """Packets that the two daemons have dropped so far, by reason."""
    total = collections.Counter()
    for host in (topology.a, topology.b):
        status = json.loads(tunnel.call(host, "status", "--json"))
        total.update(status["daemon"]["dropped"])
    return total


def stream(offload, seconds, rekey_interval):
    tunnel = Lanyard("--rekey-interval", str(rekey_interval))
    with Topology(offload) as topology:
        tunnel.bring_up(topology)
        a, b = topology.a, topology.b
        capture = Capture(a, "u0", f"udp[8] = {HANDSHAKE_3} and less {UNDERLAY_MTU}")
        flow = TcpStream(a, b, seconds + 2, warm_up=0)
        time.sleep(1)  # until its window is as large as it gets
        retransmitted, dropped = a.tcp_counters()["RetransSegs"], drops(tunnel, topology)
        intervals = arrivals(b, seconds)
        retransmitted = a.tcp_counters()["RetransSegs"] - retransmitted
        dropped = drops(tunnel, topology) - dropped
        flow.result()
        begin, end = intervals[0][0], intervals[-1][0] + INTERVAL
        rekeys = [packet.time for packet in capture.packets()
                  if packet.begin[UDP_PAYLOAD] == HANDSHAKE_3 and begin <= packet.time < end]
        return intervals, rekeys, retransmitted, dropped


def share_at(rekey, intervals):
    """The rate of the two intervals at a rekey, as a share of that of the others near it."""
    at, others = [], []
    for start, rate in intervals:
        if start - INTERVAL <= rekey < start + INTERVAL:
            at.append(rate)
        elif abs(start - rekey) < NEAR:
            others.append(rate)
    return statistics.mean(at) / statistics.mean(others)


def judge(intervals, rekeys, retransmitted, dropped):
    rates = [rate for _, rate in intervals]
    median = statistics.median(rates)
    shares = [share_at(rekey, intervals) for rekey in rekeys]
    return {"rekeys": len(rekeys), "median_gbps": median * 8 / 1e9,
            "smallest_share": min(rates) / median,
            "at_rekey_share": statistics.median(shares) if shares else None,
            "retransmits": retransmitted, "dropped": dict(dropped),
            "gbps": [rate * 8 / 1e9 for rate in rates]}


def measure(_, offload, seconds):
    return {"without": judge(*stream(offload, seconds, 120)),
            "with": judge(*stream(offload, seconds, 1))}


def tell(result):
    for name in ("without", "with"):
        one = result[name]
        yield (f"{one['rekeys']:2} rekeys: median {one['median_gbps']:.2f} Gbit/s, smallest "
               f"interval {one['smallest_share']:.2f} of it, {one['retransmits']} retransmits, "
               f"dropped by reason: {one['dropped'] or 'none'}")
    share = result["with"]["at_rekey_share"]
    if share is not None:
        yield f"the intervals at a rekey: {share:.2f} of those near them (median of the rekeys)"
    yield "Gbit/s by interval: " + " ".join(f"{rate:.1f}" for rate in result["with"]["gbps"])


if __name__ == "__main__":
    program.run(__doc__, measure, tell, ("lanyard",), seconds=11)
