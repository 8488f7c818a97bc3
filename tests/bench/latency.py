#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a bulk transfer does to those who type beside it: 1000 pings, 2 ms apart, through the tunnel
while it is idle and beside one TCP stream in the same direction.
"""

import time

import program
from topology import Topology
from traffic import TcpStream, ping

MARGIN = 6  # seconds that the stream is longer than the pings: they take more than 2 s when slow


def measure(tunnel, offload, seconds):
    with Topology(offload) as topology:
        tunnel.bring_up(topology)
        idle = ping(topology.a, topology.b.inner)
        stream = TcpStream(topology.a, topology.b, seconds + MARGIN)
        time.sleep(2)  # until its window is as large as it gets
        beside = ping(topology.a, topology.b.inner)
        return {"idle": idle, "beside_tcp": beside, "tcp_gbps": stream.result()["gbps"]}


def tell(result):
    beside = f"beside {result['tcp_gbps']:.2f} Gbit/s"
    for name, words in (("idle", "idle"), ("beside_tcp", beside)):
        one = result[name]
        yield (f"{words:20} ping {one['p50_us']:6.0f} us median, {one['p99_us']:6.0f} us "
               f"99th percentile, {one['max_us']:6.0f} us at most, {one['lost']} of 1000 lost")


if __name__ == "__main__":
    program.run(__doc__, measure, tell, seconds=2)
