#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the accounting says of each byte, where the sizes of files and blocks say what it must be."""
import os
import sqlite3
import subprocess

from support import Tap, in_folder, scan

SIZES = (1000, 1, 2048, 70000, 0)


def write(root):
    os.mkdir(root)
    for number, size in enumerate(SIZES):
        with open(os.path.join(root, f"f{number}"), "wb") as out:
            out.write(os.urandom(size))
    return root


def rows(folder, sql):
    with sqlite3.connect(f"file:{folder}/scan.custos?immutable=1", uri=True) as evidence:
        return evidence.execute(sql).fetchall()


def slack_of(block):
    return sum(-size % block for size in SIZES)


def ext4(folder, root, *options):
    image = os.path.join(folder, "disk.img")
    subprocess.run(["mkfs.ext4", "-q", "-b", "1024", *options, "-d", root, image, "16M"], check=True,
                   capture_output=True)
    return image


def fat(folder, root):
    image = os.path.join(folder, "disk.img")
    subprocess.run(["mkfs.fat", "-F", "16", "-s", "4", "-i", "00000001", "--invariant", "-C", image, "40960"],
                   check=True, capture_output=True)
    for name in os.listdir(root):
        subprocess.run(["mcopy", "-i", image, os.path.join(root, name), "::"], check=True, capture_output=True)
    return image


def slack(folder, make, block, unit):
    """block: what a file is given at least; unit: what its file system counts in."""
    image = make(folder, write(os.path.join(folder, "root")))
    summary, _ = scan(image, folder)
    accounting = summary["accounting"]
    assert (accounting["allocated"], accounting["slack"]) == (sum(SIZES), slack_of(block)), accounting
    assert accounting["metadata"] % 512 == 0 == accounting["unallocated"] % 512, accounting
    assert rows(folder, "SELECT block_bytes FROM volume WHERE filesystem<>''") == [(unit,)]


def sparse(folder):
    """What lies behind a file's last data on the device is not its slack where it ends with a hole."""
    root = write(os.path.join(folder, "root"))
    with open(os.path.join(root, "sparse"), "wb") as out:
        out.write(b"x" * 1024)
        out.truncate(8 << 20)
    summary, _ = scan(ext4(folder, root), folder)
    accounting = summary["accounting"]
    assert (accounting["allocated"], accounting["slack"]) == (sum(SIZES) + 1024, slack_of(1024)), accounting


def main():
    tap = Tap()
    tap.run("slack of ext4 is what the last blocks of files hold behind them", in_folder, slack, ext4, 1024, 1024)
    tap.run("slack of FAT likewise, by clusters", in_folder, slack, fat, 2048, 512)
    tap.run("a sparse file has no slack behind its hole", in_folder, sparse)
    tap.end()


main()
