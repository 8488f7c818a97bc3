#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what building, testing and demonstrating Lanyard needs on Debian 12, without recommended
# packages. Does nothing, and asks no mirror, when everything is there already.
set -euo pipefail

packages=(
  # building
  ccache clang cmake g++ ninja-build pkg-config
  libcli11-dev libmnl-dev libsodium-dev libspdlog-dev libuv1-dev nettle-dev nlohmann-json3-dev
  # tests and lint; libtorrent is the second opinion on what BitTorrent's DHT speaks
  clang-format-14 clang-tidy-14 doctest-dev git libtorrent-rasterbar-dev python3 python3-cryptography
  # the laboratory and the demo: hosts, routers and NATs in network namespaces
  bridge-utils ethtool iperf3 iproute2 iputils-ping nftables procps socat tcpdump
  transmission-cli transmission-daemon tshark util-linux
)
# A faster cipher, where its library exists.
[[ $(dpkg --print-architecture) != amd64 ]] || packages+=(libipsec-mb-dev)

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ $EUID -ne 0 ]]; then
  echo "install-deps: packages are missing and only root can install them. As root, run:" >&2
  echo "  apt-get install -y --no-install-recommends ${missing[*]}" >&2
  exit 4
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends "${missing[@]}"
