// SPDX-License-Identifier: Apache-2.0
// The program, in the kernel's instructions (bpf(2), Linux Documentation/bpf/standardization). The
// hash that a packet has in the kernel is of no use: it is 0 for datagrams of a socket that is not
// connected, and another one for a TCP connection that has had a time-out.
#include "platform/flow_steering.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>

#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lanyard::platform {
namespace {

// Registers keep these from load to load, each of which uses up the others.
constexpr std::uint8_t kLoaded = BPF_REG_0;    // what was loaded; at the end, what is returned
constexpr std::uint8_t kArgument = BPF_REG_1;  // the packet, at the start
constexpr std::uint8_t kPacket = BPF_REG_6;    // where loads look for it
constexpr std::uint8_t kHash = BPF_REG_7;
constexpr std::uint8_t kProtocol = BPF_REG_8;
constexpr std::uint8_t kAt = BPF_REG_9;  // the offset of the header that is looked at
constexpr std::uint8_t kScratch = BPF_REG_2;

// MurmurHash2's. Bits go to the upper half with it, from where they are brought down.
constexpr std::int32_t kMultiplier = 0x5bd1e995;

constexpr std::size_t kMostInstructions = 128;
// Jumps are all forward, so a place is named before it is there.
enum class Place : std::uint8_t { tagged, untagged, ipv4, ipv6, ports, whole, end };
constexpr std::size_t kPlaces = static_cast<std::size_t>(Place::end) + 1;

// A load outside the frame ends the program with 0.
class Program {
 public:
  Program() { write(); }

  const bpf_insn* instructions() const { return instructions_.data(); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(size_); }

 private:
  struct Jump {
    std::size_t from;
    Place to;
  };

  void write();
  void write_ipv4();
  void write_ipv6();

  void add(
      unsigned code, std::uint8_t to, std::uint8_t from, std::int16_t offset, std::int32_t value) {
    assert(size_ < kMostInstructions);
    bpf_insn& instruction = instructions_[size_++];
    instruction.code = static_cast<std::uint8_t>(code);
    instruction.dst_reg = to & 0xf;
    instruction.src_reg = from & 0xf;
    instruction.off = offset;
    instruction.imm = value;
  }
  void compute(unsigned operation, std::uint8_t to, std::int32_t value) {
    add(BPF_ALU64 | operation | BPF_K, to, 0, 0, value);
  }
  void compute_with(unsigned operation, std::uint8_t to, std::uint8_t from) {
    add(BPF_ALU64 | operation | BPF_X, to, from, 0, 0);
  }
  // Big-endian, from the start of the frame, or from kAt.
  void load(unsigned size, std::int32_t offset) { add(BPF_LD | BPF_ABS | size, 0, 0, 0, offset); }
  void load_at(unsigned size, std::int32_t offset) {
    add(BPF_LD | BPF_IND | size, 0, kAt, 0, offset);
  }
  void mix() {
    compute_with(BPF_XOR, kHash, kLoaded);
    compute(BPF_MUL, kHash, kMultiplier);
    compute_with(BPF_MOV, kScratch, kHash);
    compute(BPF_RSH, kScratch, 32);
    compute_with(BPF_XOR, kHash, kScratch);
  }
  void mix_words(std::int32_t begin, std::int32_t end) {
    for (std::int32_t offset = begin; offset < end; offset += 4) {
      load_at(BPF_W, offset);
      mix();
    }
  }
  void jump_if(unsigned condition, std::uint8_t what, std::int32_t value, Place to) {
    assert(jumps_made_ < jumps_.size());
    jumps_[jumps_made_++] = {size_, to};
    add(BPF_JMP | condition | BPF_K, what, 0, 0, value);
  }
  void jump(Place to) { jump_if(BPF_JA, 0, 0, to); }
  void place(Place here) { places_[static_cast<std::size_t>(here)] = size_; }
  void link() {
    for (std::size_t i = 0; i < jumps_made_; ++i) {
      const std::size_t to = places_[static_cast<std::size_t>(jumps_[i].to)];
      assert(to > jumps_[i].from);
      instructions_[jumps_[i].from].off = static_cast<std::int16_t>(to - jumps_[i].from - 1);
    }
  }

  std::array<bpf_insn, kMostInstructions> instructions_{};
  std::size_t size_ = 0;
  std::array<Jump, 16> jumps_{};
  std::size_t jumps_made_ = 0;
  std::array<std::size_t, kPlaces> places_{};
};

void Program::write() {
  compute_with(BPF_MOV, kPacket, kArgument);
  compute(BPF_MOV, kHash, 0);
  compute(BPF_MOV, kAt, 14);  // behind an Ethernet header
  load(BPF_H, 12);
  jump_if(BPF_JEQ, kLoaded, 0x8100, Place::tagged);    // IEEE 802.1Q
  jump_if(BPF_JNE, kLoaded, 0x88a8, Place::untagged);  // IEEE 802.1ad
  place(Place::tagged);
  load(BPF_H, 16);
  compute(BPF_ADD, kAt, 4);
  place(Place::untagged);
  jump_if(BPF_JEQ, kLoaded, 0x0800, Place::ipv4);
  jump_if(BPF_JEQ, kLoaded, 0x86dd, Place::ipv6);
  // By the MAC addresses.
  compute(BPF_MOV, kAt, 0);
  mix_words(0, 12);
  jump(Place::end);
  write_ipv4();
  write_ipv6();
  place(Place::ports);
  jump_if(BPF_JEQ, kProtocol, 6, Place::whole);  // TCP
  jump_if(BPF_JNE, kProtocol, 17, Place::end);   // UDP
  place(Place::whole);
  load_at(BPF_W, 0);
  mix();
  place(Place::end);
  compute_with(BPF_MOV, kLoaded, kHash);
  add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  link();
}

// RFC 791 section 3.1.
void Program::write_ipv4() {
  place(Place::ipv4);
  mix_words(12, 20);  // addresses
  load_at(BPF_B, 9);
  compute_with(BPF_MOV, kProtocol, kLoaded);
  mix();
  // A later fragment has no ports, so no fragment is told by them.
  load_at(BPF_H, 6);
  jump_if(BPF_JSET, kLoaded, 0x3fff, Place::end);
  load_at(BPF_B, 0);
  compute(BPF_AND, kLoaded, 0x0f);
  compute(BPF_LSH, kLoaded, 2);
  compute_with(BPF_ADD, kAt, kLoaded);
  jump(Place::ports);
}

// RFC 8200 section 3. What is behind extension headers, fragments too, goes by the addresses.
void Program::write_ipv6() {
  place(Place::ipv6);
  mix_words(8, 40);  // addresses
  load_at(BPF_B, 6);
  compute_with(BPF_MOV, kProtocol, kLoaded);
  mix();
  compute(BPF_ADD, kAt, 40);
}

FileDescriptor load_into_kernel(const Program& program) {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);  // the kernel looks at all of the union
  attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attributes.insns = reinterpret_cast<std::uintptr_t>(program.instructions());
  attributes.insn_cnt = program.size();
  attributes.license = reinterpret_cast<std::uintptr_t>("Apache-2.0");
  return FileDescriptor(
      static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes)));
}

}  // namespace

Steering steer_by_flow(const FileDescriptor& queue) {
  const FileDescriptor program = load_into_kernel(Program());
  if (!program.is_open()) return Steering::by_kernel;
  // The device keeps it for as long as it exists.
  int descriptor = program.get();
  const bool is_set = ioctl(queue.get(), TUNSETSTEERINGEBPF, &descriptor) == 0;
  return is_set ? Steering::by_flow : Steering::by_kernel;
}

}  // namespace lanyard::platform
