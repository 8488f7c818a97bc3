#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""UDP datagrams of 64 bytes from host a to host b, at loads up to as many as can be sent.

How many arrive at each load, and what a flood leaves of the best; then, beside a flood, TCP from b
to a, and (Lanyard) the control plane: a third host, on wires of its own, joins the network through
the flooded sender and pings both flooded hosts.
"""

import time

import program
from topology import Failed, Topology
from traffic import TcpStream, UdpStream, ping
from tunnels import Lanyard, wait_until_answers

LENGTH = 64
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)  # of what the sender can send at most
LONG = 60  # seconds: longer than what is measured beside it, and stopped then


def curve(topology, seconds):
    """A point for each load. The flood is measured first and last, so that drift meets it too."""
    a, b = topology.a, topology.b

    def point(rate):
        result = UdpStream(a, b, seconds, LENGTH, rate).result()
        return {"offered_pps": rate, **result}

    first = point(None)
    points = [point(share * first["sent_pps"]) for share in SHARES]
    return points, [first, point(None)]


def beside_flood(topology, measure_it):
    flood = UdpStream(topology.a, topology.b, LONG, LENGTH)
    try:
        time.sleep(1)  # until its queues are full
        return measure_it()
    finally:
        flood.stop()


def tcp_other_way(topology, seconds):
    def stream():
        return TcpStream(topology.b, topology.a, seconds).result()["gbps"]
    return {"idle_gbps": stream(), "flood_gbps": beside_flood(topology, stream)}


def third_host(topology, tunnel):
    c = topology.c
    tunnel.start_daemon(c)
    token = tunnel.invite(c)

    def pings():
        return {f"ping_{host.letter}": ping(c, host.inner, 200, 0.01)
                for host in (topology.a, topology.b)}

    def join():
        took = tunnel.join(c, token)
        for host in (topology.a, topology.b):
            wait_until_answers(c, host, f"the tunnel from c to {host.letter}")
        return {"join_seconds": took, "flood": pings()}

    try:
        return {"idle_join_seconds": tunnel.join_seconds, **beside_flood(topology, join),
                "idle": pings()}
    except Failed as failure:
        return {"error": str(failure)}


def measure(tunnel, offload, seconds):
    is_lanyard = isinstance(tunnel, Lanyard)
    with Topology(offload, third_host=is_lanyard) as topology:
        tunnel.bring_up(topology)
        points, floods = curve(topology, seconds)
        flood_pps = sum(point["pps"] for point in floods) / len(floods)
        best_pps = max(point["pps"] for point in points + floods)
        result = {"curve": points + floods, "best_pps": best_pps, "flood_pps": flood_pps,
                  "flood_share": flood_pps / best_pps, "tcp": tcp_other_way(topology, seconds)}
        if is_lanyard:
            result["third"] = third_host(topology, tunnel)
        return result


def tell(result):
    yield "thousand packets/s   sent  arrive    lost"
    for point in result["curve"]:
        name = "flood" if point["offered_pps"] is None else ""
        yield (f"{name:19}{point['sent_pps'] / 1000:6.0f}  {point['pps'] / 1000:6.0f}"
               f"  {point['lost_percent']:5.1f} %")
    yield (f"best {result['best_pps'] / 1000:.0f}, under flood {result['flood_pps'] / 1000:.0f}: "
           f"{result['flood_share']:.2f} of the best")
    tcp = result["tcp"]
    yield f"TCP the other way: {tcp['flood_gbps']:.2f} Gbit/s, {tcp['idle_gbps']:.2f} without flood"
    third = result.get("third")
    if third and "error" in third:
        yield f"third host: {third['error']}"
    elif third:
        yield (f"third host joins in {third['join_seconds']:.2f} s "
               f"({third['idle_join_seconds']:.2f} s without flood)")
        for host in "ab":
            flood, idle = (third[when][f"ping_{host}"] for when in ("flood", "idle"))
            yield (f"  pings {host}: {flood['p50_us']:.0f} us median, {flood['p99_us']:.0f} us "
                   f"99th percentile, {flood['lost']} of 200 lost; without flood "
                   f"{idle['p50_us']:.0f}, {idle['p99_us']:.0f}, {idle['lost']}")


if __name__ == "__main__":
    program.run(__doc__, measure, tell, seconds=3)
