#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Limits of the machine: a full disk, Ctrl-C, children that are killed. Nothing is lost silently."""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time

from support import CUSTOS, Tap, findings, in_folder, run, scan


FILES = 300


def make_disk(folder, megabytes=160):
    """A FAT32 volume with files of every size, some of them deleted."""
    image = os.path.join(folder, "disk.img")
    subprocess.run(["mkfs.fat", "-F", "32", "-i", "00000001", "--invariant", "-C", image,
                    str(megabytes * 1024)], check=True, capture_output=True)
    made = random.Random(23)
    root = os.path.join(folder, "files")
    os.mkdir(root)
    for number in range(FILES):
        with open(os.path.join(root, f"f{number}.bin"), "wb") as out:
            out.write(made.randbytes(made.choice([0, 1, 700, 5000, 60000, 300000])))
    names = [f"f{number}.bin" for number in range(FILES)]
    subprocess.run(["mcopy", "-i", image, *(os.path.join(root, n) for n in names), "::"], check=True)
    subprocess.run(["mdel", "-i", image, *("::" + name for name in names[::9])], check=True)
    shutil.rmtree(root)
    return image


def read(path):
    with open(path, "rb") as source:
        return source.read()


def full_disk(folder):
    image = make_disk(folder, 64)
    scan(image, folder)
    whole = read(os.path.join(folder, "scan.custos"))
    small = os.path.join(folder, "small")
    os.mkdir(small)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True)
    if mounted.returncode != 0:
        return "nothing can be mounted here: " + mounted.stderr.decode().strip()
    try:
        out = os.path.join(small, "out.custos")
        for size in ("64k", "96k", "128k", "192k", "320k"):
            subprocess.run(["mount", "-o", f"remount,size={size}", small], check=True)
            done = run("scan", image, "-o", out, "--quiet", *(["--resume"] if os.path.exists(out + ".partial") else []))
            if done.returncode == 0:
                break
            assert done.returncode == 1, done
            assert b"No space left on device" in done.stderr or b"full" in done.stderr, done.stderr
            assert done.stderr.count(b"\n") == 1, done.stderr
            assert b"--resume goes on" in done.stderr, done.stderr
            assert not os.path.exists(out), "an output that was not finished"
        assert size != "64k", "that is no full disk"
        subprocess.run(["mount", "-o", "remount,size=200m", small], check=True)
        if not os.path.exists(out):
            resumed = ["--resume"] if os.path.exists(out + ".partial") else []
            done = run("scan", image, "-o", out, "--quiet", *resumed)
            assert done.returncode == 0, done.stderr
        assert read(out) == whole, "a resumed scan is another"
        assert os.listdir(small) == ["out.custos"], os.listdir(small)
    finally:
        subprocess.run(["umount", small], check=True)


def interrupted(folder):
    """Ctrl-C keeps what was done, and the scan goes on to the same bytes."""
    image = make_disk(folder)
    scan(image, folder)
    whole = read(os.path.join(folder, "scan.custos"))
    out = os.path.join(folder, "stopped.custos")
    moments = random.Random(5)
    stopped = 0
    for _ in range(14):
        for leftover in (out, out + ".partial"):
            if os.path.exists(leftover):
                os.remove(leftover)
        child = subprocess.Popen([CUSTOS, "scan", image, "-o", out, "--quiet"], stderr=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL)
        time.sleep(0.02 + moments.random() * 0.5)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
        assert child.returncode in (0, 1, -signal.SIGINT), (child.returncode, said)
        if child.returncode == 0:
            continue
        assert not os.path.exists(out)
        if child.returncode == 1:
            assert said.count(b"\n") == 1 and b"stopped" in said, said
        if not os.path.exists(out + ".partial"):
            continue
        stopped += 1
        done = run("scan", image, "-o", out, "--resume", "--quiet")
        assert done.returncode == 0, done.stderr
        assert read(out) == whole, "a resumed scan is another"
    assert stopped >= 3, stopped


def exhibit_of_a_resumed_scan(folder):
    """The exhibit that a scan began with is the evidence's, whether --resume repeats it or not."""
    image = make_disk(folder, 64)
    out = os.path.join(folder, "out.custos")

    def stop():
        for leftover in (out, out + ".partial"):
            if os.path.exists(leftover):
                os.remove(leftover)
        child = subprocess.Popen([CUSTOS, "scan", image, "-o", out, "--quiet", "--exhibit", "ABC/1"],
                                 stderr=subprocess.DEVNULL)
        while not os.path.exists(out + ".partial-wal") and child.poll() is None:
            time.sleep(0.001)
        time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        child.wait(timeout=60)
        return os.path.exists(out + ".partial")

    def exhibit():
        return json.loads(run("show", out, "--source", "--jsonl").stdout)["source"]["exhibit"]

    assert any(stop() for _ in range(20)), "no scan could be stopped"
    done = run("scan", image, "-o", out, "--resume", "--quiet", "--exhibit", "ABC/2")
    assert done.returncode == 2 and b'began with exhibit "ABC/1"' in done.stderr, done
    done = run("scan", image, "-o", out, "--resume", "--quiet")
    assert done.returncode == 0 and exhibit() == "ABC/1", (done, exhibit())


def descendants(pid):
    """The forks of the helper: children of children of pid."""
    found = []
    for child in children(pid):
        found += children(child)
    return found


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listed:
            return [int(word) for word in listed.read().split()]
    except OSError:
        return []


def killed_children(folder):
    """Forks of the helper die at random: the scan ends, and whatever it did not read it tells."""
    image = make_disk(folder)
    _, expected = scan(image, folder)
    known = {i["path"]: i for i in expected}
    moments = random.Random(8)
    kills = whole = 0
    for round_number in range(8):
        out = os.path.join(folder, "scan.custos")
        if os.path.exists(out):
            os.remove(out)
        child = subprocess.Popen([CUSTOS, "scan", image, "-o", out, "--json"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        while child.poll() is None:
            time.sleep(moments.random() * (0.02 + 0.1 * round_number))
            forks = descendants(child.pid)
            if forks:
                try:
                    os.kill(moments.choice(forks), signal.SIGKILL)
                    kills += 1
                except ProcessLookupError:
                    pass
        said, error = child.communicate()
        assert child.returncode == 0, (child.returncode, error)
        summary = json.loads(said)
        assert sum(n for k, n in summary["accounting"].items() if k != "total") == summary["source"]["bytes"]
        items = [json.loads(line) for line in run("show", out, "--items", "--jsonl").stdout.splitlines()]
        told = findings(folder)
        lost = {f["path"] for f in told}
        for item in items:
            if item["read"] == item["size"] and item["md5"] is not None:
                assert known[item["path"]]["md5"] == item["md5"], item
            elif known[item["path"]]["md5"] is not None:
                assert item["path"] in lost, item
        if len(items) < len(expected):
            assert any("killed by signal 9" in f["text"] or "died" in f["text"] for f in told), told
        whole += len(items) == len(expected)
        assert run("verify", out).returncode == 0
    assert kills >= 8, kills
    assert whole >= 1, whole


def little_memory(folder):
    """A limit that somebody set for Custos stays, and costs nothing while it is enough; else memory is what is told."""
    image = make_disk(folder, 64)
    scan(image, folder)
    out = os.path.join(folder, "out.custos")
    record = os.path.join(folder, "set.txt")
    with open(record, "w", encoding="ascii") as file:
        file.write("0123456789abcdef0123456789abcdef\n")

    def limited(megabytes, *words):
        most = megabytes << 20
        return subprocess.run([CUSTOS, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=300,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)))

    # Less than what a walk's child is given.
    done = limited(2000, "scan", image, "-o", out, "--quiet", "--workers", "2")
    assert done.returncode == 0, done
    assert read(out) == read(os.path.join(folder, "scan.custos"))
    os.remove(out)
    done = limited(100, "scan", image, "-o", out, "--quiet", "--workers", "2")
    assert done.returncode == 1 and done.stderr.count(b"\n") == 1, done
    assert f'custos: could not scan "{image}": could not map '.encode() in done.stderr, done
    assert b"Cannot allocate memory" in done.stderr and not os.path.exists(out), done
    done = limited(40, "hashset", "import", "--as", "md5", "--alert", record, "-o", out)
    assert done.returncode == 1 and f'custos: could not make "{out}": out of memory\n'.encode() == done.stderr, done


def main():
    tap = Tap()
    tap.run("a full disk is told, and the scan goes on where there is room", in_folder, full_disk)
    tap.run("a scan stopped by Ctrl-C goes on to the same bytes", in_folder, interrupted)
    tap.run("a resumed scan is of the exhibit that it began with", in_folder, exhibit_of_a_resumed_scan)
    tap.run("a limit on memory stays, and what it was too small for is told", in_folder, little_memory)
    tap.run("children killed at random cost only what they were reading, and it is told", in_folder, killed_children)
    tap.end()


main()
