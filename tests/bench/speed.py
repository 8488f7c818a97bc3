#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One tunnel's plain figures: TCP by one stream and by four, a flood of small UDP datagrams, ping
while idle, and the daemons' CPU time (of both ends together) for a GiB carried one way.

Both hosts share the machine, so throughput is the inverse of what both ends, the kernel and iperf3
cost together: compare tunnels by ratios, not by Gbit/s.
"""

import program
from topology import Topology
from traffic import TcpStream, UdpStream, cpu_seconds, ping

WARM_UP = 1  # second, which iperf3 leaves out of its bytes and we out of the CPU time


def tcp(topology, daemons, seconds, streams):
    before = cpu_seconds(daemons)
    result = TcpStream(topology.a, topology.b, seconds, streams=streams,
                       warm_up=WARM_UP).result()
    used = (cpu_seconds(daemons) - before) * seconds / (seconds + WARM_UP)
    if result["bytes"]:
        result["daemon_cpu_s_per_gib"] = used / (result["bytes"] / 2**30)
    return result


def measure(tunnel, offload, seconds):
    with Topology(offload) as topology:
        tunnel.bring_up(topology)
        daemons = topology.a.processes() + topology.b.processes()
        return {"tcp1": tcp(topology, daemons, seconds, 1),
                "tcp4": tcp(topology, daemons, seconds, 4),
                "udp64": UdpStream(topology.a, topology.b, seconds, 64).result(),
                "ping": ping(topology.a, topology.b.inner)}


def tell(result):
    for name, words in (("tcp1", "TCP, one stream"), ("tcp4", "TCP, four streams")):
        one = result[name]
        yield (f"{words:18}{one['gbps']:7.2f} Gbit/s, {one['retransmits']} retransmits, "
               f"{one.get('daemon_cpu_s_per_gib', 0):.2f} CPU seconds per GiB")
    udp = result["udp64"]
    yield (f"{'UDP of 64 bytes':18}{udp['pps'] / 1000:7.0f} thousand packets/s arrive of "
           f"{udp['sent_pps'] / 1000:.0f} sent")
    yield (f"{'ping while idle':18}{result['ping']['p50_us']:7.0f} us median, "
           f"{result['ping']['p99_us']:.0f} us 99th percentile")


if __name__ == "__main__":
    program.run(__doc__, measure, tell)
