// SPDX-License-Identifier: Apache-2.0
#include "core/node/data_output.h"

#include <algorithm>
#include <cassert>

namespace lanyard::node {

DataOutput::DataOutput(Capacity capacity, vswitch::CoalescerFeatures features)
    : capacity_(capacity),
      memory_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity.bytes)),
      frames_(capacity.items, features) {
  runs_.reserve(capacity.items);
  control_.reserve(capacity.items);
  new_addresses_.reserve(capacity.items);
  early_.reserve(capacity.items);
}

bool DataOutput::has_room() const {
  const std::size_t items = std::max(
      {runs_.size(), frames_.size(), control_.size(), new_addresses_.size(), early_.size()});
  return used_ <= capacity_.bytes / 2 && items <= capacity_.items / 2;
}

void DataOutput::reset() {
  used_ = 0;
  runs_.clear();
  frames_.clear();
  control_.clear();
  new_addresses_.clear();
  early_.clear();
}

bool DataOutput::has_room_for(std::size_t datagrams, std::size_t bytes) const {
  return datagrams <= capacity_.items - runs_.size() && bytes <= capacity_.bytes - used_;
}

MutableBytes DataOutput::room_for(std::size_t bytes) {
  if (bytes > capacity_.bytes - used_) return {};
  return {memory_.get() + used_, bytes};
}

MutableBytes DataOutput::room_for_datagram(std::size_t bytes) {
  assert(has_room_for(1, bytes));
  return room_for(bytes);
}

void DataOutput::add_datagram(const Endpoint& to, MutableBytes datagram) {
  used_ += datagram.size();
  if (!runs_.empty() && runs_.back().to == to && runs_.back().append(datagram)) return;
  runs_.push_back({to, datagram, static_cast<std::uint16_t>(datagram.size())});
}

bool DataOutput::add_run(const SealedRun& run) {
  if (runs_.size() == capacity_.items) return false;
  runs_.push_back(run);
  return true;
}

bool DataOutput::add_answer(std::uint32_t port, MutableBytes frame) {
  if (!frames_.add_plain(port, frame)) return false;
  used_ += frame.size();
  return true;
}

bool DataOutput::add_control(const OpenedControl& control) {
  if (control_.size() == capacity_.items) return false;
  control_.push_back(control);
  return true;
}

bool DataOutput::add_new_address(const NewAddress& address) {
  if (new_addresses_.size() == capacity_.items) return false;
  new_addresses_.push_back(address);
  return true;
}

bool DataOutput::add_early(const EarlyDatagram& datagram) {
  const MutableBytes copy = room_for(datagram.bytes.size());
  if (early_.size() == capacity_.items || copy.size() != datagram.bytes.size()) return false;
  std::copy(datagram.bytes.begin(), datagram.bytes.end(), copy.begin());
  used_ += copy.size();
  early_.push_back({datagram.from, copy});
  return true;
}

}  // namespace lanyard::node
