# SPDX-License-Identifier: Apache-2.0
"""A capture of what crosses an interface: time and bytes of each packet, and how it begins.

Reads the file format of libpcap as tcpdump writes it on an Ethernet interface, and nothing else.
"""

import collections
import pathlib
import signal
import struct
import subprocess
import time

from topology import wait_until

KEPT = 96  # bytes of each packet: the headers up to those of the tunnel
HEADER = struct.Struct("<IHHiIII")  # magic, version (2), zone, accuracy, kept at most, link type
RECORD = struct.Struct("<IIII")  # seconds, microseconds, bytes kept, bytes on the wire
MAGIC = 0xA1B2C3D4  # microseconds, in the byte order of this machine

Packet = collections.namedtuple("Packet", "time size begin")


class Capture:
    """From when it is made until packets() is called."""

    def __init__(self, host, device, expression, direction="inout"):
        self.file = pathlib.Path(host.directory) / f"{device}.pcap"
        self.process = host.start("tcpdump", "-i", device, "-s", str(KEPT), "-U", "-B", "65536",
                                  "-Z", "root", "-Q", direction, "-w", str(self.file), expression)
        # The file's header is written once the socket listens.
        wait_until(lambda: self.file.exists() and self.file.stat().st_size >= HEADER.size, 5,
                   "tcpdump")

    def packets(self):
        time.sleep(1.2)  # the kernel hands a block of packets over within a second
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return list(parse(self.file.read_bytes()))


def parse(data):
    assert HEADER.unpack_from(data)[0] == MAGIC
    offset = HEADER.size
    while offset + RECORD.size <= len(data):
        seconds, microseconds, kept, size = RECORD.unpack_from(data, offset)
        offset += RECORD.size
        yield Packet(seconds + microseconds / 1e6, size, data[offset:offset + kept])
        offset += kept
