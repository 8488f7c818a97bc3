#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy 14 over the core's sources, by .clang-tidy. It is slow, so by default it does without the
# static analyser, takes the most recently changed sources first and begins no further one after two
# minutes; it says how far it came.
#
# tidy.sh [--all] BUILD-DIR     --all: every source of core, platform and cli, and the analyser too
#
# Exit 1: findings. Exit 77: no clang-tidy 14 here, nothing was checked.
set -euo pipefail

budget_seconds=60
checks=(--checks=-clang-analyzer-*)
places=(core)
if [[ ${1:-} == --all ]]; then
  budget_seconds=86400
  checks=()
  places=(core platform cli)
  shift
fi
build=$(realpath "${1:?the build directory, with compile_commands.json in it}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tidy=$(command -v clang-tidy-14 || true)
if [[ -z $tidy ]]; then
  echo "SKIPPED, NOTHING WAS CHECKED: needs clang-tidy 14 (package clang-tidy-14)" >&2
  exit 77
fi

# Each once: what is not committed yet, then by the last commit that touched it, then all others.
sources_by_age() {
  {
    git diff --name-only HEAD -- "${places[@]}" 2>/dev/null || true
    git log --format= --name-only -- "${places[@]}" 2>/dev/null || true
    find "${places[@]}" -name '*.cpp' | sort
  } | awk '/\.cpp$/ && !seen[$0]++' | while read -r source; do
    if [[ -f $source ]]; then echo "$source"; fi
  done
}

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
deadline=$((EPOCHSECONDS + budget_seconds))
export tidy build results deadline

# One source: a line in `done` when it was looked at, its findings in a file of its own.
check_one() {
  local source=$1
  shift
  [[ $EPOCHSECONDS -lt $deadline ]] || return 0
  echo "$source" >> "$results/done"
  local report="$results/${source//\//_}.txt"
  if "$tidy" -p "$build" --quiet "$@" "$source" > "$report" 2> "$report.err"; then
    rm "$report"
  elif [[ ! -s $report ]]; then
    mv "$report.err" "$report"
  fi
}
export -f check_one

sources_by_age > "$results/all"
touch "$results/done"
xargs -a "$results/all" -P "$(nproc)" -I{} bash -c 'check_one "$@"' _ {} "${checks[@]}"

echo "tidy: $(wc -l < "$results/done") of $(wc -l < "$results/all") sources of ${places[*]}"
findings=$(find "$results" -name '*.txt' | sort)
[[ -n $findings ]] || exit 0
# Each source reports the headers that it includes: say it once.
cat $findings | awk '!(/: error: / && seen[$0]++)'
exit 1
