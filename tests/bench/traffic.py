# SPDX-License-Identifier: Apache-2.0
"""What is sent through a tunnel to measure it: TCP and UDP streams of iperf3, and pings.

Everything is bounded in time. Throughput counts what arrived.
"""

import itertools
import json
import os
import re
import subprocess

from topology import Failed, wait_until

GRACE = 20  # seconds beside the stream's own: connecting, and a last exchange through a full queue
TICKS = os.sysconf("SC_CLK_TCK")
PORTS = itertools.count(5201)  # a server each, so that none waits for another's end


class _Iperf:
    """One run of iperf3 from one host to another, going on until result() has waited for it."""

    def __init__(self, sender, receiver, seconds, *words):
        port = next(PORTS)
        self.deadline = seconds + GRACE
        self.server = receiver.start("iperf3", "-s", "-1", "-B", receiver.inner, "-p", str(port))
        wait_until(lambda: f":{port:04X} 00000000:0000 0A" in receiver.proc_net("tcp"), 5,
                   "iperf3's server")
        self.client = sender.start("iperf3", "-c", receiver.inner, "-p", str(port), "-J",
                                   "-t", str(seconds), *words, out=subprocess.PIPE)

    def stop(self):
        """Ends it at once; there is no result then."""
        for process in (self.client, self.server):
            process.kill()
            process.wait()

    def report(self):
        try:
            out, _ = self.client.communicate(timeout=self.deadline)
            report = json.loads(out)
        except subprocess.TimeoutExpired:
            raise Failed("iperf3 came to no end") from None
        except json.JSONDecodeError:
            raise Failed("iperf3 gave no result") from None
        finally:
            self.stop()
        if "error" in report:
            raise Failed(f"iperf3: {report['error']}")
        return report


class TcpStream(_Iperf):
    """One connection, or several. The seconds of warm-up are not counted in its result."""

    def __init__(self, sender, receiver, seconds, *words, streams=1, warm_up=1):
        # Set for each socket: the machine's default may be another, or paced.
        super().__init__(sender, receiver, seconds, "-C", "cubic", "-P", str(streams),
                         "-O", str(warm_up), *words)

    def result(self):
        end = self.report()["end"]
        return {"gbps": end["sum_received"]["bits_per_second"] / 1e9,
                "bytes": end["sum_received"]["bytes"],
                "retransmits": end["sum_sent"].get("retransmits", 0)}


class UdpStream(_Iperf):
    """Datagrams of so many bytes, at a rate in packets per second or as fast as it goes (None)."""

    def __init__(self, sender, receiver, seconds, length, rate=None):
        self.length = length
        super().__init__(sender, receiver, seconds, "-u", "-l", str(length), "-w", "2M",
                         "-b", str(int(rate * length * 8) if rate else 0))

    def result(self):
        end = self.report()["end"]
        seconds = end["sum_sent"]["seconds"]
        sent = end["sum_sent"]["packets"]
        arrived = end["sum_received"]["bytes"] // self.length
        return {"pps": arrived / seconds, "sent_pps": sent / seconds,
                "bytes": arrived * self.length,
                "lost_percent": 100 * (1 - arrived / sent) if sent else 0}


def ping(source, address, count=1000, interval=0.002):
    """Round-trip times in microseconds."""
    said = source.run("ping", "-i", str(interval), "-c", str(count), "-W", "2", address,
                      check=False, timeout=count * interval * 10 + 20)
    times = sorted(float(time) * 1000 for time in re.findall(r"time=([\d.]+) ms", said))
    if not times:
        raise Failed(f"no answer to {count} pings of {address}")
    return {"p50_us": share(times, 0.5), "p90_us": share(times, 0.9), "p99_us": share(times, 0.99),
            "max_us": times[-1], "lost": count - len(times)}


def share(ordered, part):
    """The value below which that part of an ordered list lies."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def cpu_seconds(pids):
    """What these processes have used so far."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended
        total += int(fields[11]) + int(fields[12])  # utime and stime, proc(5)
    return total / TICKS
