#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a tunnel adds on the wire: bytes on the underlay for the bytes of one TCP stream.

The same amount of TCP payload in segments of the same size through each tunnel. Every packet is
captured, so the underlay's segmentation offload is always off here: with it, one capture record is
dozens of packets.

    overhead of a segment = frame of the most common size, Ethernet header included
                            - the IP packet inside, which is as large in every tunnel
"""

import collections

import program
from topology import Failed, Topology
from traffic import TcpStream
from wire import Capture

# Fits into every tunnel's MTU, and makes IP packets of 87 times 16 bytes: WireGuard pads to 16, so
# this is what it is best at.
SEGMENT = 1352
TIMESTAMPS = 12  # bytes of TCP's options on each segment, part of SEGMENT
HEADERS = 20 + 20  # IPv4 and TCP, without options
IP_AND_UDP = 0x0800, 17  # Ethernet type, IP protocol
# Whole segments in each write, and slow enough that nothing is lost, sent again or missed.
PACE = ("-M", str(SEGMENT), "-l", str((SEGMENT - TIMESTAMPS) * 64), "-b", "150M")


def is_udp(packet):
    begin = packet.begin
    return (len(begin) > 42
            and (int.from_bytes(begin[12:14], "big"), begin[23]) == IP_AND_UDP)


def measure(tunnel, _, seconds):
    with Topology("off") as topology:
        tunnel.bring_up(topology)
        a, b = topology.a, topology.b
        if a.mtu(a.device) < SEGMENT + HEADERS:
            raise Failed(f"segments of {SEGMENT} bytes do not fit into {tunnel.name}'s MTU")
        capture = Capture(a, "u0", "udp", "out")
        sent = a.device_counters("u0")["tx_bytes"]
        answered = b.device_counters("u0")["tx_bytes"]
        result = TcpStream(a, b, seconds, *PACE, warm_up=0).result()
        sent = a.device_counters("u0")["tx_bytes"] - sent
        answered = b.device_counters("u0")["tx_bytes"] - answered
        packets = [packet for packet in capture.packets() if is_udp(packet)]

    size, count = collections.Counter(packet.size for packet in packets).most_common(1)[0]
    payload = result["bytes"]
    segments = payload / (SEGMENT - TIMESTAMPS)
    return {"offload": "off", "payload_bytes": payload, "retransmits": result["retransmits"],
            "sent_bytes": sent, "answered_bytes": answered,
            "sent_per_payload": sent / payload, "both_per_payload": (sent + answered) / payload,
            "packets_captured": len(packets), "common_size": size, "common_count": count,
            "segments": segments, "segment_overhead": size - (SEGMENT + HEADERS)}


def tell(result):
    yield (f"{result['payload_bytes']} bytes of TCP payload in some {result['segments']:.0f} "
           f"segments of {SEGMENT - TIMESTAMPS}, {result['retransmits']} sent again")
    yield (f"wire bytes for each of them: {result['sent_per_payload']:.4f} there, "
           f"{result['both_per_payload']:.4f} with the acknowledgements back")
    yield (f"{result['common_count']} of {result['packets_captured']} frames captured have "
           f"{result['common_size']} bytes: {result['segment_overhead']} more than the IP packet "
           "inside")


if __name__ == "__main__":
    program.run(__doc__, measure, tell)
