#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Folders that are deep, damaged, or made to mislead: what lies in them is found, or it is told."""
import hashlib
import os
import shutil
import subprocess

from support import Tap, findings, in_folder, run, scan


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as out:
        out.write(text)


def make(folder, root, orders="", size="32M"):
    """An ext4 volume of what lies below root, and then what debugfs is ordered to do to it."""
    image = os.path.join(folder, "ext4.img")
    subprocess.run(["mkfs.ext4", "-q", "-b", "1024", "-N", "4096", "-O", "^metadata_csum,^dir_index", "-d", root,
                    image, size], check=True, capture_output=True)
    if orders:
        subprocess.run(["debugfs", "-w", "-f", "-", image], input=orders.encode(), check=True, capture_output=True)
    return image


def make_chain(root, count, name):
    """Folders in folders, a file in each; a path of so many is made from where one is."""
    here = os.open(root, os.O_RDONLY)
    for number in range(count):
        os.mkdir(name, dir_fd=here)
        inside = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inside
        for what in ("after", "file"):
            out = os.open(f"{what}{number}", os.O_CREAT | os.O_WRONLY, dir_fd=here)
            os.write(out, f"{what} {number}\n".encode())
            os.close(out)
    os.close(here)


def examined(folder):
    shown = run("show", os.path.join(folder, "scan.custos"), "--source").stdout.decode()
    return shown.split('"examined":"')[1].split('"')[0]


def deep(folder):
    """libtsk stops at 128 folders, and leaves out what lies beside the one where it stopped."""
    root = os.path.join(folder, "root")
    os.mkdir(root)
    make_chain(root, 300, "d")
    _, items = scan(make(folder, root), folder)
    found = {i["path"] for i in items if i["state"] == "allocated"}
    for number in range(300):
        path = "/p0" + "/d" * (number + 1)
        assert {f"{path}/file{number}", f"{path}/after{number}"} <= found, number
    assert examined(folder) == "complete"


def long_paths(folder):
    """Of more than 4096 bytes, and of more than are kept: each file once, and the cut is told."""
    root = os.path.join(folder, "root")
    os.mkdir(root)
    make_chain(root, 60, "n" * 250)
    _, items = scan(make(folder, root), folder)
    names = sorted(i["name"] for i in items if i["state"] == "allocated")
    assert names == sorted(f"{what}{n}" for what in ("after", "file") for n in range(60)), len(names)
    cut = [f for f in findings(folder) if f["kind"] == "path-too-long"]
    below = [i for i in items if i["path"].startswith(cut[0]["path"] + "/")]
    assert len(cut) == 1 and cut[0]["path"].startswith("/p0/#") and len(below) == 24, (cut, len(below))


def orphans_by_name(folder):
    """Whoever calls a folder as libtsk calls its own has live files in it all the same."""
    root = os.path.join(folder, "root")
    write(os.path.join(root, "$OrphanFiles", "live"), "live\n")
    write(os.path.join(root, "$OrphanFiles-2", "sub", "live"), "live, too\n")
    _, items = scan(make(folder, root), folder)
    assert [(i["name"], i["state"], i["path_certain"], i["recovery"]) for i in items] == [
        ("live", "allocated", True, "allocated")] * 2, items


def two_names(folder):
    """Forty folders, each twice in the one before: every one is walked once, not 2^40 times."""
    root = os.path.join(folder, "root")
    for number in range(41):
        write(os.path.join(root, f"t{number}", "file"), f"{number}\n")
    orders = "".join(f"ln /t{n + 1} /t{n}/{name}\n" for n in range(40) for name in "ab")
    _, items = scan(make(folder, root, orders), folder)
    assert sorted(i["md5"] for i in items) == sorted({i["md5"] for i in items}) and len(items) == 41, len(items)
    told = [f["path"] for f in findings(folder) if f["kind"] == "folder-of-two-names"]
    assert len(told) == 80 and "/p0/t0/a" in told, told


def make_damaged(folder):
    root = os.path.join(folder, "root")
    for number in range(400):
        write(os.path.join(root, "folder", f"a rather long name {number}"), f"{number}\n")
    write(os.path.join(root, "z", "beside"), "beside\n")
    return root


def damaged(folder):
    """A folder that says that it is longer than it is: what is left of it is found, and it is told."""
    image = make(folder, make_damaged(folder), "set_inode_field folder size 999999999\n")
    _, items = scan(image, folder)
    names = {i["name"] for i in items}
    assert "beside" in names and len(names) == 401, len(names)
    told = [f for f in findings(folder) if f["kind"] == "not-examined"]
    assert len(told) == 1 and told[0]["path"] == "/p0/folder", told
    assert told[0]["text"].startswith("not fully examined: the folder is damaged"), told
    assert "\\x0a" not in told[0]["text"], told
    assert examined(folder).startswith("incomplete"), examined(folder)


def nameless_ext4(folder):
    """A folder whose blocks are gone, and one in it: what their records hold is found without names."""
    root = make_damaged(folder)
    write(os.path.join(root, "folder", "in it", "named"), "named\n")
    image = make(folder, root)
    blocks = subprocess.run(["debugfs", "-R", "blocks /folder", image], check=True, capture_output=True).stdout
    with open(image, "r+b") as disk:
        for block in blocks.split():
            disk.seek(int(block) * 1024)
            disk.write(b"\xff" * 1024)
    summary, items = scan(image, folder)
    found = {i["md5"]: i for i in items}
    for number in range(400):
        item = found[hashlib.md5(f"{number}\n".encode()).hexdigest()]
        assert (item["state"], item["recovery"], item["path_certain"]) == ("orphan", "allocated", False), item
        assert item["path"].startswith("/p0/$OrphanFiles/OrphanFile-"), item
    named = found[hashlib.md5(b"named\n").hexdigest()]
    assert named["path"].endswith("/named") and named["state"] == "orphan", named
    assert found[hashlib.md5(b"beside\n").hexdigest()]["state"] == "allocated"
    assert len(items) == 402, len(items)
    told = [f["text"] for f in findings(folder) if f["kind"] == "nameless"]
    assert told == ["no name leads to 401 live records: what they hold is told in $OrphanFiles"], told
    assert not any(f["kind"] == "overwritten" for f in findings(folder))
    assert summary["accounting"]["allocated"] == sum(i["size"] for i in items), summary["accounting"]


def nameless_ntfs(folder):
    """The index of a folder is broken: its files are found by their records, with the names those have."""
    image = os.path.join(folder, "ntfs.img")
    with open(image, "wb") as out:
        out.truncate(24 << 20)
    subprocess.run(["mkntfs", "-q", "-F", image], check=True, capture_output=True)
    source = os.path.join(folder, "file")
    for number in range(60):
        with open(source, "w", encoding="ascii") as out:
            out.write(f"file {number}\n" * 300)
        subprocess.run(["ntfscp", "-q", image, source, f"a rather long name for a file {number}"], check=True,
                       capture_output=True)
    _, before = scan(image, folder)
    with open(image, "r+b") as disk:
        content = disk.read()
        at = content.find("a rather long name".encode("utf-16-le"))
        while at >= 0:
            start = at // 4096 * 4096
            if content[start:start + 4] == b"INDX":
                disk.seek(start + 40)
                disk.write(b"\xff" * 4000)
            at = content.find("a rather long name".encode("utf-16-le"), start + 4096)
    _, after = scan(image, folder)
    live = {i["md5"]: i for i in after if i["name"].startswith("a rather")}
    assert len(live) == 60, len(live)
    assert any(i["state"] == "orphan" for i in live.values())
    for item in before:
        if item["name"].startswith("a rather"):
            assert live[item["md5"]]["name"] == item["name"], item


def packed(folder):
    """Windows packs a file by leaving a hole in its place and a stream beside it: told, never silent."""
    image = os.path.join(folder, "ntfs.img")
    with open(image, "wb") as out:
        out.truncate(24 << 20)
    subprocess.run(["mkntfs", "-q", "-F", image], check=True, capture_output=True)
    source = os.path.join(folder, "file")
    with open(source, "wb") as out:
        out.truncate(5000)
    for name, stream in (("packed.jpg", ["-N", "WofCompressedData"]), ("packed.jpg", []), ("plain.jpg", []),
                         ("plain.jpg", ["-N", "other"])):
        subprocess.run(["ntfscp", "-q", *stream, image, source, name], check=True, capture_output=True)
    _, items = scan(image, folder)
    assert [f["path"] for f in findings(folder) if f["kind"] == "packed"] == ["/p0/packed.jpg"], findings(folder)
    assert {"/p0/packed.jpg", "/p0/packed.jpg:WofCompressedData"} <= {i["path"] for i in items}
    assert examined(folder) == "complete"


def called_a_file(folder):
    """A name may say that it is of a file and lead to a folder, as every system will have it."""
    root = os.path.join(folder, "root")
    write(os.path.join(root, "hidden folder", "inside"), "inside\n")
    image = make(folder, root)
    with open(image, "r+b") as disk:
        bytes_ = disk.read()
        at = bytes_.index(b"\x0d\x02hidden folder")
        disk.seek(at + 1)
        disk.write(b"\x01")
    _, items = scan(image, folder)
    assert "/p0/hidden folder/inside" in {i["path"] for i in items}, items
    shutil.rmtree(root)


def main():
    tap = Tap()
    tap.run("300 folders deep, each file is found, and what lies beside", in_folder, deep)
    tap.run("paths of more than 4096 bytes are walked; one that cannot be kept is told", in_folder, long_paths)
    tap.run("a folder called $OrphanFiles holds live files", in_folder, orphans_by_name)
    tap.run("a folder of many names is walked once, and each is told", in_folder, two_names)
    tap.run("a damaged folder is read as far as it goes, and told", in_folder, damaged)
    tap.run("live files without names are found by their records on ext4", in_folder, nameless_ext4)
    tap.run("live files without names are found by their records on NTFS", in_folder, nameless_ntfs)
    tap.run("a file that Windows packed is told", in_folder, packed)
    tap.run("a folder whose name calls it a file is walked", in_folder, called_a_file)
    tap.end()


main()
