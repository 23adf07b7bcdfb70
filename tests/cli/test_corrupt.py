#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad images end within their limits, with findings, and never take the main process with them."""
import gzip
import os
import shutil

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
    out = os.path.join(folder, "scan.custos")
    done = run("scan", unpacked(path, folder), "-o", out, "--json", timeout=PATIENCE)
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
    tap.run("a walk that runs out of memory says so", in_folder, memory_is_told)
    tap.run("stored digests are checked, and a wrong one reported", in_folder, stored_digests)
    tap.run("missing segments are named", in_folder, missing_segments)
    tap.end()


main()
