#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real images that nobody here made: their documented facts, and a second opinion on each."""
import json
import os
import shutil

from support import CORPUS, Tap, have_corpus, in_folder, findings, run, scan, unpack, unzip

DFTT = "sleuthkit+sleuthkit_test_data/from_brian/"

# Where our listing and The Sleuth Kit's own differ, and why ours is as it is.
EXPLAINED = {
    # TSK's tool lists these names with the size of the record, ours with what its stream holds.
}


def by_path(items):
    return {item["path"]: item for item in items}


def dftt_8(folder):
    image = [p for p in unzip(DFTT + "8-jpeg-search.zip", folder) if p.endswith(".dd")][0]
    _, items = scan(image, folder)
    found = by_path(items)
    for path, md5, state in (
            ("/p0/alloc/file1.jpg", "75b8d00568815a36c3809b46fc84ba6d", "allocated"),
            ("/p0/alloc/file2.dat", "de5d83153339931371719f4e5c924eba", "allocated"),
            ("/p0/del1/file6.jpg", "afd55222024a4e22f7f5a3a665320763", "deleted"),
            ("/p0/del2/file7.hmm", "0c452c5800fcfa7c66027ae89c4f068a", "deleted"),
            ("/p0/misc/file13.dll:here", "9b787e63e3b64562730c5aecaab1e1f8", "allocated")):
        item = found[path]
        assert (item["md5"], item["state"]) == (md5, state), item
        assert item["type"] == "image/jpeg", item
        assert item["path_certain"] == (state == "allocated"), item
    for decoy in ("file3.jpg", "file4.jpg", "file5.rtf"):
        assert found["/p0/invalid/" + decoy]["type"] != "image/jpeg", decoy


def dftt_1(folder):
    image = [p for p in unzip(DFTT + "1-extend-part.zip", folder) if p.endswith(".dd")][0]
    _, items = scan(image, folder)
    starts = []
    shown = run("show", os.path.join(folder, "scan.custos"), "--source")

    for volume in json.loads(shown.stdout)["volumes"]:
        if volume["kind"] == "partition":
            starts.append(volume["offset"] // 512)
    assert starts == [63, 52416, 104832, 157311, 209727, 262143], starts
    names = sorted(i["name"] for i in items if i["name"].endswith(".txt"))
    assert names == ["primary-1.txt", "primary-2.txt", "primary-3.txt", "second-1.txt",
                     "second-2.txt", "second-3.txt"], names


def dftt_6(folder):
    image = [p for p in unzip(DFTT + "6-undel-fat.zip", folder) if p.endswith(".dd")][0]
    _, items = scan(image, folder)
    deleted = [i for i in items if i["state"] != "allocated"]
    assert len(deleted) >= 6, deleted
    for item in deleted:
        assert item["recovery"] != "proved-by-digest" and not item["path_certain"], item


def exfat(folder):
    image = unpack("msuhanov+dfir_ntfs/exfat_win.raw.gz", folder)
    _, items = scan(image, folder)
    deleted = sorted(i["name"] for i in items if i["state"] == "deleted")
    assert deleted == ["1.bin", "333.bin", "555.bin", "Текстовый документ.txt"], deleted
    live = [i for i in items if i["state"] == "allocated" and i["name"].endswith(".bin")]
    for item in live:
        if item["path"].count("/") == 2 and item["name"].split(".")[0].isdigit():
            assert item["read"] == item["size"], item
    assert len(live) >= 397, len(live)


def loop(folder):
    image = unpack("msuhanov+dfir_ntfs/fat32_loop.raw.gz", folder)
    _, items = scan(image, folder)
    assert 0 < len(items) < 100, len(items)


def moved(folder):
    image = unpack("msuhanov+dfir_ntfs/fat16_moved.raw.gz", folder)
    _, items = scan(image, folder)
    found = by_path(items)
    assert "/p0/test/2/11/1.txt" in found
    wrong = found.get("/p0/test/1/_1/1.txt")
    assert wrong is None or not wrong["path_certain"], wrong


DFVFS = "log2timeline+dfvfs/"

# What each container of one ext2 volume is, and the file that opens it.
EXT2 = (("ewf", "ext2.E01"), ("ewf", "ext2.split.E01"), ("split-raw", "ext2.splitraw.000"),
        ("qcow2", "ext2.qcow2"), ("vhd", "ext2.vhd"), ("vmdk", "ext2.vmdk"), ("raw", "ext2.raw"))


def same_items(folder, sources, but=()):
    """Every container of one volume gives the same items, in every field but those named."""
    kept = None
    for kind, source in sources:
        summary, items = scan(source, folder)
        assert summary["source"]["format"] == kind, (source, summary["source"])
        assert not [f for f in findings(folder) if f["kind"] in ("container", "unreadable")], source
        for item in items:
            for field in but:
                del item[field]
        assert kept is None or items == kept, source
        kept = items
    return kept


def seven_containers(folder):
    for name in ("ext2.split.E01.gz", "ext2.split.E02.gz", "ext2.splitraw.000.gz",
                 "ext2.splitraw.001.gz", "ext2.vhd.gz", "hist/ext2.raw.gz"):
        unpack(DFVFS + name, folder)
    found = by_path(same_items(folder, [
        (kind, os.path.join(folder, name) if os.path.exists(os.path.join(folder, name))
         else os.path.join(CORPUS, DFVFS, name)) for kind, name in EXT2]))
    for path, md5 in (("/p0/a_directory/a_file", "85bebf486af24792085f769afa46717d"),
                      ("/p0/a_directory/another_file", "d54ff73404ed6041a3bd66850b061bff"),
                      ("/p0/passwords.txt", "39cb097008d17660abd0539891a672af")):
        assert found[path]["md5"] == md5, found[path]


def five_containers(folder):
    """These were mounted between one copy and the next, which changed times of access only."""
    data = os.path.join(CORPUS, "sleuthkit+sleuthkit/test/data/")
    vhd = unpack("sleuthkit+sleuthkit/test/data/image.vhd.gz", folder)
    same_items(folder, [("raw", data + "image.dd"), ("ewf", data + "image.E01"),
                        ("qcow", data + "image.qcow"), ("vhd", vhd),
                        ("vmdk", data + "image.vmdk")], but=("accessed_us",))


# The folders of made containers: how many bytes the media has, or why it is not there.
MADE = {
    "vhd-forensic/fixed.vhd.gz": 1079296,
    "vhd-forensic/minimal.vhd": 1079296,
    "vhd-forensic/original-size-mismatch.vhd": 2123776,
    "vmdk-forensic/compressed_stream_opt.vmdk": 65536,
    "vmdk-forensic/minimal.vmdk": 1 << 20,
    "vmdk-forensic/stream_opt.vmdk": 1 << 20,
    "vmdk-forensic/tw_sparse.vmdk": 4 << 20,
    "vmdk-forensic/tw_sparse-s001.vmdk": 4 << 20,
    "vmdk-forensic/flat.vmdk": "none of the 1 files that its descriptor names",
    "vmdk-forensic/mono_flat.vmdk": "none of the 1 files that its descriptor names",
    "vmdk-forensic/ms3-win.vmdk": "none of the 16 files that its descriptor names",
    "vmdk-forensic/tw_sparse_data.vmdk": "none of the 1 files that its descriptor names",
}


def made_containers(folder):
    for name, expected in MADE.items():
        source = unpack("SecurityRonin+" + name, folder)
        if isinstance(expected, int):
            summary, _ = scan(source, folder)
            assert summary["source"]["bytes"] == expected, (name, summary["source"])
            assert summary["source"]["format"] == name.split("-")[0], (name, summary["source"])
        else:
            done = run("scan", source, "-o", os.path.join(folder, "out"))
            assert done.returncode == 1 and expected.encode() in done.stderr, (name, done)


def flat_extents(folder):
    """A descriptor beside the extent that it names."""
    shutil.copy(os.path.join(CORPUS, "SecurityRonin+vmdk-forensic/flat.vmdk"), folder)
    unpack("SecurityRonin+vmdk-forensic/flat-f001.vmdk.gz", folder)
    summary, _ = scan(os.path.join(folder, "flat.vmdk"), folder)
    assert (summary["source"]["format"], summary["source"]["bytes"]) == ("vmdk", 1 << 20), summary


def aff4(folder):
    """The same disk read whole, and with 2 MiB that its own acquisition could not read."""
    kept = None
    for name, unreadable in (("Base-Linear", 0), ("Base-Linear-ReadError", 2 << 20)):
        summary, items = scan(os.path.join(CORPUS, f"aff4+ReferenceImages/AFF4Std/{name}.aff4"), folder)
        assert summary["source"]["format"] == "aff4", summary
        assert summary["accounting"]["unreadable"] == unreadable, summary["accounting"]
        told = [f for f in findings(folder) if f["kind"] == "unreadable"]
        assert (len(told) > 0) == (unreadable > 0), told
        names = {item["path"] for item in items}
        assert kept is None or kept == names, kept ^ names
        kept = names
        whole = [i for i in items if i["state"] == "allocated" and i["size"] and not i["md5"]]
        assert (len(whole) > 0) == (unreadable > 0), whole


# Tables of the kinds that blkid knows: what we call each, its partitions, and what is told of it.
TABLES = {
    "gpt": ("gpt", "lowprobe-pt-gpt", None),
    "dos+bsd": ("mbr", "lowprobe-pt-dos+bsd", None),
    "bsd": ("none", None, "a BSD disk label is there, which is not read"),
    "sun": ("none", None, "a Sun disk label is there, which is not read"),
    "sgi": ("none", None, "an SGI volume header is there, which is not read"),
    "atari-primary": ("none", None, None),
    "dasd-cdl": ("none", None, None),
}


def tables(folder):
    tests = os.path.join(CORPUS, "util-linux+util-linux/tests")
    for name, (scheme, listed, told) in TABLES.items():
        image = unpack(f"util-linux+util-linux/tests/ts/blkid/images-pt/{name}.img.xz", folder)
        scan(image, folder)
        shown = json.loads(run("show", os.path.join(folder, "scan.custos"), "--source").stdout)
        partitions = {v["number"]: (v["offset"] // 512, v["bytes"] // 512)
                      for v in shown["volumes"] if v["kind"] == "partition"}
        expected = {0: (0, os.path.getsize(image) // 512)}
        if listed is not None:
            expected = {}
            with open(os.path.join(tests, "expected/blkid", listed), encoding="utf-8") as lines:
                for line in lines:
                    # The last column of a BSD slice inside a partition says so: it is not read.
                    if line.startswith("#") and "bsd" not in line:
                        number, first, count = line[1:].replace(":", "").split()[:3]
                        expected[int(number)] = (int(first), int(count))
        assert partitions == expected, (name, partitions, expected)
        texts = [f["text"] for f in findings(folder) if f["kind"] == "partition-table"]
        assert texts == ([told] if told else []) or name == "gpt", (name, texts)


def listing(name):
    """The second opinion: {offset of the partition: {(path, bytes, md5)}} of live files."""
    volumes, current = {}, None
    with open(os.path.join(CORPUS, "oracle-tsk-4.11.1", name + ".txt"), encoding="utf-8",
              errors="surrogateescape") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("## offset"):
                current = volumes.setdefault(int(line.split()[2]), set())
            elif line.startswith("ALL\t"):
                _, inode, size, md5, path = line.split("\t", 4)
                current.add((int(size), md5, path.rsplit("/", 1)[-1].rsplit(":", 1)[0]))
    return volumes


def agrees(folder, name, image):
    if image.endswith(("ext2.split.E01.gz", "ext2.splitraw.000.gz")):
        for second in (image.replace(".E01", ".E02"), image.replace(".000", ".001")):
            unpack(second, folder)
    _, items = scan(unpack(image, folder), folder)
    ours = {}
    for item in items:
        if item["state"] == "allocated":
            ours.setdefault((item["size"], item["md5"]), []).append(item["path"])
    missing = []
    for offset, files in listing(name).items():
        for size, md5, path in files:
            if (size, md5) not in ours and (name, path) not in EXPLAINED:
                missing.append((size, md5, path))
    assert not missing, missing[:10]


def images():
    """Each listing of the second opinion whose image we can name, by its path in the corpus."""
    for listed in sorted(os.listdir(os.path.join(CORPUS, "oracle-tsk-4.11.1"))):
        if listed == "SUMMARY.tsv":
            continue
        name = listed[: -len(".txt")]
        yield name, name.replace("__", "/")


def main():
    tap = Tap()
    if not have_corpus():
        print("ok 1 - corpus # SKIP corpus not here\n1..1")
        return
    tap.run("DFTT 8 yields its live, deleted and hidden pictures", in_folder, dftt_8)
    tap.run("DFTT 1 shows its six partitions", in_folder, dftt_1)
    tap.run("DFTT 6 claims no deleted file as proved", in_folder, dftt_6)
    tap.run("exfat_win lists its four deleted files", in_folder, exfat)
    tap.run("fat32_loop ends", in_folder, loop)
    tap.run("fat16_moved is never certain of the wrong folder", in_folder, moved)
    tap.run("seven containers of one volume give the same items", in_folder, seven_containers)
    tap.run("five containers of another do, too", in_folder, five_containers)
    tap.run("made containers are read, or refused in words", in_folder, made_containers)
    tap.run("a descriptor opens the extent beside it", in_folder, flat_extents)
    tap.run("AFF4 is read, and what its acquisition could not read is told", in_folder, aff4)
    tap.run("tables are read as blkid reads them, or named", in_folder, tables)
    for name, image in images():
        tap.run("agrees with the second opinion on " + image, in_folder, agrees, name, image)
    tap.end()


main()
