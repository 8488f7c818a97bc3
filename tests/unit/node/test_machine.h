// SPDX-License-Identifier: Apache-2.0
// A machine with a Node, for tests of what a client asks and gets: it keeps the files, opens the
// devices as told, and holds what it sent until it is taken (test_lan.h).
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/node/data_plane.h"
#include "core/node/node.h"

namespace lanyard::node::test {

inline constexpr UnixTime kWall{1'800'000'000};

enum class Devices : std::uint8_t { open, fail, hang };

class TestMachine {
 public:
  // The last part of the address makes it unlike the other machines of a test.
  explicit TestMachine(std::uint8_t number, std::string name = "anna")
      : address_{IpAddress::from_v4({192, 168, 1, number}), 4001},
        rng_(number),
        node_(
            Settings{
                .version = "test",
                .default_member_name = std::move(name),
                .dht_mode = DhtMode::off,
                .bootstrap = {},
                .dht_limits = {},
                .lan = Lan::off,
                .aead_backends = {},
            },
            rng_,
            log_sink_) {}

  Node& node() { return node_; }
  void start() {
    node_.start(now_, kWall, address_.port, Ipv6::there, out_);
    Underlay underlay;
    underlay.addresses.push_back({{address_.address, 24}, "eth0"});
    underlay.mtu = underlay_mtu;
    node_.handle_underlay(now_, underlay, out_);
    carry_out();
  }

  RequestId request(const control::Request& request) {
    node_.handle_request(now_, ++last_request_, request, out_);
    carry_out();
    return last_request_;
  }
  void cancel(RequestId id) {
    node_.cancel_request(now_, id, out_);
    carry_out();
  }
  void stop() {
    node_.stop(now_, out_);
    carry_out();
  }
  bool is_answered(RequestId id) const { return answers_.count(id) != 0; }
  const Result<control::Reply>& answer(RequestId id) const {
    REQUIRE(is_answered(id));
    return answers_.at(id);
  }
  // Of requests that are answered at once.
  template <typename Reply>
  Reply ask(const control::Request& request) {
    const auto& answered = answer(this->request(request));
    REQUIRE_MESSAGE(answered, answered.error().message);
    REQUIRE(std::holds_alternative<Reply>(*answered));
    return std::get<Reply>(*answered);
  }
  Error refusal(const control::Request& request) {
    const auto& answered = answer(this->request(request));
    REQUIRE_FALSE(answered);
    return answered.error();
  }

  control::NetworkReply create(const std::string& name) {
    control::CreateNetwork request;
    request.name = name;
    return ask<control::NetworkReply>(request);
  }
  control::Status status() { return ask<control::Status>(control::GetStatus{}); }

  Instant next_timeout() const { return node_.next_timeout(); }
  void wait_until(Instant at) {
    now_ = std::max(now_, at);
    if (node_.next_timeout() > now_) return;
    node_.handle_timeout(now_, out_);
    carry_out();
  }
  Instant now() const { return now_; }
  const Endpoint& endpoint() const { return address_; }
  const std::shared_ptr<const Forwarding>& forwarding() const { return forwarding_; }
  std::vector<Datagram> take_datagrams() { return std::exchange(sent_, {}); }
  void receive(const Endpoint& from, Buffer payload) {
    if (tunnel::classify(payload) != tunnel::DatagramKind::data) {
      const auto message = tunnel::parse_handshake(payload);
      if (message && message->kind == tunnel::DatagramKind::handshake_3) {
        data_plane_.expect_session(message->index);
      }
      node_.handle_datagram(now_, from, payload, out_);
    } else if (forwarding_ != nullptr) {
      payload.insert(payload.begin(), ReceivedRun::kHeadroom, 0);
      const MutableBytes run = MutableBytes(payload).subspan(ReceivedRun::kHeadroom);
      data_plane_.handle_run(*forwarding_, {from, run, run.size()}, opened_);
      for (const OpenedControl& message : opened_.control()) {
        node_.handle_control_frame(now_, {message.session_index, message.from, message.body}, out_);
      }
      for (const EarlyDatagram& early : opened_.early()) {
        node_.handle_datagram(now_, early.from, early.bytes, out_);
      }
      opened_.reset();
    }
    carry_out();
  }

  // late: the worker has not seen the new ones yet.
  enum class Snapshots : std::uint8_t { taken_over, late };

  Devices devices = Devices::open;
  Snapshots snapshots = Snapshots::taken_over;
  std::uint32_t underlay_mtu = 1500;  // bytes; of the next start
  std::map<std::string, Buffer> disk;
  std::map<DeviceId, DeviceConfiguration> open_devices;
  std::vector<Notice> notices;

 private:
  void carry_out() {
    std::vector<DeviceConfiguration> wanted = std::move(out_.devices);
    for (StateFile& file : out_.files) {
      if (file.contents) {
        disk.insert_or_assign(file.name, *std::move(file.contents));
      } else {
        disk.erase(file.name);
      }
    }
    for (const DeviceId device : out_.closed_devices) open_devices.erase(device);
    for (Datagram& datagram : out_.datagrams) sent_.push_back(std::move(datagram));
    for (Notice& notice : out_.notices) notices.push_back(std::move(notice));
    for (Answer& answer : out_.answers) {
      CHECK_FALSE(is_answered(answer.request));
      answers_.emplace(answer.request, std::move(answer.reply));
    }
    if (out_.forwarding != nullptr && snapshots == Snapshots::taken_over) {
      forwarding_ = out_.forwarding;
    }
    out_.clear();
    for (DeviceConfiguration& device : wanted) open_device(std::move(device));
  }

  void open_device(DeviceConfiguration wanted) {
    if (devices == Devices::hang) return;
    Result<std::string> name = make_error(Errc::unavailable, "there is no /dev/net/tun");
    const DeviceId id = wanted.device;
    if (devices == Devices::open) {
      name = wanted.wanted_name.empty() ? "lanyard" + std::to_string(id) : wanted.wanted_name;
      open_devices.insert_or_assign(id, std::move(wanted));
    }
    node_.handle_device(now_, id, name, out_);
    carry_out();
  }

  Endpoint address_;
  Instant now_{seconds(1000).nanoseconds};
  SeededRng rng_;
  NullLogSink log_sink_;
  Node node_;
  DataPlane data_plane_;
  DataOutput opened_{{.bytes = 64 * 1024, .items = 64}, {}};
  std::shared_ptr<const Forwarding> forwarding_;
  Outbox out_;
  std::vector<Datagram> sent_;
  RequestId last_request_ = 0;
  std::map<RequestId, Result<control::Reply>> answers_;
};

}  // namespace lanyard::node::test
