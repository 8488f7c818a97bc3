#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a bulk transfer does to those who type beside it where the way out is slow: pings through the
tunnel, idle and beside one TCP stream in the same direction, over an underlay of 50 Mbit/s whose own
queue takes all that it is given. What waits there is what the tunnel lets wait.
"""

import time

import program
from topology import Topology
from traffic import TcpStream, ping

RATE = "50mbit"  # of a usual uplink
# More than any tunnel leaves there. A burst of super-packets, of 64 KiB each, must fit at once.
SHAPE = ("tbf", "rate", RATE, "burst", "128kb", "limit", "64mb")
PINGS = {"count": 400, "interval": 0.01}
MARGIN = 6  # seconds that the stream is longer than the pings


def measure(tunnel, offload, seconds):
    with Topology(offload) as topology:
        tunnel.bring_up(topology)
        for host in (topology.a, topology.b):
            host.run("tc", "qdisc", "replace", "dev", "u0", "root", *SHAPE)
        idle = ping(topology.a, topology.b.inner, **PINGS)
        stream = TcpStream(topology.a, topology.b, seconds + MARGIN)
        time.sleep(3)  # until its window is as large as it gets
        beside = ping(topology.a, topology.b.inner, **PINGS)
        result = stream.result()
        return {"idle": idle, "beside_tcp": beside, "tcp_gbps": result["gbps"],
                "retransmits": result["retransmits"]}


def tell(result):
    beside = f"beside {1000 * result['tcp_gbps']:.1f} Mbit/s"
    for name, words in (("idle", "idle"), ("beside_tcp", beside)):
        one = result[name]
        yield (f"{words:20} ping {one['p50_us'] / 1000:7.1f} ms median, "
               f"{one['p99_us'] / 1000:7.1f} ms 99th percentile, {one['max_us'] / 1000:7.1f} ms at "
               f"most, {one['lost']} of {PINGS['count']} lost")


if __name__ == "__main__":
    program.run(__doc__, measure, tell, seconds=8)
