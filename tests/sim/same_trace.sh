#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# same_trace.sh PROGRAM OTHER: for some seeds, PROGRAM twice and OTHER once print the same trace.
# Without OTHER (the build of another compiler) the last part is skipped, which is said.
set -euo pipefail
program=$1
other=$2
nodes=40

for seed in 1 2 3; do
  first=$("$program" --seed $seed --nodes $nodes)
  second=$("$program" --seed $seed --nodes $nodes)
  if [[ $first != "$second" ]]; then
    echo "same_trace: $program --seed $seed --nodes $nodes gave $first, then $second" >&2
    exit 1
  fi
  [[ -x $other ]] || continue
  foreign=$("$other" --seed $seed --nodes $nodes)
  if [[ $first != "$foreign" ]]; then
    echo "same_trace: seed $seed, $nodes nodes: $first here, $foreign from $other" >&2
    exit 1
  fi
  echo "seed $seed: $first from both"
done
if [[ ! -x $other ]]; then
  echo "same_trace: no build of another compiler at $other; repeated runs agree" >&2
  exit 77
fi
