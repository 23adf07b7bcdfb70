#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pictures that were changed, found in a folder that is scanned, by set, by match and by hand."""
import json
import os
import shutil

from support import Tap, in_folder, run

CORPUS = os.path.join(os.environ.get("CUSTOS_CORPUS", ""), "pdq", "threatexchange")
ORIGINAL = os.path.join(CORPUS, "bridge-mods", "aaa-orig.jpg")
# The published hash of the original, variant A: corpus/pdq/vectors.
PDQ = "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22"


def lines(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def make_set(folder, *sources):
    out = os.path.join(folder, "bridge.chs")
    done = run("hashset", "import", "--as", "pictures", "--alert", "--name", "bridge", *sources,
               "-o", out)
    assert done.returncode == 0, done
    return out


def make_exhibit(folder):
    exhibit = os.path.join(folder, "exhibit")
    os.mkdir(exhibit)
    for part in ("bridge-mods", "dih", "misc"):
        for name in os.listdir(os.path.join(CORPUS, part)):
            if name.endswith(".jpg"):
                shutil.copy(os.path.join(CORPUS, part, name), exhibit)
    with open(os.path.join(exhibit, "letter.txt"), "w", encoding="ascii") as file:
        file.write("this is no picture\n" * 50)
    return exhibit


def a_folder_of_pictures_is_a_set(folder):
    made = make_set(folder, os.path.join(make_exhibit(folder)))
    info = json.loads(run("hashset", "info", made, "--json").stdout)
    # 22 pictures, one of them twice; the letter is no picture.
    assert info["sha256"] == info["md5"] == 21, info
    assert info["imported"]["without_digest"] == 1, info
    assert info["pdq"] > 21, info
    assert run("hashset", "verify", made).returncode == 0
    again = run("hashset", "import", "--as", "pictures", "--alert", os.path.join(folder, "exhibit"),
                "-o", os.path.join(folder, "again.chs"), "--json")
    left = json.loads(again.stdout)["left_out"]
    # The file is named, not its folder.
    assert left["without_digest"]["first"] == os.path.join(folder, "exhibit", "letter.txt"), left
    assert left["duplicates"]["first"].endswith(".jpg"), left


def near_by_picture_and_by_hash(folder):
    made = make_set(folder, ORIGINAL)
    mirrored = os.path.join(CORPUS, "dih", "bridge-6-flipy.jpg")
    other = os.path.join(CORPUS, "misc", "wee.jpg")
    found = lines("hashset", "near", made, mirrored, other, PDQ, "--jsonl")
    by = {}
    for line in found:
        by.setdefault(line["asked"], []).append(line)
    assert by[mirrored][0]["turn"] == "mirrored-y", by
    assert by[mirrored][0]["distance"] <= 31, by
    assert by[mirrored][0]["strength"] == "near", by
    assert by[other] == [{"asked": other, "found": False, "reason": ""}], by
    assert by[PDQ][0]["distance"] == 0, by
    smaller = os.path.join(CORPUS, "bridge-mods", "shrink-a-lot.jpg")
    distance = lines("hashset", "near", made, smaller, "--jsonl")[0]["distance"]
    assert 0 < distance <= 31, distance
    assert not lines("hashset", "near", made, smaller, "--jsonl", "--distance",
                     str(distance - 1))[0].get("found", True)
    assert run("hashset", "near", made, PDQ, "--distance", "129").returncode == 2
    done = run("hashset", "near", made, os.path.join(folder, "nothing.jpg"))
    assert done.returncode == 1 and b"could not open picture" in done.stderr, done


def a_scan_finds_what_was_changed(folder):
    made = make_set(folder, ORIGINAL)
    exhibit = make_exhibit(folder)
    out = os.path.join(folder, "out.custos")
    summary = json.loads(run("scan", exhibit, "--set", made, "-o", out, "--json").stdout)
    matches = lines("show", out, "--matches", "--jsonl")
    near = {os.path.basename(m["path"]): m for m in matches if m["strength"] == "near"}
    exact = {os.path.basename(m["path"]) for m in matches if m["strength"] != "near"}
    assert exact == {"aaa-orig.jpg", "bridge-1-original.jpg"}, exact
    # Eleven edits and seven turns; the tiny and the flat picture are none of them.
    assert len(near) == 18 and not {"wee.jpg", "small.jpg"} & set(near), sorted(near)
    assert near["bridge-2-rotate-90.jpg"]["how"] == "rotated-270", near
    assert near["shrink-a-lot.jpg"]["how"] == "", near
    assert all(m["algorithm"] == "pdq" and m["distance"] <= 31 for m in near.values()), near
    assert summary["matches"]["near"] == 18, summary
    assert run("verify", out).returncode == 0


def an_old_scan_is_matched_alike(folder):
    made = make_set(folder, ORIGINAL)
    exhibit = make_exhibit(folder)
    before = os.path.join(folder, "before.custos")
    after = os.path.join(folder, "after.custos")
    assert run("scan", exhibit, "-o", before).returncode == 0
    assert run("scan", exhibit, "--set", made, "-o", after).returncode == 0
    told = json.loads(run("match", before, "--set", made, "--json").stdout)["matches"]

    def shape(matches):
        return sorted((m["path"], m["strength"], m["distance"], m["set_record"]) for m in matches)
    assert shape(told) == shape(lines("show", after, "--matches", "--jsonl")), told


def files_are_counted_once(folder):
    """A set has both hashes of a picture, and --thorough compares both: that is one known file, not two."""
    made = make_set(folder, ORIGINAL)
    exhibit = make_exhibit(folder)
    out = os.path.join(folder, "out.custos")
    summary = json.loads(run("scan", exhibit, "--set", made, "-o", out, "--thorough", "--json").stdout)
    matches = lines("show", out, "--matches", "--jsonl")
    paths = {m["path"] for m in matches}
    assert summary["matches"]["files"] == len(paths) < len(matches), summary["matches"]
    page = run("show", out).stdout.decode()
    assert f"Known      {len(paths)} files found\n" in page, page
    known = page[page.index("Known files."):]
    for path in paths:
        assert known.count(f"  {path}\n") == 1, path
        nearest = min(m["distance"] for m in matches if m["path"] == path)
        entry = known[known.index(f"  {path}\n"):].split("\n  /")[0]
        assert nearest == 0 or f"near: a hint, look at it ({nearest} of 256 bits differ)" in entry, entry


def main():
    tap = Tap()
    for test in (a_folder_of_pictures_is_a_set, near_by_picture_and_by_hash,
                 a_scan_finds_what_was_changed, files_are_counted_once, an_old_scan_is_matched_alike):
        if os.path.isfile(ORIGINAL):
            tap.run(test.__name__.replace("_", " "), in_folder, test)
        else:
            tap.run(test.__name__.replace("_", " "), lambda: "the corpus is not here")
    tap.end()


main()
