#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints golden.h: a handshake and the second data datagram as protocol.md has them, computed
without any code of Lanyard's (hashlib, hmac, python3-cryptography).

    ./make_golden.py | clang-format > golden.h
"""
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MESSAGE_1_SIZE = 1100
HEADER_SIZE = 36


def blake2b(size, key, data):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    return b"d" + b"".join(bencode(k.encode()) + bencode(v) for k, v in sorted(value.items())) + b"e"


class Key:
    def __init__(self, private):
        self.private = X25519PrivateKey.from_private_bytes(private)
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def dh(self, public):
        return self.private.exchange(X25519PublicKey.from_public_bytes(public))


class Bytes:
    """The test's Rng: consecutive bytes from a first one on."""

    def __init__(self, first):
        self.next = first

    def take(self, count):
        out = bytes((self.next + i) & 0xFF for i in range(count))
        self.next += count
        return out

    def index(self):
        return 1 + int.from_bytes(self.take(8), "big") % 0xFFFFFF


class Symmetric:
    """Noise revision 34, section 5.2, with SHA-512 and ChaChaPoly."""

    def __init__(self, name, prologue):
        self.h = name.ljust(64, b"\0")
        self.ck = self.h
        self.mix_hash(prologue)

    def hkdf(self, data, count):
        temp = hmac.digest(self.ck, data, "sha512")
        out = [b""]
        for i in range(1, count + 1):
            out.append(hmac.digest(temp, out[-1] + bytes([i]), "sha512"))
        return out[1:]

    def mix_hash(self, data):
        self.h = hashlib.sha512(self.h + data).digest()

    def mix_key(self, data):
        self.ck, key = self.hkdf(data, 2)
        self.key, self.nonce = key[:32], 0

    def mix_key_and_hash(self, data):
        self.ck, temp, key = self.hkdf(data, 3)
        self.mix_hash(temp)
        self.key, self.nonce = key[:32], 0

    def encrypt(self, plaintext):
        nonce = struct.pack("<4xQ", self.nonce)
        out = ChaCha20Poly1305(self.key).encrypt(nonce, plaintext, self.h)
        self.nonce += 1
        self.mix_hash(out)
        return out

    def ephemeral(self, public):
        self.mix_hash(public)
        self.mix_key(public)  # psk mode, section 9.2
        return public


def datagram(kind, index, mac_key, noise):
    first_four = bytes([kind]) + index.to_bytes(3, "big")
    return first_four + blake2b(16, mac_key, first_four + noise) + bytes(16) + noise


def handshake(aead_mask):
    static_a, static_b = Key(b"\x01" * 32), Key(b"\x02" * 32)
    psk, mac_key, network_id = b"\x03" * 32, b"\x04" * 32, b"\x05" * 16
    address_a = bytes([192, 0, 2, 1]) + (4001).to_bytes(2, "big")
    address_b = bytes([198, 51, 100, 2]) + (4002).to_bytes(2, "big")
    rng_a, rng_b = Bytes(0x10), Bytes(0x80)
    index_a, e_a = rng_a.index(), Key(rng_a.take(32))
    e_b, index_b = Key(rng_b.take(32)), rng_b.index()
    # Both ends go through the same states, so that one object serves.
    noise = Symmetric(b"Noise_XXpsk0_25519_ChaChaPoly_SHA512", b"lanyard/1\x00" + network_id)

    noise.mix_key_and_hash(psk)
    hello = {"a": aead_mask, "f": 1, "i": index_a, "p": b"", "r": 0, "v": 1}
    room = MESSAGE_1_SIZE - HEADER_SIZE - 32 - 16 - len(bencode(hello)) - 2  # "0:" becomes "nnn:"
    hello["p"] = bytes(room)
    message = noise.ephemeral(e_a.public)
    message += noise.encrypt(bencode(hello))
    first = datagram(0xE0, index_a, mac_key, message)
    assert len(first) == MESSAGE_1_SIZE

    message = noise.ephemeral(e_b.public)
    noise.mix_key(e_b.dh(e_a.public))
    message += noise.encrypt(static_b.public)
    noise.mix_key(static_b.dh(e_a.public))
    message += noise.encrypt(bencode({"a": aead_mask, "f": 1, "i": index_b, "m": b"membership of B",
                                      "o": address_a, "r": 0, "v": 1}))
    second = datagram(0xE1, index_a, mac_key, message)

    message = noise.encrypt(static_a.public)
    noise.mix_key(static_a.dh(e_b.public))
    message += noise.encrypt(bencode({"m": b"membership of A", "o": address_b}))
    third = datagram(0xE2, index_b, mac_key, message)

    aead = 2 if aead_mask & 2 else 1
    split = noise.hkdf(b"", 2)[0][:32]
    key = blake2b(32, split, b"lanyard/1 data\x00" + bytes([aead]))
    counter = 1  # of the second datagram: its place in the nonce differs between the ciphers
    header = b"\xe4" + index_b.to_bytes(3, "big") + struct.pack(">I", counter)
    if aead == 2:
        sealed = AESGCM(key).encrypt(struct.pack(">4xQ", counter), b"\x04hello", header)
    else:
        sealed = ChaCha20Poly1305(key).encrypt(struct.pack("<4xQ", counter), b"\x04hello", header)
    data = header + sealed
    return first, second, third, data


def main():
    print("// SPDX-License-Identifier: Apache-2.0")
    print("// Made by make_golden.py.")
    print("#pragma once\n")
    print("#include <string_view>\n")
    print("namespace lanyard::tunnel::test {\n")
    print("struct GoldenHandshake { std::string_view message_1_hash; std::string_view message_2;")
    print("std::string_view message_3; std::string_view data; };\n")
    for name, mask in (("kGoldenChaCha", 1), ("kGoldenAes", 3)):
        first, second, third, data = handshake(mask)
        print(f"inline constexpr GoldenHandshake {name} = {{")
        for text in (blake2b(32, b"", first).hex(), second.hex(), third.hex(), data.hex()):
            for at in range(0, len(text), 80):
                print(f'"{text[at:at + 80]}"')
            print(",")
        print("};\n")
    print("}  // namespace lanyard::tunnel::test")


main()
