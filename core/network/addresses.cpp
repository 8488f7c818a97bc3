// SPDX-License-Identifier: Apache-2.0
#include "core/network/addresses.h"

#include <algorithm>
#include <set>

#include "core/base/endian.h"

namespace lanyard::network {

namespace {

// Attempts by hash before the plain search upwards, so that a nearly full subnet costs little.
constexpr std::uint32_t kHashedAttempts = 16;

// The hosts of one subnet, numbered from 1: 0 is the network, the one past the last broadcasts.
class HostNumbers {
 public:
  explicit HostNumbers(const IpPrefix& subnet)
      : base_(subnet.network().address.v4_host_order()),
        count_((std::uint32_t{1} << (32 - subnet.length)) - 2) {}

  std::uint32_t count() const { return count_; }
  bool is_full() const { return taken_.size() == count_; }
  IpAddress address(std::uint32_t number) const { return IpAddress::from_v4(base_ + number); }
  // True when it was free.
  bool take(std::uint32_t number) { return taken_.insert(number).second; }
  bool take(const IpAddress& address) { return take(address.v4_host_order() - base_); }

 private:
  std::uint32_t base_;
  std::uint32_t count_;
  std::set<std::uint32_t> taken_;
};

std::uint32_t hashed_number(const MemberId& id, std::uint32_t attempt, std::uint32_t count) {
  std::array<std::uint8_t, MemberId::kSize + 4> content{};
  std::copy(id.bytes.begin(), id.bytes.end(), content.begin());
  store_be(content.data() + MemberId::kSize, attempt);
  const crypto::Hash256 hash = labelled_hash("ipv4", content);
  return 1 + static_cast<std::uint32_t>(load_be<std::uint64_t>(hash.data()) % count);
}

std::optional<IpAddress> take_next(HostNumbers& hosts, const MemberId& id) {
  if (hosts.is_full()) return std::nullopt;
  std::uint32_t number = 0;
  for (std::uint32_t attempt = 0; attempt < kHashedAttempts; ++attempt) {
    number = hashed_number(id, attempt, hosts.count());
    if (hosts.take(number)) return hosts.address(number);
  }
  do {
    number = number == hosts.count() ? 1 : number + 1;
  } while (!hosts.take(number));
  return hosts.address(number);
}

}  // namespace

UlaPrefix make_ula_prefix(Rng& rng) {
  UlaPrefix out{};
  rng.fill(MutableBytes(out).subspan(1, 5));
  out[0] = 0xfd;
  return out;
}

bool is_ula_prefix(const UlaPrefix& prefix) {
  return prefix[0] == 0xfd && prefix[6] == 0 && prefix[7] == 0;
}

MacAddress mac_of(const MemberId& id) {
  const crypto::Hash256 hash = labelled_hash("mac", id.bytes);
  MacAddress mac = MacAddress::from_bytes(Bytes(hash).first(6));
  mac.octets[0] = static_cast<std::uint8_t>((mac.octets[0] & ~0x01U) | 0x02U);
  return mac;
}

IpAddress ipv6_of(const UlaPrefix& prefix, const MemberId& id) {
  const crypto::Hash256 hash = labelled_hash("ipv6", id.bytes);
  std::array<std::uint8_t, 16> bytes{};
  std::copy(prefix.begin(), prefix.end(), bytes.begin());
  std::copy_n(hash.begin(), 8, bytes.begin() + 8);
  return IpAddress::from_v6(bytes);
}

bool is_host_address(const IpPrefix& subnet, const IpAddress& address) {
  if (!subnet.contains(address)) return false;
  const std::uint32_t host_mask = (std::uint32_t{1} << (32 - subnet.length)) - 1;
  const std::uint32_t host = address.v4_host_order() & host_mask;
  return host != 0 && host != host_mask;
}

std::vector<std::optional<IpAddress>> assign_ipv4(const IpPrefix& subnet,
                                                  const std::vector<AddressWish>& wishes) {
  HostNumbers hosts(subnet);
  std::vector<std::optional<IpAddress>> out(wishes.size());
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const auto& fixed = wishes[i].fixed;
    if (fixed && is_host_address(subnet, *fixed) && hosts.take(*fixed)) out[i] = fixed;
  }
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    if (!out[i]) out[i] = take_next(hosts, wishes[i].id);
  }
  return out;
}

}  // namespace lanyard::network
