#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""custos ledger with its signer, a witness and two verifiers, as their users run them."""
import base64
import hashlib
import importlib.util
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ["CUSTOS_BUILD"])
TREE = pathlib.Path(__file__).resolve().parents[2]
CASES = int(os.environ.get("CUSTOS_BUNDLE_CASES", "2500"))

spec = importlib.util.spec_from_file_location("verify_bundle", TREE / "tools" / "verify_bundle.py")
verify_bundle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verify_bundle)


class Site:
    """A log, its signer and its witness in a folder."""

    made = []  # those of the test that runs: one that fails leaves no server behind

    def __init__(self, folder, url=None):
        Site.made.append(self)
        self.folder = pathlib.Path(folder)
        self.db = self.folder / "log.db"
        self.url = url or f"sqlite:{self.db}"
        self.kek = self.folder / "kek"
        self.servers = []
        self.signer = self.folder / "signer"
        self.witness = self.folder / "witness"
        self.run("custos-signd", "--state", self.folder / "signer.state", "--begin", "log.example")
        self.run("custos-witness", "--state", self.folder / "witness.state", "--begin", "witness.example")
        self.start_signer()

    def run(self, program, *arguments, code=0, text=None):
        done = subprocess.run([BUILD / program, *map(str, arguments)], capture_output=True, check=False,
                              input=text, timeout=300)
        assert done.returncode == code, (program, arguments, done.returncode, done.stdout, done.stderr)
        return (done.stdout + done.stderr).decode()

    def ledger(self, action, *arguments, code=0):
        more = ("--kek", self.kek) if action in ("verify", "export") else ()
        return self.run("custos", "ledger", action, *arguments, *more, "--db", self.url, code=code)

    def start(self, program, state, path):
        server = subprocess.Popen([BUILD / program, "--state", self.folder / state, "--socket", path])
        self.servers.append(server)
        for _ in range(500):
            # The name is there a moment before anybody listens behind it.
            with socket.socket(socket.AF_UNIX) as asked:
                if asked.connect_ex(str(path)) == 0:
                    return server
            time.sleep(0.02)
        raise AssertionError(f"{program} does not listen")

    def start_signer(self):
        return self.start("custos-signd", "signer.state", self.signer)

    def trust(self):
        for line in self.ledger("head", "--policy").splitlines():
            if line.startswith("log "):
                self.run("custos-witness", "--state", self.folder / "witness.state", "--trust", line.split()[1])

    def start_witness(self):
        return self.start("custos-witness", "witness.state", self.witness)

    def make(self, count):
        self.run("tests/make-ledger", self.url, self.kek, count)

    def stop(self):
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=20) == 0, "a server does not end"
        self.servers = []


def is_signed_witnessed_exported_and_checked_by_two(folder):
    site = Site(folder)
    site.make(60)
    assert "signed   never" in site.ledger("head")
    site.ledger("sign", "--signer", site.signer)
    site.trust()
    site.start_witness()
    site.ledger("witness", "--witness", site.witness, "--signer", site.signer)
    said = json.loads(site.ledger("verify", "--signer", site.signer, "--witness", site.witness, "--json"))
    assert said["whole"] and said["remembered"] == 2 and said["secrets_opened"], said
    assert said["entries"] == 63 == said["signed"], said
    policy = site.folder / "policy"
    policy.write_text(site.ledger("head", "--policy"))
    assert "quorum all-witnesses" in policy.read_text()
    bundle = site.folder / "all.bundle"
    assert "63 entries, 15 values disclosed" in site.ledger("export", "-o", bundle, "--reveal")
    assert site.run("custos-verify", "--policy", policy, bundle).startswith("good: 63 entries")
    judge = verify_bundle.Policy(policy.read_bytes())
    assert verify_bundle.verdict_of(bundle.read_bytes(), judge) == "good"
    # One entry by hand, as the manual says: coreutils for the leaf, the proof for the rest.
    proof = site.ledger("prove", 17).split("\n\n", 1)
    lines, note = proof[0].splitlines(), verify_bundle.Note(proof[1].encode())
    entries = verify_bundle.read_bundle(bundle.read_bytes())[1]
    leaf = hashlib.sha256(b"\0" + entries[17][0]).digest()
    _, size, root = verify_bundle.parse_checkpoint(note.text)
    assert lines[0] == "c2sp.org/tlog-proof@v1" and lines[2] == "index 17"
    assert base64.b64decode(lines[1].removeprefix("extra ")) == entries[17][0]
    path = [base64.b64decode(line) for line in lines[3:]]
    assert verify_bundle.root_from_inclusion(17, size, leaf, path) == root
    checks_a_lone_proof(site, policy, entries)
    site.stop()
    return site


def says_what_a_call_lacks(folder):
    """Wrong use exits 2 with the usage of the action, and does nothing."""
    site = Site(folder)
    site.make(3)
    for action, *words in (("sign",), ("witness",), ("rotate",), ("recover", "--signer", site.signer), ("prove",),
                           ("prove", "x"), ("prove", "1", "2"), ("export",), ("export", "-o", ""),
                           ("prove", "1", "--output", ""), ("head", "--note", "--policy"), ("head", "--policy", "--json"),
                           ("export", "-o", site.folder / "b", "--from", "x")):
        said = site.ledger(action, *words, code=2)
        assert f"usage: custos ledger {action}" in said, said
    assert not (site.folder / "b").exists()
    site.stop()


def says_how_a_database_is_named(folder):
    """Where none was named and none is here; not to one who named it. In one line, and nothing is made."""
    bare = {name: value for name, value in os.environ.items() if name not in ("CUSTOS_DB", "CUSTOS_KEK")}
    advice = ", for --db and CUSTOS_DB name no other"
    for words in (("ledger", "verify"), ("ledger", "head"), ("register", "verify"),
                  ("register", "case", "list", "--as", "ad")):
        for more, named, advised in (((), {}, True), (("--db", "sqlite:x.db"), {}, False),
                                     ((), {"CUSTOS_DB": "sqlite:x.db"}, False)):
            done = subprocess.run([BUILD / "custos", *words, *more], cwd=folder, env={**bare, **named},
                                  capture_output=True, text=True, check=False, timeout=60)
            assert done.returncode == 1 and done.stderr.count("\n") == 1, (words, more, named, done)
            assert ('"custos.db"' if advised else '"x.db"') in done.stderr, (words, more, named, done)
            assert (advice in done.stderr) == advised and "No such file" in done.stderr, (words, more, named, done)
    assert not os.listdir(folder), os.listdir(folder)


def a_socket_takes_the_place_of_a_socket_alone(folder):
    """What else has its name, such as the state itself, is not taken away."""
    site = Site(folder)
    site.servers[0].kill()
    site.servers.pop().wait()
    assert site.signer.is_socket()
    site.start_signer()
    site.stop()
    for program, name in (("custos-signd", "signer.state"), ("custos-witness", "witness.state")):
        state = site.folder / name
        kept = state.read_bytes()
        said = site.run(program, "--state", state, "--socket", state, code=1)
        assert said == f'{program}: "{state}" is there already, and is no socket\n', said
        assert state.read_bytes() == kept


def names_the_file_that_is_wrong(folder):
    """Of several files, standard error says which one is not good."""
    site = Site(folder)
    site.make(3)
    site.ledger("sign", "--signer", site.signer)
    policy, good, cut = (site.folder / name for name in ("policy", "good.bundle", "cut.bundle"))
    policy.write_text(site.ledger("head", "--policy"))
    site.ledger("export", "-o", good)
    cut.write_bytes(good.read_bytes()[:100])
    said = site.run("custos-verify", "--policy", policy, good, cut, code=1)
    assert f'custos-verify: "{cut}": ' in said, said
    said = site.run("custos-verify", "--policy", cut, good, code=1)
    assert said.startswith(f'custos-verify: could not take policy "{cut}": '), said
    # One that cannot be read has a line, too, in its place.
    gone = site.folder / "gone.bundle"
    call = ["--policy", str(policy), str(good), str(gone), str(cut)]
    done = subprocess.run([BUILD / "custos-verify", *call, "--quiet"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stdout.split() == ["good", "unread", "malformed"], done
    done = subprocess.run([BUILD / "custos-verify", *call], capture_output=True, text=True, check=False)
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["good", "unread", "malformed"], done
    assert f'custos-verify: could not open "{gone}": No such file' in done.stderr, done
    assert done.returncode == 1 and done.stderr.count("\n") == 2, done
    other = subprocess.run([sys.executable, TREE / "tools" / "verify_bundle.py", *call], capture_output=True, text=True,
                           check=False)
    assert other.returncode == 1 and other.stdout.split() == ["good", "unread", "malformed"], other
    assert str(gone) in other.stderr, other
    site.stop()


def checks_a_lone_proof(site, policy, entries):
    """A proof with its entry, one whose entry comes from elsewhere, and one of another."""
    judge = verify_bundle.Policy(policy.read_bytes())
    lone, bare = site.folder / "lone.tlog-proof", site.folder / "bare.tlog-proof"
    own, other = site.folder / "entry-17", site.folder / "entry-18"
    site.ledger("prove", 17, "-o", lone)
    bare.write_bytes(re.sub(rb"extra [^\n]*\n", b"", lone.read_bytes()))
    own.write_bytes(entries[17][0])
    other.write_bytes(entries[18][0])
    for proof, entry, verdict in ((lone, None, "good"), (bare, None, "malformed"), (bare, own, "good"),
                                  (lone, own, "good"), (lone, other, "entry"), (bare, policy, "entry")):
        more = ("--entry", entry) if entry else ()
        said = site.run("custos-verify", "--policy", policy, *more, "--quiet", proof, code=int(verdict != "good"))
        assert said == verdict + "\n", (proof, entry, said)
        assert verify_bundle.verdict_of(proof.read_bytes(), judge, entry and entry.read_bytes()) == verdict
    said = site.run("custos-verify", "--policy", policy, lone)
    assert said.startswith("good: 1 entries and 0 disclosed values of log log.example, under a head of 63"), said


def refuses_an_old_copy_until_the_gap_is_logged(folder):
    site = Site(folder)
    site.make(30)
    site.ledger("sign", "--signer", site.signer)
    saved = site.folder / "saved.note"
    old = site.folder / "old.db"
    shutil.copy(site.db, old)
    site.make(30)
    site.ledger("sign", "--signer", site.signer)
    saved.write_text(site.ledger("head", "--note"))
    assert "nothing is lost" in site.ledger("recover", "--signer", site.signer, "--reason", "DRILL", code=1)
    for more in ("", "-wal", "-shm"):
        pathlib.Path(str(site.db) + more).unlink(missing_ok=True)
    shutil.copy(old, site.db)
    said = site.ledger("verify", "--signer", site.signer, code=1)
    assert "rollback" in said and "the signer remembers 62 entries" in said, said
    assert "rollback" in site.ledger("verify", "--against", saved, code=1)
    assert "an older copy" in site.ledger("sign", "--signer", site.signer, code=1)
    assert "403" in site.ledger("recover", "--signer", site.signer, "--reason", "RESTORE-1", code=1)
    (site.folder / "signer.state.allow-gap").touch()
    # The first attempt has logged its gap; the second logs another, and is let through.
    assert "the log goes on" in site.ledger("recover", "--signer", site.signer, "--reason", "RESTORE-1")
    site.make(5)
    site.ledger("sign", "--signer", site.signer)
    assert json.loads(site.ledger("verify", "--signer", site.signer, "--json"))["whole"]
    assert "rollback" in site.ledger("verify", "--against", saved, code=1)
    site.stop()


def a_new_witness_waits_for_a_head_that_names_it(folder):
    """Its word on an older head would be that of nobody, and the log then is not as it was written."""
    site = Site(folder)
    site.make(5)
    site.ledger("sign", "--signer", site.signer)
    site.trust()
    site.start_witness()
    said = site.ledger("witness", "--witness", site.witness, code=1)
    assert "have the head signed first" in said, said
    assert json.loads(site.ledger("verify", "--signer", site.signer, "--json"))["whole"]
    site.ledger("sign", "--signer", site.signer)
    site.ledger("witness", "--witness", site.witness)
    assert json.loads(site.ledger("verify", "--signer", site.signer, "--witness", site.witness, "--json"))["whole"]
    site.make(2)
    site.ledger("sign", "--signer", site.signer)
    site.ledger("witness", "--witness", site.witness)
    assert json.loads(site.ledger("verify", "--witness", site.witness, "--json"))["whole"]
    site.stop()


def goes_on_from_a_copy_that_names_no_key(folder):
    """A copy from before the first signature: the gap is signed by a key that the log names again."""
    site = Site(folder)
    site.make(5)
    old = site.folder / "old.db"
    shutil.copy(site.db, old)
    site.ledger("sign", "--signer", site.signer)
    for more in ("", "-wal", "-shm"):
        pathlib.Path(str(site.db) + more).unlink(missing_ok=True)
    shutil.copy(old, site.db)
    (site.folder / "signer.state.allow-gap").touch()
    site.ledger("recover", "--signer", site.signer, "--reason", "RESTORE-2")
    assert json.loads(site.ledger("verify", "--signer", site.signer, "--json"))["whole"]
    site.stop()


def changes_its_key_with_an_overlap(folder):
    site = Site(folder)
    site.make(5)
    site.ledger("sign", "--signer", site.signer)
    site.ledger("rotate", "--signer", site.signer)
    note = verify_bundle.Note(site.ledger("head", "--note").encode())
    assert len(note.signatures) == 2
    site.make(5)
    site.ledger("sign", "--signer", site.signer)
    site.ledger("rotate", "--end", "--signer", site.signer)
    site.make(5)
    site.ledger("sign", "--signer", site.signer)
    assert len(verify_bundle.Note(site.ledger("head", "--note").encode()).signatures) == 1
    assert json.loads(site.ledger("verify", "--signer", site.signer, "--json"))["whole"]
    site.stop()


def goes_on_after_the_signer_was_killed(folder):
    site = Site(folder)
    site.make(5)
    for _ in range(5):
        site.ledger("sign", "--signer", site.signer)
        site.make(3)
        site.servers[0].kill()
        site.servers.pop().wait()
        assert "could not reach" in site.ledger("sign", "--signer", site.signer, code=1)
        site.signer.unlink()
        site.start_signer()
    site.ledger("sign", "--signer", site.signer)
    assert json.loads(site.ledger("verify", "--signer", site.signer, "--json"))["whole"]
    site.stop()


# ---- the same verdict from two programs ----

def numbers_of(data):
    return [i for i, c in enumerate(data) if 0x30 <= c <= 0x39]


def mutate(data, chance, other):
    """One thing, or a few, that somebody could do to a bundle."""
    if not numbers_of(data):
        return data  # what two changes have left
    lines = data.split(b"\n")
    kind = chance.randrange(12)
    at = chance.randrange(len(data))
    line = chance.randrange(len(lines))
    if kind == 0:
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:]
    if kind == 1:
        return data[:at] + bytes([chance.randrange(256)]) + data[at + 1:]
    if kind == 2:
        return data[:at]
    if kind == 3:
        return data[:at] + data[at + chance.randrange(1, 80):]
    if kind == 4:
        del lines[line]
    elif kind == 5:
        lines.insert(line, lines[chance.randrange(len(lines))])
    elif kind == 6:
        swap = chance.randrange(len(lines))
        lines[line], lines[swap] = lines[swap], lines[line]
    elif kind == 7:
        where = chance.choice(numbers_of(data))
        return data[:where] + str(chance.randrange(10)).encode() + data[where + 1:]
    elif kind == 8:
        theirs = other.split(b"\n")
        lines[line] = theirs[chance.randrange(len(theirs))]
    elif kind == 9:
        return mutate(mutate(data, chance, other), chance, other)
    elif kind == 10:
        lines[line] = lines[line].swapcase()
    else:
        return data[:at] + chance.choice([b" ", b"\n", b"\0", b"\xc2\x85", b"=", b"0", b"\xe2\x80\x94 "]) + data[at:]
    return b"\n".join(lines)


def change_value(data, chance):
    """Changes a value within an entry, keeping its length: what only the proof can tell."""
    words = [b"officer", b"exhibit", b"view", b"LOOKUP", b"seq ", b"time 2", b"invented", b"c.note ", b"d.count"]
    word = chance.choice(words)
    at = data.find(word, chance.randrange(len(data)))
    if at < 0:
        return data
    at += chance.randrange(len(word))
    return data[:at] + bytes([data[at] ^ chance.choice([1, 2, 32])]) + data[at + 1:]


def bundles_of(site):
    """Bundles of one entry and of many, with values and without, and lone proofs."""
    made = []
    for i, arguments in enumerate((("--from", 5, "--to", 5), ("--from", 3, "--to", 9, "--reveal"), ("--from", 60),
                                   ("--from", 0, "--to", 2), ("--from", 20, "--to", 20, "--reveal"))):
        path = site.folder / f"base-{i}"
        site.ledger("export", "-o", path, *arguments)
        made.append(path.read_bytes())
    for seq in (0, 17, 62):
        path = site.folder / f"proof-{seq}"
        site.ledger("prove", seq, "-o", path)
        made.append(path.read_bytes())
    return made


def change_extra(data, chance):
    """What a proof says that its entry is, changed within it."""
    found = re.search(rb"extra ([^\n]*)", data)
    if not found:
        return data
    entry = base64.b64decode(found[1])
    return data[:found.start(1)] + base64.b64encode(change_value(entry, chance)) + data[found.end(1):]


def two_verifiers_agree_on_every_case(folder):
    site = is_signed_witnessed_exported_and_checked_by_two(folder)
    bases, chance = bundles_of(site), random.Random(20261125)
    policies = [site.folder / "policy", site.folder / "policy-none"]
    policies[1].write_text("\n".join(l for l in policies[0].read_text().splitlines() if l.startswith("log "))
                           + "\nquorum none\n")
    counts = {}
    for start in range(0, CASES, 1000):
        policy = policies[start // 1000 % 2]
        judge = verify_bundle.Policy(policy.read_bytes())
        paths, expected = [], []
        for i in range(min(1000, CASES - start)):
            data = chance.choice(bases)
            if chance.randrange(20):
                changed = change_extra if data.startswith(verify_bundle.PROOF) else change_value
                data = (changed(data, chance) if chance.randrange(3) == 0
                        else mutate(data, chance, chance.choice(bases)))
            paths.append(site.folder / f"case-{i}")
            paths[-1].write_bytes(data)
            expected.append(verify_bundle.verdict_of(data, judge))
        done = subprocess.run([BUILD / "custos-verify", "--policy", policy, "--quiet", *paths],
                              stdout=subprocess.PIPE, check=False)
        said = done.stdout.decode().split()
        assert len(said) == len(expected), done.returncode
        for path, one, two in zip(paths, said, expected):
            if one != two:
                kept = shutil.copy(path, tempfile.gettempdir() + "/custos-disagreement")
                raise AssertionError(f"custos-verify says {one}, Python says {two}: {kept}")
            counts[one] = counts.get(one, 0) + 1
    print("#", CASES, "cases:", ", ".join(f"{k} {v}" for k, v in sorted(counts.items())))
    assert set(counts) == {"good", "malformed", "unsigned", "unwitnessed", "entry", "not-included", "commitment"}, counts


TESTS = [is_signed_witnessed_exported_and_checked_by_two, says_what_a_call_lacks,
         says_how_a_database_is_named,
         a_socket_takes_the_place_of_a_socket_alone, names_the_file_that_is_wrong,
         refuses_an_old_copy_until_the_gap_is_logged, a_new_witness_waits_for_a_head_that_names_it,
         goes_on_from_a_copy_that_names_no_key,
         changes_its_key_with_an_overlap, goes_on_after_the_signer_was_killed, two_verifiers_agree_on_every_case]


def main():
    failed = 0
    print(f"1..{len(TESTS)}")
    for number, test in enumerate(TESTS, 1):
        with tempfile.TemporaryDirectory(prefix="custos-ledger-") as folder:
            try:
                test(folder)
                word = "ok"
            except Exception as error:  # pylint: disable=broad-except
                failed += 1
                word = "not ok"
                print("#", type(error).__name__, str(error).replace("\n", "\n# ")[:2000])
            finally:
                for site in Site.made:
                    for server in site.servers:
                        server.kill()
                Site.made.clear()
        print(f"{word} {number} - {test.__name__.replace('_', ' ')}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
