#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# same_trace.sh PROGRAM OTHER NODES SEED...: sim_mesh as built by two compilers succeeds and prints
# the same trace for every seed. Without OTHER, PROGRAM is only held against itself, which is said,
# and the test counts as skipped.
set -euo pipefail
program=$1
other=$2
nodes=$3
shift 3

result=0
if [[ ! -x $other ]]; then
  echo "same_trace: there is no $other; comparing $program with itself" >&2
  other=$program
  result=77
fi
for seed in "$@"; do
  exec 3< <("$other" --seed "$seed" --nodes "$nodes")
  running=$!
  first=$("$program" --seed "$seed" --nodes "$nodes")
  read -r second <&3
  wait "$running"
  echo "seed $seed, $nodes nodes: $first and $second"
  if [[ $first != "$second" ]]; then
    echo "same_trace: they differ (are both builds of the same source?)" >&2
    echo "replay: $program --seed $seed --nodes $nodes" >&2
    echo "replay: $other --seed $seed --nodes $nodes" >&2
    exit 1
  fi
done
exit $result
