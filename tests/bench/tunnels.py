# SPDX-License-Identifier: Apache-2.0
"""The tunnels that can be measured between two hosts: Lanyard, peers from Debian, kernel VXLAN.

TUNNELS holds them by name. LANYARD_BIN names another program than the release build; LANYARD_FLAGS
are further words for its daemon.
"""

import os
import pathlib
import shlex
import shutil
import time

from topology import UNDERLAY_MTU, Failed, wait_until

RELEASE = pathlib.Path(__file__).resolve().parents[2] / "build/release/lanyard"


class Tunnel:
    """Between hosts a and b of a topology. The base brings up what makes a device and no more."""

    name = ""
    programs = ()  # that must be there
    packages = ""  # Debian's, that bring them
    encrypts = True
    overhead = 0  # the device's MTU is so much below the underlay's

    def missing(self):
        """Why it cannot run here; empty if it can."""
        if all(shutil.which(program) for program in self.programs):
            return ""
        return f"{self.name} is not installed (apt-get install {self.packages})"

    def bring_up(self, topology):
        """Returns when ping crosses the tunnel."""
        if reason := self.missing():
            raise Failed(reason)
        self.prepare(topology.a, topology.b)
        for host, other in ((topology.b, topology.a), (topology.a, topology.b)):
            self.start(host, other)
            wait_until(lambda host=host: host.has_device(host.device), 10, f"{self.name}'s device")
            host.run("ip", "address", "replace", f"{host.inner}/24", "dev", host.device)
            host.run("ip", "link", "set", host.device, "mtu",
                     str(UNDERLAY_MTU - self.overhead), "up")
        wait_until_answers(topology.a, topology.b, self.name)

    def prepare(self, a, b):
        pass

    def start(self, host, other):
        raise NotImplementedError


class Lanyard(Tunnel):
    """Makes device and address by itself; more hosts can join while it is in use."""

    name = "lanyard"

    def __init__(self, *flags):
        self.program = os.environ.get("LANYARD_BIN") or str(RELEASE)
        self.flags = [*shlex.split(os.environ.get("LANYARD_FLAGS", "")), *flags]
        self.dht = ("--dht", "off")
        self.inviter = None
        self.join_seconds = 0.0  # that host b took

    def missing(self):
        if shutil.which(self.program):
            return ""
        return f"there is no {self.program}: build it, or let LANYARD_BIN name another"

    def bring_up(self, topology):
        if reason := self.missing():
            raise Failed(reason)
        self.inviter = topology.a
        for host in (topology.a, topology.b):
            self.start_daemon(host)
        self.call(topology.a, "up", "--new", "bench", "--subnet", "10.98.0.0/24",
                  "--address", topology.a.inner, "--interface", topology.a.device)
        self.join_seconds = self.join(topology.b, self.invite(topology.b))
        wait_until_answers(topology.a, topology.b, self.name)

    def start_daemon(self, host):
        host.start(self.program, "daemon", "--state-dir", str(host.directory / "state"),
                   *self.dht, "--lan", "on", *self.flags, log="daemon.log",
                   environment=self._socket(host))
        wait_until((host.directory / "control").is_socket, 10,
                   f"{self.program} daemon {shlex.join(self.flags)}")

    def invite(self, host):
        return self.call(self.inviter, "invite", "--address", host.inner).strip()

    def join(self, host, token):
        """Returns how many seconds it took: handshake, claim, witness and the device."""
        begin = time.monotonic()
        self.call(host, "join", "--interface", host.device, token)
        return time.monotonic() - begin

    def call(self, host, *words):
        """One verb of the command line, as typed on that host."""
        return host.run(self.program, *words, environment=self._socket(host))

    def _socket(self, host):
        return {"LANYARD_SOCKET": str(host.directory / "control")}


class WireGuardGo(Tunnel):
    name = "wireguard-go"
    programs = ("wireguard-go", "wg")
    packages = "wireguard-go wireguard-tools"
    overhead = 80

    def prepare(self, a, b):
        for host in (a, b):
            key = host.run("wg", "genkey")
            (host.directory / "key").write_text(key)
            (host.directory / "public").write_text(host.run("wg", "pubkey", given=key))

    def start(self, host, other):
        host.start("wireguard-go", "-f", host.device, log="daemon.log",
                   environment={"WG_PROCESS_FOREGROUND": "1"})
        control = pathlib.Path(f"/var/run/wireguard/{host.device}.sock")
        wait_until(control.is_socket, 10, "wireguard-go's control socket")
        host.run("wg", "set", host.device, "private-key", str(host.directory / "key"),
                 "listen-port", "51820", "peer", (other.directory / "public").read_text().strip(),
                 "endpoint", f"{other.underlay}:51820", "allowed-ips", f"{other.inner}/32")


class Fastd(Tunnel):
    """As a switch. Its method "null" does not encrypt."""

    programs = ("fastd",)
    packages = "fastd"
    overhead = 100

    def __init__(self, name, method):
        self.name = name
        self.method = method
        self.encrypts = method != "null"

    def prepare(self, a, b):
        for host in (a, b):
            key = host.run("fastd", "--machine-readable", "--generate-key").strip()
            configuration = host.directory / "fastd.conf"
            configuration.write_text(f'secret "{key}";\n')
            public = host.run("fastd", "-c", str(configuration), "--machine-readable", "--show-key")
            (host.directory / "public").write_text(public.strip())

    def start(self, host, other):
        with open(host.directory / "fastd.conf", "a", encoding="ascii") as configuration:
            configuration.write(f"""
mode tap; interface "{host.device}"; mtu {UNDERLAY_MTU - self.overhead}; log level warn;
method "{self.method}"; bind {host.underlay}:10000;
peer "other" {{
  key "{(other.directory / "public").read_text()}"; remote {other.underlay}:10000;
}}
""")
        host.start("fastd", "-c", str(host.directory / "fastd.conf"), log="daemon.log")


class Nebula(Tunnel):
    """Host a is the lighthouse."""

    name = "nebula"
    programs = ("nebula", "nebula-cert")
    packages = "nebula"
    overhead = 100

    def prepare(self, a, b):
        authority = [str(a.directory / "ca.crt"), str(a.directory / "ca.key")]
        a.run("nebula-cert", "ca", "-name", "bench", "-out-crt", authority[0],
              "-out-key", authority[1])
        for host in (a, b):
            host.run("nebula-cert", "sign", "-ca-crt", authority[0], "-ca-key", authority[1],
                     "-name", host.letter, "-ip", f"{host.inner}/24",
                     "-out-crt", str(host.directory / "own.crt"),
                     "-out-key", str(host.directory / "own.key"))
        for host in (a, b):
            lighthouses = "[]" if host is a else f'["{a.inner}"]'
            (host.directory / "config.yml").write_text(f"""
pki: {{ca: {authority[0]}, cert: {host.directory}/own.crt, key: {host.directory}/own.key}}
static_host_map: {{"{a.inner}": ["{a.underlay}:4242"]}}
lighthouse: {{am_lighthouse: {str(host is a).lower()}, interval: 60, hosts: {lighthouses}}}
listen: {{host: 0.0.0.0, port: 4242, read_buffer: 4194304, write_buffer: 4194304}}
cipher: aes
tun: {{dev: {host.device}, mtu: {UNDERLAY_MTU - self.overhead}, tx_queue: 5000}}
logging: {{level: warning, format: text}}
firewall:
  outbound: [{{port: any, proto: any, host: any}}]
  inbound: [{{port: any, proto: any, host: any}}]
""")

    def start(self, host, other):
        host.start("nebula", "-config", str(host.directory / "config.yml"), log="daemon.log")


class Vxlan(Tunnel):
    """The kernel's own tunnel of Ethernet in UDP: what it costs without any encryption."""

    name = "vxlan"
    encrypts = False
    overhead = 50

    def start(self, host, other):
        host.run("ip", "link", "add", host.device, "type", "vxlan", "id", "42", "dstport", "4789",
                 "dev", "u0", "local", host.underlay, "remote", other.underlay)


def wait_until_answers(source, target, name, seconds=15):
    def answers():
        return "1 received" in source.run("ping", "-c", "1", "-W", "0.5", target.inner, check=False)
    wait_until(answers, seconds, f"a ping through {name}")


TUNNELS = {
    tunnel.name: tunnel
    for tunnel in (Lanyard(), WireGuardGo(), Nebula(), Fastd("fastd", "salsa2012+umac"),
                   Fastd("fastd-null", "null"), Vxlan())
}
