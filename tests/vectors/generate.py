#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the test vectors of this folder with an implementation that shares nothing with core/crypto.

Written from the specifications alone: the protocol in core/protocol.md, the Noise Protocol Framework
(revision 34), RFC 7693 (BLAKE2b) and the XChaCha draft. Hashes are the standard library's; curves and
AEADs are python3-cryptography's (OpenSSL), while core/crypto asks libsodium. All inputs are derived
from labels, so that every run gives the same bytes.

generate.py           writes the files
generate.py --check   exits 1 if a file is not what would be written, 77 without python3-cryptography
"""

import hashlib
import hmac
import json
import pathlib
import struct
import sys

try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
except ImportError:
    print("python3-cryptography is not installed", file=sys.stderr)
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent


def fill(label, size):
    """Bytes that look random and never change."""
    out = b""
    while len(out) < size:
        out += hashlib.sha512(f"lanyard test vectors: {label}: {len(out)}".encode()).digest()
    return out[:size]


def raw(public_key):
    return public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)


# The protocol's derivations (protocol.md, sections 2 to 4.1).


def blake2b(parts, size, key=b""):
    return hashlib.blake2b(b"".join(parts), digest_size=size, key=key).digest()


def derive(secret, label, context):
    return blake2b([b"lanyard/1 ", label.encode(), b"\0", context], 32, secret)


def derivations():
    derived = []
    for size in (16, 32, 64):
        for label, context in (("psk", b"\0"), ("mac", b""), ("", b"x"), ("test", fill("context", 300))):
            secret = fill(f"secret of {size}", size)
            derived.append({
                "secret": secret.hex(), "label": label, "context": context.hex(),
                "key": derive(secret, label, context).hex(),
            })

    network_secret = fill("network secret", 32)
    join_secret = derive(network_secret, "join", b"")[:16]
    access = []
    for scope, secret in ((0, network_secret), (1, join_secret)):
        discovery = derive(secret, "discovery", bytes([scope]))
        seconds = 1_750_000_000 + scope * 3600
        hour = seconds // 3600
        access.append({
            "scope": scope, "secret": secret.hex(),
            "psk": derive(secret, "psk", bytes([scope])).hex(),
            "discovery": discovery.hex(),
            "mac_key": derive(discovery, "mac", b"").hex(),
            "cookie_key": derive(discovery, "cookie", b"").hex(),
            "lan_key": derive(discovery, "lan", b"").hex(),
            "unix_seconds": seconds, "hour": hour,
            "info_hash": derive(discovery, "rendezvous", struct.pack(">Q", hour))[:20].hex(),
        })

    invite_seed = fill("invite seed", 16)
    invite_secret = derive(invite_seed, "invite key", b"")
    split_key = fill("split key", 32)
    macs = []
    for key_size in (16, 32):
        key, message = fill("mac key", key_size), fill("mac message", 77)
        macs.append({"key": key.hex(), "message": message.hex(),
                     "mac": blake2b([message], 16, key).hex()})
    identity = fill("identity", 32)
    return {
        "derive": derived,
        "access": access,
        "join": {"network_secret": network_secret.hex(), "join_secret": join_secret.hex()},
        "invite_key": {
            "seed": invite_seed.hex(), "seed32": invite_secret.hex(),
            "public": raw(Ed25519PrivateKey.from_private_bytes(invite_secret).public_key()).hex(),
        },
        # Written out where core/crypto uses derive(): section 4.1 says the same in other words.
        "data_keys": [
            {"split_key": split_key.hex(), "aead": number,
             "key": blake2b([b"lanyard/1 data\0", bytes([number])], 32, split_key).hex()}
            for number in (1, 2)
        ],
        "blake2b_128": macs,
        "identifiers": [
            {"kind": kind, "public": identity.hex(),
             "id": blake2b([b"lanyard/1 ", kind.encode(), b"\0", identity], 32)[:16].hex()}
            for kind in ("member", "network")
        ],
    }


def signatures():
    out = []
    for label in ("charter", "founder", "grant", "claim", "claim-invite", "witness", "presence"):
        seed, body = fill(f"signing {label}", 32), fill(f"body {label}", 40 + len(label))
        key = Ed25519PrivateKey.from_private_bytes(seed)
        message = b"lanyard/1 " + label.encode() + b"\0" + body
        out.append({"label": label, "seed": seed.hex(), "public": raw(key.public_key()).hex(),
                    "body": body.hex(), "signature": key.sign(message).hex()})
    return {"signatures": out}


# AEADs.


def nonce_of(cipher, counter):
    return bytes(4) + struct.pack("<Q" if cipher == "ChaChaPoly" else ">Q", counter)


def seal(cipher, key, counter, additional_data, plaintext):
    aead = ChaCha20Poly1305(key) if cipher == "ChaChaPoly" else AESGCM(key)
    return aead.encrypt(nonce_of(cipher, counter), plaintext, additional_data)


def hchacha20(key, nonce16):
    """draft-irtf-cfrg-xchacha-03, section 2.2."""
    state = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce16))

    def rotate(value, bits):
        return (value << bits | value >> (32 - bits)) & 0xFFFFFFFF

    def quarter_round(a, b, c, d):
        for x, y, z, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xFFFFFFFF
            state[z] = rotate(state[z] ^ state[x], bits)

    for _ in range(10):
        for column in range(4):
            quarter_round(column, 4 + column, 8 + column, 12 + column)
        for i in range(4):
            quarter_round(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<8I", *state[:4], *state[12:])


def seal_box(key, nonce24, additional_data, plaintext):
    inner = ChaCha20Poly1305(hchacha20(key, nonce24[:16]))
    return nonce24 + inner.encrypt(bytes(4) + nonce24[16:], plaintext, additional_data)


def aeads():
    sealed = []
    for number, cipher in ((1, "ChaChaPoly"), (2, "AESGCM")):
        for counter in (0, 1, 255, 0x0102030405060708, 2**64 - 2):
            key, additional_data = fill("aead key", 32), fill("header", counter % 9)
            plaintext = fill("plaintext", counter % 1421)
            sealed.append({
                "aead": number, "key": key.hex(), "counter": str(counter),
                "nonce": nonce_of(cipher, counter).hex(), "ad": additional_data.hex(),
                "plaintext": plaintext.hex(),
                "sealed": seal(cipher, key, counter, additional_data, plaintext).hex(),
            })
    boxes = []
    for size in (0, 1, 16, 150):
        key, nonce = fill(f"box key {size}", 32), fill(f"box nonce {size}", 24)
        additional_data, plaintext = fill("mac1", size % 17), fill("boxed", size)
        boxes.append({"key": key.hex(), "nonce": nonce.hex(), "ad": additional_data.hex(),
                      "plaintext": plaintext.hex(),
                      "box": seal_box(key, nonce, additional_data, plaintext).hex()})
    return {"sealed": sealed, "boxes": boxes}


# Noise. Patterns as the specification prints them; ">" is from the initiator, before "..." are the
# keys known beforehand.

PATTERNS = """
NN: > e | < e, ee
NK: < s ... > e, es | < e, ee
NX: > e | < e, ee, s, es
KN: > s ... > e | < e, ee, se
KK: > s | < s ... > e, es, ss | < e, ee, se
KX: > s ... > e | < e, ee, se, s, es
XN: > e | < e, ee | > s, se
XK: < s ... > e, es | < e, ee | > s, se
XX: > e | < e, ee, s, es | > s, se
IN: > e, s | < e, ee, se
IK: < s ... > e, es, s, ss | < e, ee, se
IX: > e, s | < e, ee, se, s, es
NK1: < s ... > e | < e, ee, es
NX1: > e | < e, ee, s | > es
X1N: > e | < e, ee | > s | < se
X1K: < s ... > e, es | < e, ee | > s | < se
XK1: < s ... > e | < e, ee, es | > s, se
X1K1: < s ... > e | < e, ee, es | > s | < se
X1X: > e | < e, ee, s, es | > s | < se
XX1: > e | < e, ee, s | > es, s, se
X1X1: > e | < e, ee, s | > es, s | < se
K1N: > s ... > e | < e, ee | > se
K1K: > s | < s ... > e, es | < e, ee | > se
KK1: > s | < s ... > e | < e, ee, se, es
K1K1: > s | < s ... > e | < e, ee, es | > se
K1X: > s ... > e | < e, ee, s, es | > se
KX1: > s ... > e | < e, ee, se, s | > es
K1X1: > s ... > e | < e, ee, s | > se, es
I1N: > e, s | < e, ee | > se
I1K: < s ... > e, es, s | < e, ee | > se
IK1: < s ... > e, s | < e, ee, se, es
I1K1: < s ... > e, s | < e, ee, es | > se
I1X: > e, s | < e, ee, s, es | > se
IX1: > e, s | < e, ee, se, s | > es
I1X1: > e, s | < e, ee, s | > se, es
"""


def pattern_lines(text):
    """Pairs of a sender and its tokens."""
    lines = [part.replace(",", " ").split() for part in text.split("|")]
    return [(words[0], words[1:]) for words in lines if words]


def load_patterns():
    out = {}
    for line in PATTERNS.strip().splitlines():
        name, body = line.split(": ", 1)
        before, _, messages = body.rpartition("...")
        out[name] = (pattern_lines(before), pattern_lines(messages))
    return out


def x25519(private, public):
    return X25519PrivateKey.from_private_bytes(private).exchange(
        X25519PublicKey.from_public_bytes(public))


def x25519_public(private):
    return raw(X25519PrivateKey.from_private_bytes(private).public_key())


def hkdf(chaining_key, material, count):
    extracted = hmac.new(chaining_key, material, "sha512").digest()
    outputs, last = [], b""
    for number in range(1, count + 1):
        last = hmac.new(extracted, last + bytes([number]), "sha512").digest()
        outputs.append(last)
    return outputs


class Party:
    """One side of a handshake. own and peer map "e" and "s" to private and to public keys."""

    def __init__(self, side, protocol, cipher, prologue, own, peer, psks):
        self.side, self.cipher, self.own, self.peer = side, cipher, own, peer
        self.psks = list(psks)
        self.with_psk = bool(psks)
        self.hash = protocol.ljust(64, b"\0") if len(protocol) <= 64 \
            else hashlib.sha512(protocol).digest()
        self.chaining_key = self.hash
        self.key, self.counter = None, 0
        self.absorb(prologue)

    def absorb(self, data):
        self.hash = hashlib.sha512(self.hash + data).digest()

    def new_key(self, key):
        self.key, self.counter = key[:32], 0

    def mix(self, material):
        self.chaining_key, key = hkdf(self.chaining_key, material, 2)
        self.new_key(key)

    def mix_psk(self):
        self.chaining_key, hashed, key = hkdf(self.chaining_key, self.psks.pop(0), 3)
        self.absorb(hashed)
        self.new_key(key)

    def exchange(self, token):
        """es, for example: the initiator's e with the responder's s."""
        mine, theirs = token if self.side == ">" else reversed(token)
        self.mix(x25519(self.own[mine], self.peer[theirs]))

    def encrypt(self, plaintext):
        ciphertext = plaintext
        if self.key is not None:
            ciphertext = seal(self.cipher, self.key, self.counter, self.hash, plaintext)
            self.counter += 1
        self.absorb(ciphertext)
        return ciphertext

    def decrypt(self, ciphertext):
        plaintext = ciphertext
        if self.key is not None:
            aead = ChaCha20Poly1305(self.key) if self.cipher == "ChaChaPoly" else AESGCM(self.key)
            plaintext = aead.decrypt(nonce_of(self.cipher, self.counter), ciphertext, self.hash)
            self.counter += 1
        self.absorb(ciphertext)
        return plaintext

    def write(self, tokens, payload):
        out = b""
        for token in tokens:
            if token == "e":
                public = x25519_public(self.own["e"])
                out += public
                self.absorb(public)
                if self.with_psk:
                    self.mix(public)
            elif token == "s":
                out += self.encrypt(x25519_public(self.own["s"]))
            elif token == "psk":
                self.mix_psk()
            else:
                self.exchange(token)
        return out + self.encrypt(payload)

    def read(self, tokens, message):
        for token in tokens:
            if token == "e":
                self.peer["e"], message = message[:32], message[32:]
                self.absorb(self.peer["e"])
                if self.with_psk:
                    self.mix(self.peer["e"])
            elif token == "s":
                size = 32 if self.key is None else 48
                self.peer["s"], message = self.decrypt(message[:size]), message[size:]
            elif token == "psk":
                self.mix_psk()
            else:
                self.exchange(token)
        return self.decrypt(message)


def noise_vector(patterns, pattern, modifiers, cipher):
    before, messages = patterns[pattern]
    lines = [(sender, list(tokens)) for sender, tokens in messages]
    for position in modifiers:
        if position == 0:
            lines[0][1].insert(0, "psk")
        else:
            lines[position - 1][1].append("psk")
    name = f"Noise_{pattern}{'+'.join(f'psk{n}' for n in modifiers)}_25519_{cipher}_SHA512"
    prologue = fill("prologue", 26)
    psks = [fill(f"psk {n}", 32) for n in modifiers]

    def has_static(side):
        return any(sender == side and "s" in tokens for sender, tokens in before + lines)

    known = {sender for sender, _ in before}
    vector = {"protocol_name": name}
    parties = {}
    for side, other, prefix, role in ((">", "<", "init", "initiator"), ("<", ">", "resp", "responder")):
        own, peer = {"e": fill(f"{role} ephemeral", 32)}, {}
        vector[f"{prefix}_prologue"] = prologue.hex()
        if has_static(side):
            own["s"] = fill(f"{role} static", 32)
            vector[f"{prefix}_static"] = own["s"].hex()
        vector[f"{prefix}_ephemeral"] = own["e"].hex()
        if other in known:
            other_role = "responder" if role == "initiator" else "initiator"
            peer["s"] = x25519_public(fill(f"{other_role} static", 32))
            vector[f"{prefix}_remote_static"] = peer["s"].hex()
        if psks:
            vector[f"{prefix}_psks"] = [psk.hex() for psk in psks]
        parties[side] = Party(side, name.encode(), cipher, prologue, own, peer, psks)
    for owner, _ in before:
        public = x25519_public(parties[owner].own["s"])
        for party in parties.values():
            party.absorb(public)

    vector["messages"] = []
    for number, (sender, tokens) in enumerate(lines):
        payload = fill(f"payload {number}", number * 7)
        message = parties[sender].write(tokens, payload)
        receiver = parties["<" if sender == ">" else ">"]
        assert receiver.read(tokens, message) == payload
        vector["messages"].append({"payload": payload.hex(), "ciphertext": message.hex()})
    assert parties[">"].hash == parties["<"].hash
    vector["handshake_hash"] = parties[">"].hash.hex()

    keys = hkdf(parties[">"].chaining_key, b"", 2)
    for number in range(4):  # turns go on where the handshake ended
        initiators = (len(lines) + number) % 2 == 0
        payload = fill(f"transport {number}", 11 + number)
        ciphertext = seal(cipher, keys[0 if initiators else 1][:32], number // 2, b"", payload)
        vector["messages"].append({"payload": payload.hex(), "ciphertext": ciphertext.hex()})
    return vector


def noise():
    patterns = load_patterns()
    vectors = [
        noise_vector(patterns, "XX", [0], "ChaChaPoly"),  # the one that Lanyard speaks
        noise_vector(patterns, "XX", [0], "AESGCM"),
        noise_vector(patterns, "XX", [0, 3], "ChaChaPoly"),
        noise_vector(patterns, "NN", [0, 1, 2], "ChaChaPoly"),
        noise_vector(patterns, "KK", [0, 2], "AESGCM"),
        noise_vector(patterns, "IK", [2], "AESGCM"),
        noise_vector(patterns, "X1K1", [0, 1, 2, 3, 4], "ChaChaPoly"),  # all that fit
    ]
    vectors += [noise_vector(patterns, pattern, [], "ChaChaPoly") for pattern in patterns]
    return {"vectors": vectors}


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    stale = []
    for name, make in (("derivation", derivations), ("signing", signatures), ("aead", aeads),
                       ("noise", noise)):
        path = HERE / f"{name}.json"
        text = json.dumps(make(), indent=1) + "\n"
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(path.name)
    if stale:
        sys.exit(f"not what generate.py writes: {', '.join(stale)}; run tests/vectors/generate.py")


if __name__ == "__main__":
    main()
