# SPDX-License-Identifier: Apache-2.0
"""What the tests of the whole program share: TAP, the corpus, scans of it."""
import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

BUILD = os.environ["CUSTOS_BUILD"]
CUSTOS = os.path.join(BUILD, "custos")
CORPUS = os.environ.get("CUSTOS_CORPUS", "")


class Tap:
    """Runs functions as subtests; a function fails by raising."""

    def __init__(self):
        self.count = 0

    def run(self, name, test, *arguments):
        self.count += 1
        try:
            why = test(*arguments)
            print(f"ok {self.count} - {name}" + (f" # SKIP {why}" if why else ""), flush=True)
        except Exception as failure:
            print(f"not ok {self.count} - {name}")
            for line in (repr(failure) + "\n" + str(failure)).splitlines():
                print(f"# {line}", flush=True)

    def end(self):
        print(f"1..{self.count}")


def have_corpus():
    return os.path.isdir(CORPUS)


def unpack(path, folder):
    """The image at a path of the corpus, unpacked into folder where it is packed."""
    source = os.path.join(CORPUS, path)
    name = os.path.basename(path)
    for ending, opener in ((".gz", gzip.open), (".xz", lzma.open)):
        if name.endswith(ending):
            target = os.path.join(folder, name[: -len(ending)])
            with opener(source) as packed, open(target, "wb") as out:
                shutil.copyfileobj(packed, out)
            return target
    return source


def unzip(path, folder):
    with zipfile.ZipFile(os.path.join(CORPUS, path)) as packed:
        packed.extractall(folder)
    return [os.path.join(root, name) for root, _, names in os.walk(folder) for name in names]


def run(*arguments, timeout=300):
    return subprocess.run([CUSTOS, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=timeout)


def scan(source, folder, *options):
    """Scans source; its JSON summary and its items by path."""
    out = os.path.join(folder, "scan.custos")
    for leftover in os.listdir(folder):
        if leftover.startswith("scan.custos"):
            os.remove(os.path.join(folder, leftover))
    done = run("scan", source, "-o", out, "--json", *options)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    summary = json.loads(done.stdout)
    accounting = summary["accounting"]
    total = sum(size for name, size in accounting.items() if name != "total")
    assert total == accounting["total"] == summary["source"]["bytes"], accounting
    shown = run("show", out, "--items", "--jsonl")
    assert shown.returncode == 0, shown.stderr
    items = [json.loads(line) for line in shown.stdout.splitlines()]
    assert len({item["path"] for item in items}) == len(items), "a path names two things"
    return summary, items


def findings(folder):
    shown = run("show", os.path.join(folder, "scan.custos"), "--findings", "--jsonl")
    assert shown.returncode == 0, shown.stderr
    return [json.loads(line) for line in shown.stdout.splitlines()]


def in_folder(test, *arguments):
    """Calls test with a new folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="custos-test-") as folder:
        return test(folder, *arguments)
