# SPDX-License-Identifier: Apache-2.0
"""Hosts as network namespaces of this machine, joined by veth pairs: where the measurements run.

    a [u0 10.99.1.1] ---- veth ---- [u0 10.99.1.2] b        tunnels: 10.98.0.1, .2, .3
     [u1 10.99.2.1] ---- veth ---- [u0 10.99.2.2] c          (c only where it is asked for)
                                   [u1 10.99.3.2] c ---- veth ---- [u1 10.99.3.1] b

Nothing leaves the machine. Leaving the `with` ends every process in the namespaces, by its id, and
deletes them. Root is needed.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

UNDERLAY_MTU = 1500


class Failed(Exception):
    """A measurement that could not be made: one sentence for who asked for it."""


def wait_until(condition, seconds, what):
    """Returns the condition's first true value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.05)


class Host:
    """One namespace, and what is started and read there."""

    def __init__(self, letter, index, directory):
        self.letter = letter
        self.namespace = f"lanyard-bench-{os.getpid()}-{letter}"
        self.device = f"vpn{os.getpid()}{letter}"  # unique on the machine: control sockets are
        self.inner = f"10.98.0.{index}"
        self.underlay = ""  # of u0
        self.directory = directory / letter
        self.directory.mkdir()
        self.anchor = None  # keeps /proc/PID/net of the namespace in reach, and does nothing

    def create(self):
        command("ip", "netns", "add", self.namespace)
        self.run("ip", "link", "set", "lo", "up")
        # Neighbour discovery and router solicitations would be somebody else's packets.
        self.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                 "net.ipv6.conf.default.disable_ipv6=1")
        self.anchor = self.start("sleep", "14400")

    def run(self, *words, timeout=30, check=True, given=None, environment=None):
        """Runs a program to its end; returns what it printed."""
        return command("ip", "netns", "exec", self.namespace, *words, timeout=timeout,
                       check=check, given=given, environment=environment)

    def start(self, *words, log=None, environment=None, out=None):
        """Starts a program that ends with the topology at the latest."""
        output = out or (open(self.directory / log, "wb") if log else subprocess.DEVNULL)
        try:
            return subprocess.Popen(["ip", "netns", "exec", self.namespace, *words],
                                    stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=subprocess.STDOUT if log else subprocess.DEVNULL,
                                    env={**os.environ, **(environment or {})})
        finally:
            if log:
                output.close()

    def processes(self):
        """Ids of all that runs here, the anchor apart."""
        listed = command("ip", "netns", "pids", self.namespace, check=False).split()
        return [int(pid) for pid in listed if self.anchor is None or int(pid) != self.anchor.pid]

    def proc_net(self, name):
        return pathlib.Path(f"/proc/{self.anchor.pid}/net/{name}").read_text()

    def has_device(self, device):
        return any(line.split(":")[0].strip() == device
                   for line in self.proc_net("dev").splitlines())

    def device_counters(self, device):
        """Bytes and packets (received, sent) of a device."""
        for line in self.proc_net("dev").splitlines():
            name, _, numbers = line.partition(":")
            if name.strip() == device:
                fields = [int(number) for number in numbers.split()]
                return {"rx_bytes": fields[0], "rx_packets": fields[1],
                        "tx_bytes": fields[8], "tx_packets": fields[9]}
        raise Failed(f"{self.letter} has no device {device}")

    def mtu(self, device):
        words = self.run("ip", "-o", "link", "show", "dev", device).split()
        return int(words[words.index("mtu") + 1])

    def tcp_counters(self):
        """The kernel's own, as nstat names them without the prefix: RetransSegs, OutSegs, ..."""
        names, values = [line.split()[1:] for line in self.proc_net("snmp").splitlines()
                         if line.startswith("Tcp:")]
        return dict(zip(names, map(int, values)))


class Topology:
    """Two hosts, or three, and their wires.

    offload "on" passes UDP super-packets from namespace to namespace unsegmented, as if the network
    card did all segmentation; with "off" each packet crosses alone, as with a card that cannot.
    """

    def __init__(self, offload, third_host=False):
        self.offload = offload
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="lanyard-bench-"))
        letters = "abc" if third_host else "ab"
        self.hosts = [Host(letter, index, self.directory)
                      for index, letter in enumerate(letters, 1)]
        self.a, self.b = self.hosts[:2]
        self.c = self.hosts[2] if third_host else None

    def __enter__(self):
        try:
            for host in self.hosts:
                host.create()
            self._wire(self.a, "u0", self.b, "u0", net=1)
            if self.c:
                self._wire(self.a, "u1", self.c, "u0", net=2)
                self._wire(self.b, "u1", self.c, "u1", net=3)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    def _wire(self, one, one_device, other, other_device, net):
        command("ip", "link", "add", one_device, "netns", one.namespace, "type", "veth",
                "peer", "name", other_device, "netns", other.namespace)
        for index, (host, device) in enumerate(((one, one_device), (other, other_device)), 1):
            address = f"10.99.{net}.{index}"
            host.underlay = host.underlay or address
            host.run("ip", "address", "add", f"{address}/24", "dev", device)
            host.run("ip", "link", "set", device, "mtu", str(UNDERLAY_MTU), "up")
            if self.offload == "off":
                # The receiver's GRO stays, as it does with a real card.
                host.run("ethtool", "-K", device, "tso", "off", "gso", "off",
                         "tx-udp-segmentation", "off", "gro", "on")

    def _end(self):
        # A daemon that is told to stop takes its device and sockets with it.
        self._signal_all(signal.SIGTERM)
        end = time.monotonic() + 3
        while any(host.processes() for host in self.hosts) and time.monotonic() < end:
            time.sleep(0.05)
        self._signal_all(signal.SIGKILL)
        for host in self.hosts:
            if host.anchor:
                host.anchor.kill()
                host.anchor.wait()
            command("ip", "netns", "delete", host.namespace, check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _signal_all(self, number):
        for host in self.hosts:
            for pid in host.processes():
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass  # ended by itself


def command(*words, timeout=30, check=True, given=None, environment=None):
    """Runs a program; returns its standard output."""
    try:
        result = subprocess.run(words, input=given, text=True, timeout=timeout, check=False,
                                stdin=subprocess.DEVNULL if given is None else None,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={**os.environ, **(environment or {})})
    except subprocess.TimeoutExpired:
        raise Failed(f"{' '.join(words)}: no end within {timeout} s") from None
    except FileNotFoundError:
        raise Failed(f"{words[0]} is not installed") from None
    if check and result.returncode != 0:
        said = (result.stderr or result.stdout).strip().splitlines()
        raise Failed(f"{' '.join(words)}: {said[-1] if said else result.returncode}")
    return result.stdout
