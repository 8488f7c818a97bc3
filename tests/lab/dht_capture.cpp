// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/dht_capture.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "core/base/endian.h"
#include "tests/lab/topology.h"

namespace lanyard::lab {
namespace {

constexpr Patience kJudgePatience{60'000};

void put32(std::ofstream& out, std::uint32_t number) {
  std::array<std::uint8_t, 4> bytes{};
  store_be(bytes.data(), number);
  out << as_text(bytes);
}

// The classic format of libpcap, version 2.4, big-endian; times do not matter.
void write_pcap(const std::string& path, const std::vector<Buffer>& frames) {
  std::ofstream out(path, std::ios::binary);
  constexpr std::uint32_t kMagic = 0xa1b2c3d4;
  constexpr std::uint32_t kVersion = 2 << 16 | 4;
  constexpr std::uint32_t kLongest = 65535;
  constexpr std::uint32_t kEthernet = 1;
  for (const std::uint32_t field : {kMagic, kVersion, 0U, 0U, kLongest, kEthernet}) {
    put32(out, field);
  }
  for (const Buffer& frame : frames) {
    const auto size = static_cast<std::uint32_t>(frame.size());
    for (const std::uint32_t field : {0U, 0U, size, size}) put32(out, field);
    out << as_text(frame);
  }
}

// A line for each message that the filter holds for.
std::string tshark(const std::string& capture, const std::string& filter) {
  const Finished finished =
      run({.environment = {{"LC_ALL", "C"}}},
          {"tshark", "-n", "-r", capture, "-d", "udp.port==6881,bt-dht", "-Y", filter}, {},
          kJudgePatience);
  if (finished.exit_code != 0) throw std::runtime_error(finished.description);
  return finished.out;
}

}  // namespace

DhtCapture::DhtCapture(const DhtGround& ground)
    : tap_(ground.space(Kind::ours), kGroundInterface, WireTap::Direction::both) {}

DhtCapture::Verdict DhtCapture::judge() const {
  const TemporaryDirectory directory;
  const std::string capture = directory.path() + "/capture";
  write_pcap(capture, tap_.take(Patience{0}));
  const std::string messages = tshark(capture, "bt-dht");
  return {static_cast<std::size_t>(std::ranges::count(messages, '\n')),
          tshark(capture, "_ws.malformed || _ws.expert.severity == error")};
}

}  // namespace lanyard::lab
