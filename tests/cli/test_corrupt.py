#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad images end within their limits, with findings, and never take the main process with them."""
import gzip
import os
import random
import shutil
import subprocess

from support import CORPUS, Tap, findings, have_corpus, in_folder, run, scan

# Seconds that any of these small images may take; the walk's own limit is below it.
PATIENCE = 120


def unpacked(path, folder):
    target = os.path.join(folder, "image")
    if path.endswith(".gz"):
        with gzip.open(path) as packed, open(target, "wb") as out:
            shutil.copyfileobj(packed, out)
    else:
        shutil.copy(path, target)
    return target


def ends(folder, path):
    """Within PATIENCE, by itself, and either with whole evidence or with one line that says why not."""
    out = os.path.join(folder, "scan.custos")
    done = run("scan", path if os.path.isdir(path) else unpacked(path, folder), "-o", out, "--json",
               timeout=PATIENCE)
    assert done.returncode in (0, 1), (path, done.returncode, done.stderr)
    if done.returncode == 1:
        assert done.stderr.startswith(b"custos: ") and done.stderr.count(b"\n") == 1, done.stderr
    else:
        assert run("verify", out).returncode == 0, path


def all_end(folder, kind):
    count = 0
    for name in sorted(os.listdir(os.path.join(CORPUS, "corrupt", kind))):
        path = os.path.join(CORPUS, "corrupt", kind, name)
        if not os.path.isfile(path) or name.endswith((".tar.xz", ".md", ".txt")):
            continue
        for leftover in os.listdir(folder):
            os.remove(os.path.join(folder, leftover))
        ends(folder, path)
        count += 1
    assert count > 0, kind


# Larger than this, most of it holes, an image would only show how fast zeros are hashed.
IMAGE_MAX = 2 << 30


def bad_exfat(folder):
    source = os.path.join(CORPUS, "corrupt", "fs-exfat")
    count = 0
    for name in sorted(os.listdir(source)):
        inside = os.path.join(folder, "in")
        os.mkdir(inside)
        subprocess.run(["tar", "-xJSf", os.path.join(source, name), "-C", inside], check=True)
        image = max((os.path.join(root, file) for root, _, files in os.walk(inside) for file in files),
                    key=os.path.getsize)
        if os.path.getsize(image) <= IMAGE_MAX:
            ends(folder, image)
            count += 1
        else:
            print(f"# {name} is {os.path.getsize(image) >> 30} GB: left out", flush=True)
        shutil.rmtree(inside)
        for leftover in os.listdir(folder):
            os.remove(os.path.join(folder, leftover))
    assert count >= 12, count


def bad_files(folder, kind):
    """A folder of bad files as a source: each is an item with its digests, whatever it does to a decoder."""
    source = os.path.join(CORPUS, "corrupt", kind)
    expected = sum(len(files) for _, _, files in os.walk(source))
    summary, items = scan(source, folder)
    assert len([i for i in items if i["state"] == "allocated"]) == expected, (len(items), expected)
    assert all(i["sha256"] for i in items if i["state"] == "allocated"), items
    assert summary["accounting"]["allocated"] == summary["source"]["bytes"], summary


def mutated(folder):
    """Bytes of an E01 changed, and its end cut off: an error in one line, or what is left is read."""
    with open(os.path.join(CORPUS, "log2timeline+dfvfs/ext2.E01"), "rb") as source:
        whole = source.read()
    chance = random.Random(17)
    path = os.path.join(folder, "mutant.E01")
    scanned = 0
    for turn in range(60):
        mutant = bytearray(whole)
        for _ in range(chance.choice([1, 3, 20])):
            mutant[chance.randrange(len(mutant) if turn % 2 else 2000)] = chance.randrange(256)
        if turn % 5 == 4:
            del mutant[chance.randrange(len(mutant)):]
        for leftover in os.listdir(folder):
            os.remove(os.path.join(folder, leftover))
        with open(path, "wb") as out:
            out.write(mutant)
        ends(folder, path)
        scanned += os.path.exists(os.path.join(folder, "scan.custos"))
    assert scanned >= 20, scanned


def memory_is_told(folder):
    """libtsk lists 21 names, or with little memory 1 and no word: ours says so."""
    name = [n for n in os.listdir(os.path.join(CORPUS, "corrupt", "tsk-fuzz"))
            if n.startswith("art-oom")][0]
    scan(unpacked(os.path.join(CORPUS, "corrupt", "tsk-fuzz", name), folder), folder)
    told = [f for f in findings(folder) if "limit" in f["text"]]
    assert told, findings(folder)


E01 = {
    "sleuthkit+sleuthkit/test/data/image.E01": True,
    "simsong+bulk_extractor/src/tests/nps-2010-emails.E01": True,
    "simsong+bulk_extractor/src/tests/CFReDS001.E01": True,
    "log2timeline+dfvfs/ext2.E01": True,
    "Velocidex+go-ewf/test/rand.dd.E01": True,
    "SecurityRonin+ewf-forensic/ctf_file6.E01": True,
    "fox-it+dissect.evidence/tests/data/ewf.E01": False,
}


def stored_digests(folder):
    for path, agrees in E01.items():
        summary, _ = scan(os.path.join(CORPUS, path), folder)
        assert summary["source"]["format"] == "ewf" and summary["source"]["stored_md5"], summary
        assert summary["source"]["verified"] == agrees, path
        told = [f for f in findings(folder) if f["kind"] == "stored-digest-mismatch"]
        assert len(told) == (0 if agrees else 1), path


def missing_segments(folder):
    """The middle one is an error that names it; the last ones are findings, and the rest is read."""
    source = os.path.join(CORPUS, "Velocidex+go-ewf/test")
    for number in (1, 2, 3, 5, 6):
        shutil.copy(os.path.join(source, f"rand.dd.E0{number}"), folder)
    first = os.path.join(folder, "rand.dd.E01")
    done = run("scan", first, "-o", os.path.join(folder, "out"))
    assert done.returncode == 1 and b"segment 4 is missing" in done.stderr, done.stderr
    for number in (5, 6):
        os.remove(os.path.join(folder, f"rand.dd.E0{number}"))
    summary, _ = scan(first, folder)
    assert summary["accounting"]["unreadable"] > 1 << 20, summary["accounting"]
    assert any("segment is missing" in f["text"] for f in findings(folder))


def main():
    tap = Tap()
    if not have_corpus():
        print("ok 1 - corpus # SKIP corpus not here\n1..1")
        return
    for kind in ("fs-fat", "fs-ext", "tsk-fuzz"):
        tap.run(f"every bad image of {kind} ends and leaves whole evidence", in_folder, all_end, kind)
    tap.run("every bad image of fs-exfat, too", in_folder, bad_exfat)
    tap.run("bad files made for it are items like any other", in_folder, bad_files, "made")
    tap.run("bad pictures, too", in_folder, bad_files, "image")
    tap.run("mutants of an E01 end", in_folder, mutated)
    tap.run("a walk that runs out of memory says so", in_folder, memory_is_told)
    tap.run("stored digests are checked, and a wrong one reported", in_folder, stored_digests)
    tap.run("missing segments are named", in_folder, missing_segments)
    tap.end()


main()
