#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh [--keep]        shows Lanyard at work between three hosts, on this machine alone
# demo.sh --remove NAME   takes down a demo that was kept
#
#   alice 192.168.1.2 ── NAT 20.0.1.2 ──┐
#                                       ├── "internet" ── carol 20.0.3.2
#   bob   192.168.1.2 ── NAT 20.0.2.2 ──┘       └──────── beacon 20.0.4.2
#
# Every box is a network namespace; nothing leaves this machine and nothing on it is changed. Both
# NATs are ordinary Linux masquerading, and both homes use the same subnet, as homes do. Each host
# runs a real daemon. The beacon's is a member of nothing: it is the first node of a private DHT, by
# which the others find each other, as anyone would by the public DHT. (The addresses are public
# ones, for there are things that nodes do not do with private ones.)
set -euo pipefail
cd "$(dirname "$0")/.."

readonly lanyard=$PWD/build/release/lanyard
readonly hosts=(alice bob carol beacon)
readonly boxes=(internet nat1 nat2 "${hosts[@]}")
keep=no

say() { printf '%s\n' "$*"; }
refuse() {
  printf 'demo: %s\n' "$*" >&2
  exit 4
}

# ---- Taking down ----

running() { # NAME: the processes in all of its boxes
  local box
  for box in "${boxes[@]}"; do ip netns pids "$1-$box" 2>/dev/null || true; done
}
take_down() { # NAME
  local box tries
  # A daemon that is told to stop says goodbye first.
  running "$1" | xargs -r kill 2>/dev/null || true
  for ((tries = 0; tries < 100; ++tries)); do
    [[ -n $(running "$1") ]] || break
    sleep 0.05
  done
  running "$1" | xargs -r kill -KILL 2>/dev/null || true
  for box in "${boxes[@]}"; do
    ip netns delete "$1-$box" 2>/dev/null || true
  done
  rm -rf "/tmp/$1"
}

case ${1:-} in
  "") ;;
  --keep) keep=yes ;;
  --remove)
    [[ ${2:-} == lanyard-demo-[0-9]* && -d /tmp/$2 ]] || refuse "there is no demo \"${2:-}\""
    [[ $EUID -eq 0 ]] || refuse "only root can take it down: sudo $0 --remove $2"
    take_down "$2"
    exit 0
    ;;
  *)
    say "usage: $0 [--keep | --remove NAME]" >&2
    exit 2
    ;;
esac

[[ $EUID -eq 0 ]] || refuse "network namespaces and TAP devices take root. Try: sudo $0 $*"
[[ -c /dev/net/tun ]] ||
  refuse "there is no /dev/net/tun. Load it (modprobe tun), or give this container the device."

# ---- Building ----

packaging/install-deps.sh
cmake --preset release >/dev/null
cmake --build --preset release --target lanyard

# ---- Telling ----

name=lanyard-demo-$$
directory=/tmp/$name
demo_begin=$EPOCHREALTIME
step_begin=$EPOCHREALTIME
steps=0

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'; }
step() {
  step_begin=$EPOCHREALTIME
  steps=$((steps + 1))
  printf '\n== %d. %s\n' "$steps" "$*"
}
done_step() { printf '   (%s s)\n' "$(seconds_since "$step_begin")"; }
show() { sed 's/^/   /'; }
fail() {
  printf '\ndemo: FAILED: %s\n' "$*" >&2
  tail -n 15 "$directory"/*.log >&2 || true
  exit 1
}
within() { # SECONDS COMMAND...: until it succeeds
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [[ $SECONDS -lt $end ]] || return 1
    sleep 0.05
  done
}

# ---- Boxes and wires ----

in_box() { # BOX COMMAND...
  local box=$1
  shift
  ip netns exec "$name-$box" "$@"
}
add_box() {
  ip netns add "$name-$1"
  ip -n "$name-$1" link set lo up
}
wire() { # BOX INTERFACE ADDRESS  BOX INTERFACE ADDRESS
  ip link add "$2" netns "$name-$1" type veth peer name "$5" netns "$name-$4"
  ip -n "$name-$1" address add "$3" dev "$2"
  ip -n "$name-$4" address add "$6" dev "$5"
  ip -n "$name-$1" link set "$2" up
  ip -n "$name-$4" link set "$5" up
}
route_through() { ip -n "$name-$1" route add default via "$2"; }
become_router() { in_box "$1" sysctl -qw net.ipv4.ip_forward=1; }
become_nat() {
  become_router "$1"
  in_box "$1" nft -f - <<'NFT'
table ip nat {
  chain outgoing { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }
  chain incoming { type filter hook input priority filter; iifname "wan" ct state new drop; }
  chain through {
    type filter hook forward priority filter; policy drop;
    iifname "lan" accept
    ct state established,related accept
  }
}
NFT
}

build_topology() {
  local box
  for box in "${boxes[@]}"; do add_box "$box"; done
  become_router internet
  wire internet to-nat1 20.0.1.1/24 nat1 wan 20.0.1.2/24
  wire internet to-nat2 20.0.2.1/24 nat2 wan 20.0.2.2/24
  wire internet to-carol 20.0.3.1/24 carol eth0 20.0.3.2/24
  wire internet to-beacon 20.0.4.1/24 beacon eth0 20.0.4.2/24
  wire nat1 lan 192.168.1.1/24 alice eth0 192.168.1.2/24
  wire nat2 lan 192.168.1.1/24 bob eth0 192.168.1.2/24
  become_nat nat1
  become_nat nat2
  route_through nat1 20.0.1.1
  route_through nat2 20.0.2.1
  route_through carol 20.0.3.1
  route_through beacon 20.0.4.1
  route_through alice 192.168.1.1
  route_through bob 192.168.1.1
}

# ---- Hosts ----

start_daemon() { # HOST OPTIONS...
  local host=$1
  shift
  # In a session of its own, so that a kept demo does not end with the terminal.
  setsid ip netns exec "$name-$host" "$lanyard" daemon --state-dir "$directory/$host" \
    --socket "$directory/$host.sock" --dht private --bootstrap 20.0.4.2:6881 "$@" \
    >"$directory/$host.log" 2>&1 </dev/null &
}
on() { # HOST VERB...: `lanyard VERB...` as typed on that host
  local host=$1
  shift
  in_box "$host" env LANYARD_SOCKET="$directory/$host.sock" "$lanyard" "$@"
}
overlay_address() { # HOST
  ip -n "$name-$1" -4 -o address show dev lanyard0 | awk '{ sub("/.*", "", $4); print $4 }'
}
daemons_answer() {
  local host
  for host in "${hosts[@]}"; do on "$host" status || return 1; done
}
all_online() { # HOST: all others are reachable from it
  local other
  for other in alice bob carol; do
    [[ $other == "$1" ]] || on "$1" ping "$other" -c 1 -W 1 || return 1
  done
}

finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  if [[ $keep == yes && $status -eq 0 ]]; then
    say ""
    say "The demo is left standing. To sit down at alice (or bob, carol, beacon):"
    say "  sudo ip netns exec $name-alice env LANYARD_SOCKET=$directory/alice.sock" \
      "PATH=$(dirname "$lanyard"):\$PATH bash"
    say "and to take it down:"
    say "  sudo $0 --remove $name"
  else
    take_down "$name"
  fi
  exit "$status"
}

# ---- The demo ----

trap finish EXIT
trap 'exit 130' INT TERM HUP
mkdir -m 700 "$directory"

step "Two homes behind NATs, one public host, and a beacon on an internet of our own"
build_topology
done_step

step "A daemon on each"
start_daemon beacon --port 6881
for host in alice bob carol; do start_daemon "$host"; done
within 15 daemons_answer || fail "not all daemons answer"
done_step

step "alice makes a network and an invite for two"
on alice up --new lab --name alice 2>&1 | show
token=$(on alice invite --uses 2 2>"$directory/invite.txt")
show <"$directory/invite.txt"
say "   $token"
done_step

step "bob joins by the token alone"
on bob join "$token" --name bob 2>&1 | show
done_step

step "carol joins; her token came by mail: lower case, in pieces, by standard input"
fold -w 60 <<<"${token,,}" | on carol join - --name carol 2>&1 | show
done_step

step "Each sees the others"
for host in alice bob carol; do
  within 20 all_online "$host" || fail "$host does not reach everyone"
done
for host in alice bob carol; do
  say "   $host\$ lanyard status"
  on "$host" status | show
done
done_step

step "alice pings bob by name: through both NATs, directly"
on alice ping bob -c 3 -i 0.2 | show
done_step

bob_address=$(overlay_address bob)
step "carol pings bob as anyone would: ping $bob_address"
in_box carol ping -n -c 3 -i 0.2 "$bob_address" | show
done_step

step "A broadcast of bob's arrives at alice and carol"
for host in alice carol; do
  in_box "$host" timeout 8 socat -u UDP4-RECV:7000,reuseaddr STDOUT >"$directory/$host.heard" &
done
call_out() { # until both have heard it: the first may have come before they listened
  in_box bob socat -u STDIN UDP4-DATAGRAM:255.255.255.255:7000,broadcast,so-bindtodevice=lanyard0 \
    <<<"hello, everyone"
  [[ -s $directory/alice.heard && -s $directory/carol.heard ]]
}
within 8 call_out || fail "the broadcast did not arrive"
say "   alice heard: $(head -n 1 "$directory/alice.heard")"
say "   carol heard: $(head -n 1 "$directory/carol.heard")"
done_step

marker=PLAINLY-READABLE
step "Two seconds of alice's traffic on the internet do not hold the words \"$marker\""
in_box internet timeout 2 tcpdump -q -i to-nat1 -w "$directory/outside.pcap" 2>/dev/null &
outside=$!
in_box bob timeout 2 tcpdump -q -i lanyard0 -w "$directory/inside.pcap" 2>/dev/null &
inside=$!
in_box alice ping -q -n -i 0.1 -w 2 -s 64 -p "$(printf %s "$marker" | od -An -tx1 | tr -d ' \n')" \
  "$bob_address" >/dev/null
wait "$outside" "$inside" || true
count() { grep -a -o "$marker" "$directory/$1.pcap" | wc -l; }
say "   on bob's lanyard0: $(count inside) times; on the internet: $(count outside) times," \
  "in $(stat -c %s "$directory/outside.pcap") bytes"
[[ $(count inside) -gt 0 ]] || fail "nothing was captured inside"
[[ $(count outside) -eq 0 ]] || fail "the marker was on the wire"
[[ $(stat -c %s "$directory/outside.pcap") -gt 1000 ]] || fail "nothing was captured outside"
done_step

printf '\nAll of it took %s s.\n' "$(seconds_since "$demo_begin")"
