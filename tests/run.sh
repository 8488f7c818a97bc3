#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh [LABEL...]: installs what is needed, builds, and runs every test, or those with a label of
# unit, lint, sim, lab, tsan, bench (bench only when asked for: it measures and judges nothing).
#
# Four builds, each of no more than its tests need: dev, everything with address and undefined-
# behaviour sanitizers; release, the program that timings and large transfers are made with, the
# large simulations, and what measures; clang, the simulations again, whose every event has to be
# the same from both compilers; tsan, what has threads.
# Ends with the totals and the names of what was skipped; exits 1 if anything failed.
set -euo pipefail
cd "$(dirname "$0")/.."

labels=("$@")
[[ ${#labels[@]} -gt 0 ]] || labels=(unit lint sim lab tsan)
for label in "${labels[@]}"; do
  case $label in
    unit | lint | sim | lab | tsan | bench) ;;
    *)
      echo "usage: $0 [unit|lint|sim|lab|tsan|bench]..." >&2
      exit 2
      ;;
  esac
done
wants() { [[ " ${labels[*]} " == *" $1 "* ]]; }

begin=$SECONDS
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

say() { printf '\n== [%3d s] %s\n' $((SECONDS - begin)) "$*"; }

build() { # PRESET [TARGET...]
  local preset=$1
  shift
  local targets=(--target "${@:-all}")
  say "building $preset: ${*:-everything}"
  cmake --preset "$preset" >"$results/configure.txt" || {
    cat "$results/configure.txt"
    exit 1
  }
  cmake --build --preset "$preset" "${targets[@]}"
}

run() { # NAME PRESET CTEST-OPTIONS...: a failure is counted, not the end
  local name=$1 preset=$2
  shift 2
  say "$name"
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error \
    --output-junit "$results/$name.xml" "$@" || failed_runs+=("$name")
}
failed_runs=()

totals() { # prints them and what was skipped; fails if anything failed
  python3 - "$results"/*.xml <<'PYTHON'
import sys
import xml.etree.ElementTree as xml

suites = [xml.parse(path).getroot() for path in sys.argv[1:]]
cases = [case for suite in suites for case in suite.iter("testcase")]
skipped = [case.get("name") for case in cases if case.find("skipped") is not None]
failed = [case.get("name") for case in cases if case.find("failure") is not None]
for name in skipped:
    print("skipped:", name)
for name in failed:
    print("failed:", name)
print(f"{len(cases) - len(failed) - len(skipped)} passed, {len(failed)} failed, "
      f"{len(skipped)} skipped")
sys.exit(1 if failed else 0)
PYTHON
}

packaging/install-deps.sh

if wants lab; then build release lanyard; fi
if wants bench; then build release benches; fi
if wants sim; then
  build release sim_mesh sim_dht
  build clang sim_mesh sim_dht
fi
if wants tsan; then build tsan unit_platform; fi
if wants unit || wants lint || wants sim || wants lab; then build dev; fi

if wants unit; then run unit dev -L '^unit$' -j "$(nproc)"; fi
if wants lint; then run lint dev -L '^lint$' -j "$(nproc)"; fi
if wants tsan; then run tsan tsan -R '^unit_platform$'; fi
if wants sim; then
  run sim dev -L '^sim$' -j "$(nproc)"
  run sim-large release -R '^sim_(mesh|dht|dht_trace)$' -j "$(nproc)" --verbose
fi
if wants lab; then run lab dev -L '^lab$'; fi
if wants bench; then run bench release -C bench -L '^bench$' --verbose; fi

say "done"
status=0
totals || status=1
[[ $EUID -eq 0 ]] || echo "Tests in network namespaces take root: sudo $0"
# A run can also fail as a whole, as when a test's program is missing.
if [[ ${#failed_runs[@]} -gt 0 ]]; then
  echo "failed: ${failed_runs[*]}"
  status=1
fi
exit $status
