#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks bundles and proofs of log entries by a policy, as custos-verify does, with Python's standard library and openssl.

It shares no line with custos-verify: written from docs/formats/ledger.md, so that two readings of the format can be compared.

usage: tools/verify_bundle.py --policy POLICY [--entry ENTRY] FILE...      prints a verdict a file; exit 0 where all are good
"""
import base64
import binascii
import hashlib
import hmac
import re
import subprocess
import sys
import tempfile
from datetime import datetime

DASH = "\u2014 ".encode()
NAME = re.compile(rb"[a-z0-9.-]+\Z")
HEX64 = re.compile(rb"[0-9a-f]{64}\Z")
TIME = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z\Z")
SPACES = set("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {chr(c) for c in range(0x2000, 0x200B)}
MAX_SIZE = 2**63 - 1


class Verdict(Exception):
    """The word that a bundle earns."""


def need(truth, verdict="malformed"):
    if not truth:
        raise Verdict(verdict)


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def decimal(text):
    """A number of 64 bits as it is written once only, or None."""
    if not re.fullmatch(rb"0|[1-9][0-9]{0,19}", text):
        return None
    number = int(text)
    return number if number < 2**64 else None


def unbase64(text):
    """The bytes of canonical base64, or None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data) == text else None


# ---- keys and signatures ----

ED25519_DER = bytes.fromhex("302a300506032b6570032100")
CHECKED = {}


def ed25519(public_key, message, signature):
    """Asks the program openssl."""
    asked = (public_key, message, signature)
    if asked not in CHECKED:
        with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as sig, \
                tempfile.NamedTemporaryFile() as text:
            for file, data in ((key, ED25519_DER + public_key), (sig, signature), (text, message)):
                file.write(data)
                file.flush()
            CHECKED[asked] = subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key.name,
                 "-rawin", "-in", text.name, "-sigfile", sig.name],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
    return CHECKED[asked]


def is_key_name(name):
    if not 0 < len(name) <= 255:
        return False
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(c in SPACES or c == "+" or ord(c) < 0x20 for c in text)


class Key:
    """name+hex+base64, or ValueError."""

    def __init__(self, text):
        parts = text.split(b"+", 2)
        if len(parts) != 3 or not re.fullmatch(rb"[0-9a-f]{8}", parts[1]):
            raise ValueError
        self.name, key = parts[0], unbase64(parts[2])
        if key is None or len(key) != 33 or not is_key_name(self.name) or b"\0" in self.name:
            raise ValueError
        self.kind, self.public = key[0], key[1:]
        self.id = sha256(self.name + b"\n" + key)[:4]
        if self.kind not in (1, 4) or self.id != bytes.fromhex(parts[1].decode()):
            raise ValueError


class Note:
    """A signed note, or Verdict("malformed")."""

    def __init__(self, data):
        need(len(data) <= 1 << 20 and all(c >= 0x20 or c == 0x0A for c in data))
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Verdict("malformed") from error
        at = data.rfind(b"\n\n")
        need(at >= 0)
        self.text, rest = data[:at + 1], data[at + 2:]
        need(rest.endswith(b"\n"))
        self.signatures = []
        for line in rest[:-1].split(b"\n"):
            need(line.startswith(DASH))
            name, space, blob = line[len(DASH):].partition(b" ")
            raw = unbase64(blob)
            need(space and is_key_name(name) and raw is not None and len(raw) >= 5)
            self.signatures.append((name, raw))
        need(len(self.signatures) <= 100)

    def signed_by(self, key):
        """True, None where it has not signed, False where it has and it is not good."""
        for name, raw in self.signatures:
            if name != key.name or raw[:4] != key.id:
                continue
            if key.kind == 1:
                return len(raw) == 68 and ed25519(key.public, self.text, raw[4:])
            if len(raw) != 76:
                return False
            time = int.from_bytes(raw[4:12], "big")
            return ed25519(key.public, b"cosignature/v1\ntime %d\n" % time + self.text, raw[12:])
        return None


# ---- the policy ----

class Policy:
    """C2SP tlog-policy, or ValueError."""

    def __init__(self, data):
        if not 0 < len(data) <= 1 << 20 or not data.endswith(b"\n") or \
                any((c < 0x20 and c not in (9, 10)) or c == 0x7F for c in data):
            raise ValueError
        self.logs, self.members, self.quorum, used = [], {}, None, set()
        for line in data[:-1].split(b"\n"):
            words = [w for w in re.split(rb"[ \t]+", line) if w]
            if not words or words[0].startswith(b"#"):
                continue
            getattr(self, "add_" + words[0].decode("ascii", "replace"), self.refuse)(words, used)
        if self.quorum is None:
            raise ValueError

    def refuse(self, words, used):
        raise ValueError

    def add_log(self, words, _used):
        key = Key(words[1]) if len(words) in (2, 3) else None
        if key is None or key.kind != 1 or any(k.public == key.public for k in self.logs):
            raise ValueError
        self.logs.append(key)

    def new_name(self, name):
        if name == b"none" or name in self.members:
            raise ValueError

    def add_witness(self, words, _used):
        if len(words) not in (3, 4):
            raise ValueError
        self.new_name(words[1])
        key = Key(words[2])
        if key.kind != 4 or any(isinstance(m, Key) and m.public == key.public for m in self.members.values()):
            raise ValueError
        self.members[words[1]] = key

    def add_group(self, words, used):
        if len(words) < 4:
            raise ValueError
        self.new_name(words[1])
        names = words[3:]
        enough = {b"all": len(names), b"any": 1}.get(words[2], decimal(words[2]))
        if enough is None or not 1 <= enough <= len(names):
            raise ValueError
        for name in names:
            if name not in self.members or name in used:
                raise ValueError
            used.add(name)
        self.members[words[1]] = (enough, names)

    def add_quorum(self, words, _used):
        if len(words) != 2 or self.quorum is not None or (words[1] != b"none" and words[1] not in self.members):
            raise ValueError
        self.quorum = words[1]

    def check(self, note, origin):
        signed = [note.signed_by(k) for k in self.logs if k.name == origin]
        need(True in signed and False not in signed, "unsigned")
        seen = {}
        for name, member in self.members.items():
            if isinstance(member, Key):
                good = note.signed_by(member)
                need(good is not False, "unwitnessed")
                seen[name] = bool(good)
            else:
                seen[name] = sum(seen[n] for n in member[1]) >= member[0]
        need(self.quorum == b"none" or seen[self.quorum], "unwitnessed")


# ---- entries ----

OPTIONAL_FIRST = ("actor", "session", "from", "class", "action", "object", "context", "reason-code", "result")


def is_value(value):
    if not 0 < len(value) <= 4096 or value[:1] == b" " or value[-1:] == b" ":
        return False
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in text)


def is_time(value):
    if not TIME.match(value) or value < b"1970":
        return False
    try:
        datetime.strptime(value.decode(), "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return False
    return value[17:19] < b"60"


def is_line_name(name):
    return 3 <= len(name) <= 64 and name[:2] in (b"c.", b"d.") and NAME.match(name[2:]) is not None


def parse_entry(data):
    """(seq, {"c.name": hex}) of an entry, or Verdict("entry")."""
    bad = "entry"
    need(len(data) <= 65536 and data.startswith(b"custos-entry/1\n") and data.endswith(b"\n"), bad)
    lines = []
    for line in data[:-1].split(b"\n")[1:]:
        name, space, value = line.partition(b" ")
        need(name and space and is_value(value), bad)
        lines.append((name, value))
    need(len(lines) >= 2 and lines[0][0] == b"seq" and lines[1][0] == b"time", bad)
    seq = decimal(lines[0][1])
    need(seq is not None and seq <= MAX_SIZE and is_time(lines[1][1]), bad)
    at = 2
    if at < len(lines) and lines[at][0] == b"clock-behind-us":
        behind = decimal(lines[at][1])
        need(behind is not None and 0 < behind <= MAX_SIZE, bad)
        at += 1
    for name in OPTIONAL_FIRST:
        if at < len(lines) and lines[at][0] == name.encode():
            at += 1
        else:
            need(name not in ("actor", "action"), bad)
    commitments, last, count = {}, b"", 0
    while at < len(lines) and len(lines[at][0]) > 2 and lines[at][0][1:2] == b".":
        name, value = lines[at]
        need(is_line_name(name) and name > last and (name[:1] == b"d" or HEX64.match(value)), bad)
        count += 1
        need(count <= 128, bad)
        if name[:1] == b"c":
            commitments[name] = value
        last = name
        at += 1
    if at < len(lines) and lines[at][0] == b"payload-sha256" and HEX64.match(lines[at][1]):
        at += 1
    need(at == len(lines), bad)
    return seq, commitments


def root_from_inclusion(index, size, leaf, path):
    """RFC 9162 section 2.1.3.2; None where the path does not fit."""
    if index >= size:
        return None
    fn, sn, result = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            result = node_hash(sibling, result)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            result = node_hash(result, sibling)
        fn >>= 1
        sn >>= 1
    return result if sn == 0 else None


# ---- the bundle ----

class Reader:
    """Lines and counted blocks."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def line(self):
        end = self.data.find(b"\n", self.at)
        need(end >= 0)
        line, self.at = self.data[self.at:end], end + 1
        return line

    def words(self):
        words = self.line().split(b" ")
        need(all(words) and len(words) <= 4)
        return words

    def block(self, count, most):
        n = decimal(count)
        need(n is not None and n <= most and self.data[self.at + n:self.at + n + 1] == b"\n")
        block, self.at = self.data[self.at:self.at + n], self.at + n + 1
        return block


def hash_line(reader):
    data = unbase64(reader.line())
    need(data is not None and len(data) == 32)
    return data


def read_bundle(data):
    """(checkpoint, [(entry, path, [(name, salt, value)])])"""
    need(data.startswith(b"custos-bundle/1\n"))
    reader = Reader(data)
    reader.line()
    words = reader.words()
    need(len(words) == 2 and words[0] == b"checkpoint")
    checkpoint = reader.block(words[1], 1 << 20)
    entries, secrets = [], 0
    while True:
        words = reader.words()
        if words[0] == b"entry" and len(words) == 2:
            entry = reader.block(words[1], 65536)
            words = reader.words()
            need(words[0] == b"proof" and len(words) == 2)
            count = decimal(words[1])
            need(count is not None and count <= 64)
            entries.append((entry, [hash_line(reader) for _ in range(count)], []))
        elif words[0] == b"secret" and len(words) == 4:
            salt = unbase64(words[2])
            need(len(words[1]) <= 62 and NAME.match(words[1]) and salt is not None and len(salt) == 32 and entries)
            entries[-1][2].append((words[1], salt, reader.block(words[3], 1 << 20)))
            secrets += 1
        else:
            need(words[0] == b"end" and len(words) == 3 and reader.at == len(data))
            need(decimal(words[1]) == len(entries) and decimal(words[2]) == secrets)
            return checkpoint, entries


def parse_checkpoint(text):
    lines = text.split(b"\n")
    need(len(lines) == 4 and lines[3] == b"" and 0 < len(lines[0]) <= 255)
    size, root = decimal(lines[1]), unbase64(lines[2])
    need(size is not None and size <= MAX_SIZE and root is not None and len(root) == 32)
    return lines[0], size, root


def head_of(checkpoint, policy):
    """Size and root of a signed head that the policy takes."""
    note = Note(checkpoint)
    origin, size, root = parse_checkpoint(note.text)
    policy.check(note, origin)
    return size, root


def judge(data, policy):
    checkpoint, entries = read_bundle(data)
    size, root = head_of(checkpoint, policy)
    last = -1
    for entry, path, secrets in entries:
        seq, commitments = parse_entry(entry)
        need(seq > last, "entry")
        last = seq
        need(root_from_inclusion(seq, size, leaf_hash(entry), path) == root, "not-included")
        for name, salt, value in secrets:
            made = hmac.new(salt, b"custos-field/1\n" + name + b"\n" + value, hashlib.sha256).hexdigest()
            need(commitments.get(b"c." + name) == made.encode(), "commitment")


# ---- the proof of one entry ----

PROOF = b"c2sp.org/tlog-proof@v1\n"


def read_proof(data):
    """(extra or None, index, path, checkpoint) of a C2SP tlog-proof."""
    reader, extra, path = Reader(data), None, []
    reader.line()
    line = reader.line()
    if line.startswith(b"extra "):
        extra = unbase64(line[6:])
        need(extra is not None and 0 < len(extra) <= 65536)
        line = reader.line()
    need(line.startswith(b"index "))
    index = decimal(line[6:])
    need(index is not None)
    while (line := reader.line()) != b"":
        sibling = unbase64(line)
        need(len(path) < 64 and sibling is not None and len(sibling) == 32)
        path.append(sibling)
    return extra, index, path, data[reader.at:]


def judge_proof(data, policy, given):
    extra, index, path, checkpoint = read_proof(data)
    entry = given or extra
    need(entry is not None)
    size, root = head_of(checkpoint, policy)
    need(parse_entry(entry)[0] == index, "entry")
    need(root_from_inclusion(index, size, leaf_hash(entry), path) == root, "not-included")


def verdict_of(data, policy, entry=None):
    """entry: of a proof, where it is had from elsewhere."""
    try:
        if data.startswith(PROOF):
            judge_proof(data, policy, entry)
        else:
            judge(data, policy)
    except Verdict as verdict:
        return str(verdict)
    return "good"


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    if len(arguments) < 3 or arguments[0] != "--policy":
        print(__doc__, file=sys.stderr)
        return 2
    try:
        policy = Policy(read_file(arguments[1]))
    except ValueError:
        print("verify_bundle: that is no policy", file=sys.stderr)
        return 1
    paths, entry, worst = arguments[2:], None, 0
    if paths[0] == "--entry" and len(paths) > 2:
        entry, paths = read_file(paths[1]), paths[2:]
    for path in paths:
        try:
            word = verdict_of(read_file(path), policy, entry)
        except OSError as failure:
            print(f"verify_bundle: {failure}", file=sys.stderr)
            word = "unread"
        print(word)
        worst |= word != "good"
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
