#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sources that are no image file: a folder, a block device."""
import hashlib
import json
import os
import random
import struct
import subprocess
import zlib

from support import Tap, findings, in_folder, run, scan


def make_tree(root):
    """Files in folders, with names that are odd, links, a second name, a pipe."""
    made = random.Random(11)
    paths = {}
    for number in range(60):
        folder = os.path.join(root, *(f"d{made.randrange(3)}" for _ in range(made.randrange(4))))
        os.makedirs(folder, exist_ok=True)
        name = os.path.join(os.fsencode(folder), b"f%d" % number + made.choice([b"", b"\xff", b" \n", b"\xe2\x80\xae"]))
        content = made.randbytes(made.choice([0, 1, 511, 4096, 70000, 500000]))
        with open(name, "wb") as out:
            out.write(content)
        paths[name] = content
    os.link(sorted(paths)[5], os.path.join(root, "second"))
    paths[os.path.join(os.fsencode(root), b"second")] = paths[sorted(paths)[5]]
    os.symlink("/etc/passwd", os.path.join(root, "away"))
    os.symlink("..", os.path.join(root, "d0", "up"))
    os.mkfifo(os.path.join(root, "pipe"))
    return paths


def shown(root, name):
    relative = os.path.relpath(name, os.fsencode(root))
    return "/p0/" + "".join(
        chr(c) if c < 0x80 and chr(c) != "\\" else f"\\x{c:02x}"
        for c in relative) if not utf8(relative) else "/p0/" + relative.decode()


def utf8(name):
    try:
        name.decode()
        return True
    except UnicodeDecodeError:
        return False


def folder_source(folder):
    root = os.path.join(folder, "tree")
    os.mkdir(root)
    made = make_tree(root)
    summary, items = scan(root, folder)
    assert summary["source"]["format"] == "folder", summary
    assert summary["accounting"]["allocated"] == summary["accounting"]["total"], summary
    files = {i["path"]: i for i in items if i["name"] not in ("away", "up")}
    assert sorted(files) == sorted(shown(root, name) for name in made), set(files)
    for name, content in made.items():
        item = files[shown(root, name)]
        assert item["state"] == "allocated" and item["read"] == item["size"] == len(content), item
        assert item["sha256"] == hashlib.sha256(content).hexdigest(), item
    links = {i["name"]: i["md5"] for i in items if i["name"] in ("away", "up")}
    assert links == {"away": hashlib.md5(b"/etc/passwd").hexdigest(),
                     "up": hashlib.md5(b"..").hexdigest()}, links
    assert [f["text"] for f in findings(folder)] == ["not examined, as it is no plain file: pipe"]
    assert run("verify", os.path.join(folder, "scan.custos"), root).returncode == 0
    with open(sorted(made)[-1], "ab") as out:
        out.write(b"more")
    assert run("verify", os.path.join(folder, "scan.custos"), root).returncode == 1


def output_inside(folder):
    for out in ("out.custos", "sub/out.custos"):
        os.makedirs(os.path.join(folder, "sub"), exist_ok=True)
        done = run("scan", folder, "-o", os.path.join(folder, out))
        assert done.returncode == 2 and b"lies inside it" in done.stderr, done
    assert sorted(os.listdir(folder)) == ["sub"], os.listdir(folder)


def locked_folder(folder):
    """As somebody who may not read it all: what was not read is told, and the walk is incomplete."""
    if os.getuid() != 0:
        return "only root can become somebody else"
    root = os.path.join(folder, "tree")
    os.makedirs(os.path.join(root, "locked"))
    for name, mode in (("open", 0o644), ("shut", 0o600)):
        with open(os.path.join(root, name), "w") as out:
            out.write(name)
        os.chmod(os.path.join(root, name), mode)
    os.chmod(os.path.join(root, "locked"), 0o700)
    os.chmod(root, 0o755)
    os.chmod(folder, 0o777)
    from support import CUSTOS
    out = os.path.join(folder, "scan.custos")
    try:
        done = subprocess.run([CUSTOS, "scan", root, "-o", out, "--json"], capture_output=True,
                              preexec_fn=lambda: os.setuid(65534), timeout=60)
    except PermissionError:
        return "the build is not open to others"
    assert done.returncode == 0, done.stderr
    texts = " ".join(f["text"] for f in findings(folder))
    assert "could not be read: locked: Permission denied" in texts, texts
    assert "1 of its folders could not be read" in texts, texts
    assert "Permission denied" in texts.replace("locked: Permission denied", ""), texts


def loop_device(folder):
    """The same items from a block device as from its image, by sectors of 512 and of 4096 bytes."""
    image = os.path.join(folder, "stick.img")
    subprocess.run(["mkfs.fat", "-F", "32", "-S", "4096", "-i", "00000001", "--invariant", "-C", image, "294912"],
                   check=True, capture_output=True)
    source = os.path.join(folder, "letter")
    with open(source, "wb") as out:
        out.write(b"a letter\n" * 9000)
    subprocess.run(["mcopy", "-i", image, source, "::LETTER.TXT"], check=True)
    _, expected = scan(image, folder)
    for sector in ("512", "4096"):
        made = subprocess.run(["losetup", "--find", "--show", "--read-only", "--sector-size",
                               sector, image], capture_output=True)
        if made.returncode != 0:
            return "no loop devices here: " + made.stderr.decode().strip()
        device = made.stdout.decode().strip()
        try:
            summary, items = scan(device, folder)
        finally:
            subprocess.run(["losetup", "--detach", device], check=True)
        assert summary["source"]["format"] == "raw", summary
        assert summary["source"]["sector_bytes"] == int(sector), summary
        assert summary["source"]["bytes"] == os.path.getsize(image), summary
        assert items == expected and len(items) > 0, items


def make_disc(folder, *options):
    root = os.path.join(folder, "disc")
    os.makedirs(root, exist_ok=True)
    with open(os.path.join(root, "ON_DISC.TXT"), "wb") as out:
        out.write(b"on the disc\n" * 500)
    image = os.path.join(folder, "disc.iso")
    subprocess.run(["genisoimage", "-quiet", *options, "-o", image, root], check=True,
                   capture_output=True)
    return image


def two_file_systems(folder):
    """A FAT volume whose reserved sectors hold a whole ISO 9660: each is walked, and it is said."""
    disc = make_disc(folder)
    image = os.path.join(folder, "both.img")
    subprocess.run(["mkfs.fat", "-F", "16", "-R", "2048", "-i", "00000001", "--invariant", "-C",
                    image, "16384"], check=True, capture_output=True)
    source = os.path.join(folder, "on_stick")
    with open(source, "wb") as out:
        out.write(b"on the stick\n" * 500)
    subprocess.run(["mcopy", "-i", image, source, "::ON_STICK.TXT"], check=True)
    with open(disc, "rb") as iso, open(image, "r+b") as out:
        iso.seek(32768)
        out.seek(32768)
        rest = iso.read()
        assert 32768 + len(rest) < 2048 * 512, len(rest)
        out.write(rest)
    _, items = scan(image, folder)
    found = {i["path"]: i for i in items}
    assert found["/p0/ON_STICK.TXT"]["filesystem"] == "fat16", found
    on_disc = [i for i in items if i["name"].startswith("ON_DISC")]
    assert len(on_disc) == 1 and on_disc[0]["path"].startswith("/p0-iso9660/"), items
    assert on_disc[0]["md5"] == hashlib.md5(b"on the disc\n" * 500).hexdigest(), on_disc
    told = [f for f in findings(folder) if f["kind"] == "two-file-systems"]
    assert len(told) == 1 and "fat16 and iso9660" in told[0]["text"], told


def hybrid_disc(folder):
    """A disc with an Apple partition map: the file system over all of it is walked, too."""
    disc = make_disc(folder, "-hfs", "-part", "-hfs-volid", "HYBRID")
    _, items = scan(disc, folder)
    shown_source = json.loads(run("show", os.path.join(folder, "scan.custos"), "--source").stdout)
    types = [v["type"] for v in shown_source["volumes"]]
    assert "Apple_HFS" in types, types
    on_disc = [i for i in items if i["name"].startswith("ON_DISC")]
    assert len(on_disc) == 1 and on_disc[0]["path"].startswith("/p0/"), items
    assert on_disc[0]["md5"] == hashlib.md5(b"on the disc\n" * 500).hexdigest(), on_disc
    told = [f["text"] for f in findings(folder) if f["kind"] == "two-file-systems"]
    assert told == ["beside the partition table, iso9660 claims the whole device: it was walked as /p0"], told


# Tables as people make them: the tool's script.
SFDISK = {
    "mbr": "label: dos\nstart=2048,size=4096,type=c\nstart=8192,size=20000,type=83\n"
           "start=30000,type=5\nstart=32000,size=1000,type=7\nstart=34000,size=1000,type=83\n"
           "start=40000,size=500,type=82\n",
    "gpt": "label: gpt\nstart=2048,size=4096,name=one\nstart=10000,size=1,name=tiny\n"
           "start=20000,size=9000,name=three\n",
}


def tables(folder):
    """The partitions are those that sfdisk says it made."""
    for scheme, script in SFDISK.items():
        image = os.path.join(folder, scheme + ".img")
        with open(image, "wb") as out:
            out.truncate(32 << 20)
        subprocess.run(["sfdisk", "--quiet", image], input=script.encode(), check=True,
                       capture_output=True)
        made = json.loads(subprocess.run(["sfdisk", "--json", image], check=True,
                                         capture_output=True).stdout)["partitiontable"]
        expected = {int(p["node"][len(image):]): (p["start"] * 512, p["size"] * 512)
                    for p in made["partitions"] if p["type"] != "5"}
        scan(image, folder)
        read = json.loads(run("show", os.path.join(folder, "scan.custos"), "--source").stdout)
        partitions = {v["number"]: (v["offset"], v["bytes"]) for v in read["volumes"]
                      if v["kind"] == "partition"}
        assert partitions == expected, (partitions, expected)
        assert sum(v["bytes"] for v in read["volumes"]) == 32 << 20, read["volumes"]


def make_gpt(image, count, first, sectors, content):
    """A disk of count partitions, one behind the other, of which the last has a content."""
    end = first + count * sectors + len(content) // 512
    entries = b"".join(
        struct.pack("<16s16sQQQ72s", b"\x01" * 16, struct.pack("<QQ", 7, number), first + number * sectors,
                    end - 1 if number == count - 1 else first + (number + 1) * sectors - 1, 0, b"")
        for number in range(count))
    head = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1, end + 1, first, end - 1, b"\x02" * 16, 2,
                       count, 128, zlib.crc32(entries))
    head = head[:16] + struct.pack("<I", zlib.crc32(head)) + head[20:]
    protective = bytes(446) + struct.pack("<8B2I", 0, 0, 2, 0, 0xEE, 255, 255, 255, 1, end + 1) + bytes(48) + b"\x55\xaa"
    with open(image, "wb") as disk:
        disk.write(protective + head.ljust(512, b"\0") + entries)
        disk.seek((first + (count - 1) * sectors) * 512)
        disk.write(content)
        disk.truncate((end + 2) * 512)


def many_partitions(folder):
    """Items name their volume and its file system on a disk of as many partitions as a table may have, too."""
    stick, image = os.path.join(folder, "fat.img"), os.path.join(folder, "many.img")
    subprocess.run(["mkfs.fat", "-F", "12", "-i", "00000001", "--invariant", "-C", stick, "256"], check=True,
                   capture_output=True)
    subprocess.run(["mcopy", "-i", stick, "-", "::last.txt"], input=b"invented", check=True)
    with open(stick, "rb") as file:
        make_gpt(image, 1024, 300, 2, file.read())
    _, items = scan(image, folder)
    found = [item for item in items if item["name"] == "last.txt"]
    assert [(i["path"], i["volume"], i["filesystem"]) for i in found] == [("/p1024/last.txt", 1024, "fat12")], found


def unread_volumes(folder):
    """What is not read is named, whole disks too; a cut off image of NTFS is no other file."""
    image = os.path.join(folder, "disk.img")
    for offset, mark, named in ((3, b"-FVE-FS-", "encrypted by BitLocker"), (0, b"LUKS\xba\xbe\0\1", "encrypted by LUKS"),
                                (0x10040, b"_BHRfS_M", "a Btrfs file system"), (0, b"XFSB", "an XFS file system"),
                                (512, b"LABELONE", "a part of an LVM2 group"), (0, b"", "no file system that Custos reads")):
        with open(image, "wb") as out:
            out.truncate(1 << 20)
            out.seek(offset)
            out.write(mark)
        summary, items = scan(image, folder)
        assert items == [] and summary["accounting"]["unsupported"] == 1 << 20, (named, summary)
        told = [f["text"] for f in findings(folder) if f["kind"] == "not-examined"]
        assert told == ["not fully examined: " + named], told
    with open(image, "wb") as out:
        out.truncate(24 << 20)
    subprocess.run(["mkntfs", "-q", "-F", image], check=True, capture_output=True)
    os.truncate(image, 100001)
    scan(image, folder)
    told = [f["text"] for f in findings(folder) if f["kind"] == "not-examined"]
    assert told == ["not fully examined: NTFS, too damaged or cut off to be opened"], told


def main():
    tap = Tap()
    tap.run("a folder is a source, each file an item", in_folder, folder_source)
    tap.run("an output inside its source is refused", in_folder, output_inside)
    tap.run("what may not be read is told", in_folder, locked_folder)
    tap.run("two file systems in one volume are both walked", in_folder, two_file_systems)
    tap.run("a hybrid disc is walked whole, too", in_folder, hybrid_disc)
    tap.run("partitions are those that sfdisk made", in_folder, tables)
    tap.run("a disk may have as many partitions as a table", in_folder, many_partitions)
    tap.run("a block device gives what its image gives", in_folder, loop_device)
    tap.run("a volume that is not read is named", in_folder, unread_volumes)
    tap.end()


main()
