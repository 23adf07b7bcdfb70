#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Long names of FAT, which libtsk 4.11.1 cuts off from the sixteenth entry on: whole, with their folders."""
import hashlib
import os
import re
import subprocess

from support import CORPUS, Tap, have_corpus, in_folder, scan, unpack

LENGTHS = (13, 194, 195, 196, 207, 208, 209, 221, 247, 254, 255)


def name_of(length, mark):
    """A name whose every thirteen characters differ; mark at its very end."""
    return "".join(chr(97 + (i // 13) % 26) for i in range(length - len(mark))) + mark


def copy(image, content, target):
    subprocess.run(["mcopy", "-i", image, "-", "::" + target], input=content, check=True,
                   capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})


def make(folder, bits, options):
    image = os.path.join(folder, "fat.img")
    subprocess.run(["mkfs.fat", "-F", bits, "-i", "00000001", "--invariant", "-C", image, *options],
                   check=True, capture_output=True)
    return image


def whole_names(folder):
    # Small clusters (mtools adds one at a time), so that a folder has many and names lie across them.
    for bits, options in (("12", ["-r", "512", "2000"]), ("16", ["-s", "2", "16384"]),
                          ("32", ["-s", "2", "80000"])):
        image = make(folder, bits, options)
        expected = set()
        # Two folders that are the same where libtsk stops, and one in one.
        above = name_of(220, "-one"), name_of(220, "-two")
        paths = ["sub", above[0], above[1], above[0] + "/" + name_of(230, "-in")]
        for path in paths:
            subprocess.run(["mmd", "-i", image, "::" + path], check=True, capture_output=True)
        for number, path in enumerate(paths):
            for length in LENGTHS if number == 0 else LENGTHS[-4:]:
                name = name_of(length, f".{number}")
                copy(image, f"{path}/{name}".encode(), path + "/" + name)
                expected.add(f"/p0/{path}/{name}")
                # Something between, so that the folder's clusters lie apart.
                copy(image, b"x" * 1500, f"sub/between{len(expected)}")
        # mtools takes 255 bytes of UTF-8.
        wide = name_of(180, "") + "\u00e4\u20ac" * 12 + "\u0416end"
        copy(image, ("sub/" + wide).encode(), "sub/" + wide)
        expected.add("/p0/sub/" + wide)
        _, items = scan(image, folder)
        found = {i["path"]: i for i in items if "between" not in i["name"] and i["state"] == "allocated"
                 and not i["name"].startswith("$")}
        assert set(found) == expected, sorted(set(found) ^ expected, key=len)[:2]
        for path, item in found.items():
            assert item["md5"] == hashlib.md5(path[4:].encode()).hexdigest(), path
        os.remove(image)


def listed_names(folder):
    """Every name of the two Windows-made volumes, against the listing that came with them."""
    for bits in ("12", "16"):
        image = unpack(f"msuhanov+dfir_ntfs/fat{bits}.raw.gz", folder)
        _, items = scan(image, folder)
        ours = {i["path"][3:] for i in items if i["state"] == "allocated"}
        with open(os.path.join(CORPUS, f"msuhanov+dfir_ntfs/fat{bits}_full_test.txt"),
                  encoding="utf-8") as rows:
            listed = {re.split(r"[\t ](?=\d{4}-\d\d-\d\d\+)", row)[0] for row in rows}
        folders = {path.rsplit("/", 1)[0] for path in listed}
        missing = {path for path in listed - folders if path not in ours
                   and not any(i["path"].startswith("/p0" + path + "/") for i in items)}
        assert not missing, sorted(missing)[:3]


def main():
    tap = Tap()
    tap.run("names up to 255 characters are whole, and their folders'", in_folder, whole_names)
    if have_corpus():
        tap.run("every name of a listing is there", in_folder, listed_names)
    tap.end()


main()
