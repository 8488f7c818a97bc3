#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# throughput.sh [OPTION...]: Lanyard side by side with other tunnels, on this machine alone; prints
# what was wanted of it and what was measured. By hand, as root, while nothing else runs.
#
#   -n ROUNDS    medians of so many (5)
#   -t SECONDS   of each stream (5)
#   -o on|off|both  segmentation offload of the underlay (both)
#   -x PARTS     of speed, flood, latency, rekey, wire (all of them)
#   -p PEERS     to compare with (all that are here)
#   -q           quick: one round of two seconds, to see that it works
#   -O DIR       where results go (build/throughput/, a folder named by the time)
#
# Every round measures every tunnel once, each in hosts and wires of its own, in an order that turns
# with the rounds; a ratio is taken within a round, so that a machine whose speed drifts moves both
# sides. From the environment:
#
#   LANYARD_BIN         another program than the release build; nothing is built then, and
#   LANYARD_NULL_BIN    the same for the build that does not encrypt
#   LANYARD_FLAGS       further words for Lanyard's daemon
#   LANYARD_PEER_BENCH  a folder with a peers.sh that measures tunnels; speed.py does it otherwise
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly bench=tests/bench
rounds=5 seconds=5 offload=both parts="speed flood latency rekey wire" peers="" out=""

say() { printf '%s\n' "$*"; }
usage() { sed -n '3,/^set/s/^# \{0,1\}//p' "$bench/throughput.sh"; }
refuse() {
  printf 'throughput: %s\n' "$*" >&2
  exit 4
}
misused() {
  usage >&2
  exit 2
}

while getopts n:t:o:x:p:qO:h option; do
  case $option in
    n) rounds=$OPTARG ;;
    t) seconds=$OPTARG ;;
    o) offload=$OPTARG ;;
    x) parts=$OPTARG ;;
    p) peers=$OPTARG ;;
    q) rounds=1 seconds=2 ;;
    O) out=$OPTARG ;;
    h)
      usage
      exit 0
      ;;
    *) misused ;;
  esac
done
[[ $OPTIND -gt $# && $rounds =~ ^[1-9][0-9]?$ && $seconds =~ ^[1-9][0-9]?$ ]] || misused
case $offload in
  on | off) conditions=("$offload") ;;
  both) conditions=(on off) ;;
  *) misused ;;
esac
for part in $parts; do
  [[ " speed flood latency rekey wire " == *" $part "* ]] || misused
done
wants() { [[ " $parts " == *" $1 "* ]]; }

[[ $EUID -eq 0 ]] || refuse "network namespaces and TAP devices take root. Try: sudo $0 $*"
[[ -c /dev/net/tun ]] ||
  refuse "there is no /dev/net/tun. Load it (modprobe tun), or give this container the device."
packaging/install-deps.sh

# ---- Lanyard, as it is and in a build that does not encrypt ----

if [[ -z ${LANYARD_BIN:-} ]]; then
  cmake --preset release >/dev/null
  cmake --build --preset release --target lanyard
  cmake --preset release -B build/null-cipher -DLANYARD_TEST_NULL_CIPHER=ON >/dev/null 2>&1
  cmake --build build/null-cipher --target lanyard
  export LANYARD_BIN=$PWD/build/release/lanyard
  LANYARD_NULL_BIN=${LANYARD_NULL_BIN:-$PWD/build/null-cipher/lanyard}
fi
[[ -x $LANYARD_BIN ]] || refuse "LANYARD_BIN names no program: $LANYARD_BIN"
readonly flags=${LANYARD_FLAGS:-}

# ---- Who takes part ----

peers_sh=${LANYARD_PEER_BENCH:+$LANYARD_PEER_BENCH/peers.sh}
[[ -x $peers_sh ]] || peers_sh=""
list_tunnels() { # a line each: NAME: VERSION, or NAME: not here
  if [[ -n $peers_sh ]]; then "$peers_sh" -l; else "$bench/speed.py" --list; fi
}
list=$(list_tunnels)
here=$(sed -n 's/^\([a-z0-9-]*\): ..*/\1/p' <<<"$(grep -v ': not here$' <<<"$list")")
if [[ -z $peers ]]; then
  peers=$(grep -vxE 'lanyard|custom|veth' <<<"$here" | tr '\n' ' ')
fi
entrants=(lanyard-ipsec-mb lanyard-libsodium)
[[ -z ${LANYARD_NULL_BIN:-} ]] || entrants+=(lanyard-null)
for peer in $peers; do
  if grep -qx "$peer" <<<"$here"; then entrants+=("$peer"); else say "$peer is not here"; fi
done
takes_part() { [[ " ${entrants[*]} " == *" $1 "* ]]; }

# Those that the numbers are about, and Debian's packages that bring them.
declare -Ar packages=(
  [wireguard-go]="wireguard-go wireguard-tools" [fastd-null]=fastd [nebula]=nebula)
tell_what_is_missing() {
  local peer
  for peer in "${!packages[@]}"; do
    grep -qx "$peer" <<<"$here" || say "without $peer: apt-get install ${packages[$peer]}"
  done
  [[ -n ${LANYARD_NULL_BIN:-} ]] || say "without a build that does not encrypt: LANYARD_NULL_BIN"
  [[ -n $peers_sh ]] || say "by speed.py: LANYARD_PEER_BENCH names no folder with a peers.sh"
}

# ---- Measuring ----

out=${out:-build/throughput/$(date +%Y%m%d-%H%M%S)}
[[ ! -e $out || -z $(ls -A "$out") ]] || refuse "$out is not empty"
mkdir -p "$out"
readonly log=$out/log
step=""
finish() { # the program that runs takes its namespaces with it
  [[ -z $step ]] || { kill "$step" && wait "$step"; } 2>/dev/null || true
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

bounded() { # SECONDS COMMAND...: waited for in a way that a signal ends at once
  local status=0
  timeout -k 20 "$@" 2>>"$log" &
  step=$!
  wait "$step" || status=$?
  step=""
  return "$status"
}

result_of() { printf '%s' "$out/$condition/$round/$1.json"; }
tell() { # NAME: one line of what its result says
  local result
  result=$(result_of "$1")
  [[ -s $result ]] || echo '{"error": "no result"}' >"$result"
  printf '[%4d s] offload %-3s round %d/%d  %-22s %s\n' \
    "$SECONDS" "$condition" "$round" "$rounds" "$1" "$("$bench/report.py" --line "$result")"
}

measure_tunnel() { # ENTRANT
  local peer=$1 program=$LANYARD_BIN words=$flags folder
  case $1 in
    lanyard-null) program=$LANYARD_NULL_BIN ;&
    lanyard-*) peer=lanyard words="$flags --aead-backend ${1#lanyard-}" ;;
  esac
  local environment=(env LANYARD_BIN="$program" LANYARD_FLAGS="$words")
  if [[ -n $peers_sh ]]; then
    folder=$out/$condition/$round/$1
    bounded 600 "${environment[@]}" "$peers_sh" -p "$peer" -b none -n 1 -t "$seconds" \
      -o "$condition" -x tcp1,tcp4,udp64,ping -O "$folder" >>"$log" || true
    mv "$folder/results.jsonl" "$(result_of "$1")" || true
  else
    bounded 300 "${environment[@]}" "$bench/speed.py" --json --tunnel "$peer" \
      --offload "$condition" --seconds "$seconds" >"$(result_of "$1")" || true
  fi
  tell "$1"
}

measure_more() { # PART TUNNEL [OPTION...]
  local part=$1 tunnel=$2 name=$1-$2
  shift 2
  bounded 400 "$bench/$part.py" --json --tunnel "$tunnel" --offload "$condition" "$@" \
    >"$(result_of "$name")" || true
  tell "$name"
}

one_round() {
  local tunnel turned=()
  mkdir -p "$out/$condition/$round"
  for tunnel in "${entrants[@]}"; do
    if ((round % 2)); then turned+=("$tunnel"); else turned=("$tunnel" "${turned[@]}"); fi
  done
  if wants speed; then
    for tunnel in "${turned[@]}"; do measure_tunnel "$tunnel"; done
  fi
  for tunnel in lanyard wireguard-go; do
    [[ $tunnel == lanyard ]] || takes_part "$tunnel" || continue
    if wants latency; then measure_more latency "$tunnel"; fi
    # The same bytes in every round, whatever the underlay's offload.
    if wants wire && ((round == 1)); then measure_more wire_bytes "$tunnel"; fi
  done
  if wants flood; then measure_more flood lanyard; fi
  if wants rekey; then measure_more rekey lanyard; fi
}

"$LANYARD_BIN" version
say "tunnels: ${entrants[*]}"
tell_what_is_missing
say "results: $out (what the programs say beside them: $log)"
for ((round = 1; round <= rounds; ++round)); do
  for condition in "${conditions[@]}"; do one_round; done
done
"$bench/report.py" "$out" | tee "$out/report.md"
