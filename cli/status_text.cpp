// SPDX-License-Identifier: Apache-2.0
#include "cli/status_text.h"

#include <algorithm>

#include "core/control/names.h"

namespace lanyard::cli {
namespace {

using control::MemberStatus;
using control::NetworkState;
using control::NetworkStatus;
using control::PathKind;

enum class Include : std::uint8_t { everyone, others };

Table::Cell path_cell(const MemberStatus& member) {
  if (member.self) return {"this machine", Paint::faint};
  if (!member.online) return {"offline", Paint::faint};
  const std::string text = printable(path_text(member.path, member.via, member.endpoint));
  switch (member.path) {
    case PathKind::direct: return {text, Paint::good};
    case PathKind::lan: return {text, Paint::good};
    case PathKind::relay: return {text, Paint::warning};
    case PathKind::none: return {"connecting", Paint::warning};
  }
  return {text, Paint::plain};
}

std::string first_address(const MemberStatus& member) {
  return member.addresses.empty() ? std::string() : printable(member.addresses.front());
}

Table reach_table(const NetworkStatus& network, Include include, UnixTime now) {
  Table table({{"NAME"},
               {"ADDRESS"},
               {"PATH"},
               {"RTT", Align::right},
               {"LOSS", Align::right},
               {"RECEIVED", Align::right},
               {"SENT", Align::right},
               {"LAST SEEN"}});
  for (const MemberStatus& member : network.members) {
    if (member.self && include == Include::others) continue;
    std::vector<Table::Cell> row{
        {printable(member.name), Paint::strong}, {first_address(member)}, path_cell(member)};
    if (!member.self) {
      const bool reached = member.online && member.path != PathKind::none;
      row.push_back({member.rtt_seconds && reached ? format_rtt(*member.rtt_seconds) : ""});
      row.push_back({reached ? format_percent(member.loss_ratio) : ""});
      row.push_back({format_bytes(member.rx_bytes)});
      row.push_back({format_bytes(member.tx_bytes)});
      row.push_back({reached ? "now" : format_ago(member.last_seen, now)});
    }
    table.add_row(std::move(row));
    if (!member.reason.empty()) table.add_remark(printable(member.reason));
  }
  return table;
}

Paint state_paint(NetworkState state) {
  switch (state) {
    case NetworkState::up: return Paint::good;
    case NetworkState::starting:
    case NetworkState::joining: return Paint::warning;
    case NetworkState::error: return Paint::bad;
    case NetworkState::down: return Paint::faint;
  }
  return Paint::plain;
}

std::string online_text(const NetworkStatus& network) {
  std::size_t others = 0;
  std::size_t online = 0;
  for (const MemberStatus& member : network.members) {
    if (member.self) continue;
    ++others;
    if (member.online && member.path != PathKind::none) ++online;
  }
  if (others == 0) return "no other member yet: lanyard invite";
  return std::to_string(online) + " of " + count_of(others, "peer", "peers") + " online";
}

std::string heading(const NetworkStatus& network, Colour colour) {
  std::string out = paint(printable(network.name), Paint::strong, colour) + "   " +
                    paint(control::name(network.state), state_paint(network.state), colour);
  if (!network.error.empty()) return out + ": " + printable(network.error) + "\n";
  if (network.state == NetworkState::down) {
    return out + "   bring it up: lanyard up " + printable(network.name) + "\n";
  }
  if (!network.addresses.empty()) out += "   " + printable(network.addresses.front());
  if (!network.interface.empty()) out += "   " + printable(network.interface);
  return out + "   " + online_text(network) + "\n";
}

// Codes of a newer daemon are shown as they are.
std::string no_mapping_text(std::string_view problem) {
  if (problem == "no_router") return "no router forwards a port: there is no default route";
  if (problem == "no_answer") {
    return "the router forwards no port: it has not answered; allow PCP or NAT-PMP in its "
           "settings, "
           "or forward the UDP port there by hand";
  }
  if (problem == "refused") {
    return "the router forwards no port: it refuses to; allow PCP or NAT-PMP in its settings";
  }
  return "the router forwards no port: " + printable(problem);
}

std::string daemon_text(const control::Status& status) {
  std::string out = "daemon " + printable(status.version) + ", up " +
                    format_span(status.uptime_seconds) + ", UDP port " +
                    std::to_string(status.port);
  if (!status.dht.mode.empty()) {
    out += ", DHT " + printable(status.dht.mode);
    if (status.dht.mode != "off") out += " with " + count_of(status.dht.nodes, "node", "nodes");
  }
  if (!status.outside_addresses.empty()) {
    out += "\nseen from outside as";
    for (const std::string& address : status.outside_addresses) out += " " + printable(address);
  }
  const control::PortMappingStatus& mapping = status.port_mapping;
  if (mapping.outside) {
    out += "\nthe router forwards " + printable(*mapping.outside) + " (" +
           printable(mapping.protocol.value_or("")) + ")";
    if (mapping.problem == "double_nat") out += ", but is behind another router itself";
  } else if (mapping.mode == "on") {
    out += "\n" + no_mapping_text(mapping.problem);
  }
  if (status.nat != "unknown" && !status.nat.empty()) out += "\nNAT: " + printable(status.nat);
  if (status.relay.circuits != 0) {
    out += "\nrelays for other members: " + count_of(status.relay.circuits, "circuit", "circuits") +
           ", " + format_bytes(status.relay.bytes);
  }
  return out + "\n";
}

}  // namespace

std::string path_text(PathKind path, std::string_view via, std::string_view endpoint) {
  std::string out(control::name(path));
  if (path == PathKind::relay && !via.empty()) return out + " via " + std::string(via);
  if (!endpoint.empty()) out += " " + std::string(endpoint);
  return out;
}

std::string status_text(const control::Status& status, UnixTime now, Colour colour) {
  std::string out;
  for (const NetworkStatus& network : status.networks) {
    out += heading(network, colour);
    if (network.state != NetworkState::down && !network.members.empty()) {
      out += reach_table(network, Include::everyone, now).render("  ", colour);
    }
    out += "\n";
  }
  if (status.networks.empty()) {
    out += "no network yet: make one (lanyard up --new NAME) or join one (lanyard join TOKEN)\n\n";
  }
  return out + daemon_text(status);
}

std::string peers_text(const NetworkStatus& network, UnixTime now, Colour colour) {
  const Table table = reach_table(network, Include::others, now);
  if (table.empty()) return "no other member yet: lanyard invite\n";
  return table.render("", colour);
}

std::string members_text(const NetworkStatus& network, UnixTime now, Colour colour) {
  Table table({{"NAME"}, {"ADDRESSES"}, {"MAC"}, {"ID"}, {"LAST SEEN"}});
  for (const MemberStatus& member : network.members) {
    std::string addresses;
    for (const std::string& address : member.addresses) {
      addresses += (addresses.empty() ? "" : " ") + printable(address);
    }
    const bool here = member.self || member.online;
    table.add_row({{printable(member.name), Paint::strong},
                   {addresses},
                   {printable(member.mac)},
                   {printable(member.id)},
                   {member.self ? "this machine"
                    : here      ? "now"
                                : format_ago(member.last_seen, now),
                    here ? Paint::plain : Paint::faint}});
  }
  return table.render("", colour);
}

}  // namespace lanyard::cli
