#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tells what throughput.sh has measured: each number that was wanted, and the README's table.

    report.py DIR           both, as markdown
    report.py --line FILE   one line about one result

DIR/CONDITION/ROUND/NAME.json is what one program said. A ratio is taken within each round, then the
median of the rounds; the smallest and the largest stand beside it.
"""

import argparse
import json
import pathlib
import statistics

IPSEC_MB, LIBSODIUM, NULL = "lanyard-ipsec-mb", "lanyard-libsodium", "lanyard-null"
WIREGUARD = "wireguard-go"
PLAIN = ("vxlan", "veth", "fastd-null", NULL)  # these do not encrypt
DROPPED_BY_REKEY = ("unknown_session", "forged", "replayed", "session_exhausted", "no_path")


# ---- Reading ----

class Results:
    """Of one condition: what each program said, by round."""

    def __init__(self, directory):
        self.rounds = {}  # name -> round -> dictionary
        for path in sorted(directory.glob("*/*.json")):
            result = read(path)
            if "error" not in result:
                self.rounds.setdefault(path.stem, {})[int(path.parent.name)] = result

    def values(self, name, *keys):
        """round -> number, where there is one."""
        found = {number: dig(result, keys) for number, result in self.rounds.get(name, {}).items()}
        return {number: value for number, value in found.items() if value is not None}

    def tunnels(self):
        return [name for name in self.rounds if self.values(name, "tcp1", "gbps")]

    def best_peer(self, best, encrypting, *keys):
        """The tunnel, none of ours, whose median is best: min or max."""
        medians = {name: statistics.median(self.values(name, *keys).values())
                   for name in self.tunnels()
                   if not name.startswith("lanyard") and name not in ("vxlan", "veth")
                   and not (encrypting and name in PLAIN) and self.values(name, *keys)}
        return best(medians, key=medians.get) if medians else None


def read(path):
    lines = path.read_text().strip().splitlines()
    try:
        return json.loads(lines[-1]) if lines else {"error": "no result"}
    except json.JSONDecodeError:
        return {"error": "no result"}


def dig(result, keys):
    for key in keys:
        result = result.get(key) if isinstance(result, dict) else None
    return result


def ratios(above, below):
    return [above[number] / below[number] for number in above if below.get(number)]


# ---- What was wanted ----

class Number:
    """One row: what, the limit (if there is one), and what was measured in the rounds."""

    def __init__(self, what, sign, limit, measured, beside=""):
        self.what, self.sign, self.limit = what, sign, limit
        self.measured, self.beside = list(measured), beside

    def row(self, condition):
        limit = "" if self.limit is None else f"{self.sign} {self.limit:g}"
        if not self.measured:
            return f"| {condition} | {self.what} | {limit} | not measured | |"
        middle = statistics.median(self.measured)
        beside = [self.beside] if self.beside else []
        if len(self.measured) > 1:
            beside.insert(0, f"{figure(min(self.measured))} to {figure(max(self.measured))}")
        said = figure(middle) + (f" ({'; '.join(beside)})" if beside else "")
        return f"| {condition} | {self.what} | {limit} | {said} | {self.verdict(middle)} |"

    def verdict(self, middle):
        if self.limit is None:
            return ""
        is_met = {"at least": middle >= self.limit, "at most": middle <= self.limit,
                  "under": middle < self.limit}[self.sign]
        return "met" if is_met else "NOT met"


def middle_of(results, name, *keys):
    values = results.values(name, *keys).values()
    return figure(statistics.median(values)) if values else "-"


def figure(value):
    """Three digits that matter, or a whole number."""
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"


def speed_numbers(results, condition):
    def tcp(name, streams="tcp1"):
        return results.values(name, streams, "gbps")

    ours = tcp(IPSEC_MB)
    yield Number("one TCP stream, ipsec-mb, against wireguard-go", "at least", 9,
                 ratios(ours, tcp(WIREGUARD)))
    yield Number("one TCP stream, libsodium, against wireguard-go", "at least", 5,
                 ratios(tcp(LIBSODIUM), tcp(WIREGUARD)))
    yield Number("one TCP stream, ipsec-mb, against fastd-null", "at least", 4,
                 ratios(ours, tcp("fastd-null")))
    yield Number("one TCP stream, ipsec-mb, against VXLAN", "at least",
                 0.23 if condition == "on" else 0.6, ratios(ours, tcp("vxlan")))
    yield Number("one TCP stream, ipsec-mb, against no cipher", "at least", 0.75,
                 ratios(ours, tcp(NULL)))
    yield Number("four streams against one, ipsec-mb", "at least", 0.95,
                 ratios(tcp(IPSEC_MB, "tcp4"), ours))
    yield Number("daemons' CPU seconds per GiB against wireguard-go", "under", 0.1,
                 ratios(results.values(IPSEC_MB, "tcp1", "daemon_cpu_s_per_gib"),
                        results.values(WIREGUARD, "tcp1", "daemon_cpu_s_per_gib")))

    peer = results.best_peer(max, False, "udp64", "pps")
    yield Number(f"64-byte datagrams delivered under flood against the best peer, {peer}",
                 "at least", 2, ratios(results.values(IPSEC_MB, "udp64", "pps"),
                                       results.values(peer, "udp64", "pps")))
    peer = results.best_peer(min, True, "ping", "p50_us")
    yield Number(f"idle ping, median, against the best encrypting peer, {peer}", "at most", 1.1,
                 ratios(results.values(IPSEC_MB, "ping", "p50_us"),
                        results.values(peer, "ping", "p50_us")))


def other_numbers(results):
    yield Number("goodput under flood against the best at any load", "at least", 0.9,
                 results.values("flood-lanyard", "flood_share").values())
    yield Number("TCP the other way beside that flood, Gbit/s", "", None,
                 results.values("flood-lanyard", "tcp", "flood_gbps").values(),
                 f"{middle_of(results, 'flood-lanyard', 'tcp', 'idle_gbps')} without it")
    yield Number("a new member's join through the flooded host, seconds", "", None,
                 results.values("flood-lanyard", "third", "join_seconds").values(),
                 f"{middle_of(results, 'flood-lanyard', 'third', 'idle_join_seconds')} without it")
    for host, role in (("a", "flooding"), ("b", "flooded")):
        keys = "third", "flood", f"ping_{host}"
        yield Number(f"its ping of the {role} host, median, milliseconds", "", None,
                     [value / 1000
                      for value in results.values("flood-lanyard", *keys, "p50_us").values()],
                     f"lost of 200: {middle_of(results, 'flood-lanyard', *keys, 'lost')}")
    yield Number("ping beside TCP, 99th percentile, against wireguard-go", "under", 0.5,
                 ratios(results.values("latency-lanyard", "beside_tcp", "p99_us"),
                        results.values("latency-wireguard-go", "beside_tcp", "p99_us")))

    ours, theirs = (results.rounds.get(f"wire_bytes-{name}", {}) for name in ("lanyard", WIREGUARD))
    if ours and theirs:
        overheads = (f"{next(iter(one.values()))['segment_overhead']}" for one in (ours, theirs))
        yield Number("wire bytes per TCP payload byte against WireGuard", "under", 1,
                     ratios(results.values("wire_bytes-lanyard", "sent_per_payload"),
                            results.values("wire_bytes-wireguard-go", "sent_per_payload")),
                     "overhead of a segment in bytes: {} against {}".format(*overheads))

    def rekey(*keys):
        return results.values("rekey-lanyard", *keys)

    runs = results.rounds.get("rekey-lanyard", {}).values()
    smallest = [statistics.median(rekey(name, "smallest_share").values() or [0])
                for name in ("with", "without")]
    count = statistics.median(rekey("with", "rekeys").values() or [0])
    yield Number("TCP in the intervals at a rekey against those near them", "at least", 0.95,
                 rekey("with", "at_rekey_share").values(),
                 f"{count:.0f} rekeys a run; smallest interval {smallest[0]:.2f} of the median, "
                 f"{smallest[1]:.2f} without rekeys")
    retransmits = [round(statistics.median(rekey(name, "retransmits").values() or [0]))
                   for name in ("with", "without")]
    yield Number("packets lost by a rekey", "at most", 0,
                 [sum(run["with"]["dropped"].get(reason, 0) for reason in DROPPED_BY_REKEY)
                  for run in runs],
                 f"retransmits {retransmits[0]}, {retransmits[1]} without rekeys")


def wanted(conditions):
    yield "| offload | what | wanted | measured (smallest to largest) | |"
    yield "| --- | --- | --- | --- | --- |"
    for condition, results in conditions.items():
        for number in (*speed_numbers(results, condition), *other_numbers(results)):
            yield number.row(condition)


# ---- The README's table ----

TITLES = {IPSEC_MB: "**Lanyard**, AES by ipsec-mb", LIBSODIUM: "**Lanyard**, AES by libsodium",
          NULL: "Lanyard without a cipher (test build)", "vxlan": "kernel VXLAN",
          "fastd-null": "fastd, method null"}


def table(conditions):
    first = conditions[next(iter(conditions))]

    def cell(results, name, digits, *keys, unit=1):
        values = results.values(name, *keys).values()
        return f"{statistics.median(values) / unit:.{digits}f}" if values else ""

    yield ("| | encrypts | " + " | ".join(f"TCP Gbit/s, offload {one}" for one in conditions)
           + " | against wireguard-go | four streams | 64-byte UDP, thousand/s | ping µs "
             "| CPU s/GiB |")
    yield "| --- | --- " + "| --: " * (len(conditions) + 5) + "|"
    names = sorted(first.tunnels(),
                   key=lambda name: -statistics.median(first.values(name, "tcp1", "gbps").values()))
    for name in names:
        against = ratios(first.values(name, "tcp1", "gbps"),
                         first.values(WIREGUARD, "tcp1", "gbps"))
        cells = [TITLES.get(name, name), "no" if name in PLAIN else "yes",
                 *(cell(results, name, 2, "tcp1", "gbps") for results in conditions.values()),
                 f"{statistics.median(against):.1f}" if against else "",
                 cell(first, name, 2, "tcp4", "gbps"),
                 cell(first, name, 0, "udp64", "pps", unit=1000),
                 cell(first, name, 0, "ping", "p50_us"),
                 cell(first, name, 2, "tcp1", "daemon_cpu_s_per_gib")]
        yield "| " + " | ".join(cells) + " |"


# ---- One result ----

LINE = (  # what is told of a result, where it is there
    ("{:.2f} Gbit/s", ("tcp1", "gbps")), ("{:.2f} by four", ("tcp4", "gbps")),
    ("{:.2f} CPU s/GiB", ("tcp1", "daemon_cpu_s_per_gib")),
    ("{:.0f} datagrams/s", ("udp64", "pps")),
    ("ping {:.0f} us", ("ping", "p50_us")),
    ("best {:.0f} datagrams/s", ("best_pps",)), ("under flood {:.2f} of it", ("flood_share",)),
    ("ping {:.0f} us", ("idle", "p50_us")), ("beside TCP {:.0f} us", ("beside_tcp", "p50_us")),
    ("99th percentile {:.0f} us", ("beside_tcp", "p99_us")),
    ("third host: {}", ("third", "error")),
    ("{:.4f} wire bytes per byte", ("sent_per_payload",)),
    ("{} for a segment", ("segment_overhead",)),
    ("{} rekeys", ("with", "rekeys")), ("{:.2f} at a rekey", ("with", "at_rekey_share")),
    ("{:.2f} the smallest interval", ("with", "smallest_share")),
    ("({:.2f} without rekeys)", ("without", "smallest_share")),
)
DISTURBED = 0.08  # of the machine's time: more of it used by others makes a result doubtful


def line(result):
    if "error" in result:
        return result["error"]
    said = [words.format(dig(result, keys)) for words, keys in LINE
            if dig(result, keys) is not None]
    others = [test.get("foreign", 0) + test.get("steal", 0)
              for test in (result, *result.values()) if isinstance(test, dict)]
    if max(others, default=0) > DISTURBED:
        said.append(f"DISTURBED: others used {100 * max(others):.0f} % of the machine")
    return ", ".join(said)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--line", action="store_true", help="one line about one result")
    parser.add_argument("path", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.line:
        print(line(read(arguments.path)))
        return
    conditions = {name: Results(arguments.path / name) for name in ("on", "off")
                  if (arguments.path / name).is_dir()}
    print("\n".join(["", *wanted(conditions), "", *table(conditions)]))


if __name__ == "__main__":
    main()
