// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.h"

namespace lanyard::sim {
namespace {

// Any morning will do: 2027-01-15 08:00 UTC.
constexpr std::int64_t kFirstSecond = 1'800'000'000;
// Tells the internet's dice from the scenario's.
constexpr std::uint64_t kWeatherSalt = 0x77656174686572;

}  // namespace

World::World(std::uint64_t seed, Logging logging)
    : seed_(seed),
      logging_(logging),
      rng_(seed),
      weather_rng_(seed ^ kWeatherSalt),
      internet_(weather_rng_) {}

UnixTime World::wall() const { return {kFirstSecond + now_.nanoseconds / 1'000'000'000}; }

Host& World::add_host(const std::string& name, SiteId site) {
  const auto id = static_cast<HostId>(hosts_.size());
  internet_.attach(id, site);
  Host& host = hosts_.emplace_back(*this, id, name);
  host.settings().bootstrap = bootstrap_;
  return host;
}

Host& World::add_beacon(const std::string& name) {
  Host& host = add_public_host(name);
  host.power_on();
  bootstrap_.push_back(host.inside_endpoint());
  return host;
}

void World::move(Host& host, SiteId site) {
  internet_.attach(host.id(), site);
  host.readdress();
}

void World::run_to(Instant end) {
  while (queue_.next_at() <= end) {
    EventQueue::Event event = queue_.pop();
    now_ = event.at;
    dispatch(event);
  }
  now_ = end;
}

void World::dispatch(EventQueue::Event& event) {
  trace_.add(static_cast<std::uint64_t>(event.at.nanoseconds));
  trace_.add(event.happening.index());
  if (auto* arrival = std::get_if<Arrival>(&event.happening)) {
    trace_.add(arrival->payload);
    const auto admission = internet_.admit(now_, *arrival);
    if (!admission) return;
    hosts_[admission->host].handle_datagram(arrival->from, admission->port, arrival->payload);
  } else if (auto* local = std::get_if<LocalArrival>(&event.happening)) {
    trace_.add(local->payload);
    hosts_[local->host].handle_datagram(local->from, local->port, local->payload);
  } else if (const auto* wakeup = std::get_if<Wakeup>(&event.happening)) {
    trace_.add(wakeup->host);
    hosts_[wakeup->host].handle_wakeup();
  } else if (const auto* ready = std::get_if<DeviceReady>(&event.happening)) {
    hosts_[ready->host].handle_device_ready(*ready);
  } else if (const auto* tick = std::get_if<CalendarTick>(&event.happening)) {
    hosts_[tick->host].handle_calendar_tick(*tick);
  }
}

Result<control::Reply> World::ask(Host& host, const control::Request& request, Duration patience) {
  const node::RequestId id = host.request(request);
  run_until(patience, [&] { return host.answer(id) != nullptr; });
  if (const auto* answer = host.answer(id)) return *answer;
  return make_error(Errc::timeout, "simulation: " + host.name() + " did not answer in time");
}

}  // namespace lanyard::sim
