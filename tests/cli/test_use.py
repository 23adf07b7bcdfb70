#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands, exit codes, a scan that is killed and goes on, an evidence file that was touched."""
import csv
import fcntl
import hashlib
import io
import json
import math
import os
import random
import resource
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import termios
import time

from support import CUSTOS, Tap, findings, in_folder, run, scan


def wrong_use(_folder):
    for arguments in ([], ["nonsense"], ["scan"], ["scan", "x"], ["scan", "x", "-o", "y", "--bad"],
                      ["show"], ["match", "x"], ["verify"], ["hashset"], ["hashset", "import"],
                      ["scan", "x", "-o", "y", "--workers", "0"], ["scan", "x", "-o", ""],
                      ["scan", "x", "-o", "y", "--exhibit", ""], ["show", "x", "--jsonl"],
                      ["hashset", "import", "--as", "md5", "--alert", "x", "-o", ""],
                      ["hashset", "import", "--as", "md5", "--alert", "--columns", "md5", "x", "-o", "y"],
                      ["hashset", "union", "x", "y", "-o", ""]):
        done = run(*arguments)
        assert done.returncode == 2, (arguments, done)
        assert b"usage: custos" in done.stderr, (arguments, done.stderr)


def child_by_hand(_folder):
    """A program that custos alone starts says so to a person, and nothing to a broker, also one that has gone."""
    for name in ("custos-device", "custos-picture", "custos-jpeg", "custos-intake"):
        program = os.path.join(os.path.dirname(CUSTOS), name)
        done = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        assert done.returncode == 1 and done.stdout == b"", (name, done)
        assert done.stderr == name.encode() + b": custos alone starts this program: see custos(1)\n", (name, done)
        for stays in (True, False):
            broker, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            child = subprocess.Popen([program], preexec_fn=lambda end=control.fileno(): os.dup2(end, 3), pass_fds=[3],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            control.close()
            if stays:
                assert broker.recv(1 << 16), name
            broker.close()
            out, err = child.communicate(timeout=60)
            assert (out, err) == (b"", b""), (name, stays, out, err)


def could_not(folder):
    done = run("scan", os.path.join(folder, "nothing"), "-o", os.path.join(folder, "out"))
    assert done.returncode == 1 and done.stderr.count(b"\n") == 1, done
    assert b"No such file" in done.stderr, done.stderr
    text = os.path.join(folder, "letter.txt")
    with open(text, "w") as out:
        out.write("this is no image\n" * 100)
    done = run("scan", text, "-o", os.path.join(folder, "out"))
    assert done.returncode == 1, done
    assert b"no image" in done.stderr, done.stderr
    assert sorted(os.listdir(folder)) == ["letter.txt"], os.listdir(folder)


def errors_name_the_file(folder):
    """Whatever is given for an evidence file, one line says which it is, and why it is none."""
    sets = os.path.join(folder, "known.chs")
    digests = os.path.join(folder, "digests")
    with open(digests, "w") as out:
        out.write("900150983cd24fb0d6963f7d28e17f72\n")
    assert run("hashset", "import", "--as", "md5", "--alert", digests, "-o", sets).returncode == 0
    deep = os.path.join(folder, *["d" * 200] * 3)
    for given, why in ((folder, b"it is no file"), ("/dev/null", b"it is no file"), (digests, b"evidence file"),
                       (os.path.join(folder, "nothing"), b"No such file"), (deep, b"No such file")):
        for arguments in (["show", given], ["verify", given], ["match", given, "--set", sets]):
            done = run(*arguments)
            said = done.stderr
            assert done.returncode == 1 and said.count(b"\n") == 1 and not done.stdout, (arguments, done)
            assert why in said and given.encode()[:40] in said, (arguments, said)
            assert said.count(b"verify") <= 1, said


def errors_name_it_once(folder):
    """An error says of what it is and what was tried, and says neither again."""
    sets, digests, empty, loop = (os.path.join(folder, name) for name in ("known.chs", "digests", "empty", "loop"))
    with open(digests, "w", encoding="ascii") as out:
        out.write("900150983cd24fb0d6963f7d28e17f72\n" * 30)
    open(empty, "w", encoding="ascii").close()
    os.symlink("loop", loop)
    assert run("hashset", "import", "--as", "md5", "--alert", digests, "-o", sets).returncode == 0
    evidence = os.path.join(folder, "ok.custos")
    assert run("scan", make_stick(folder), "-o", evidence, "--quiet").returncode == 0
    broken = os.path.join(folder, "broken.custos")
    with open(broken, "wb") as out:
        out.write(read(evidence).replace(b"CREATE TABLE item", b"CREETE TABLE item"))
    out = os.path.join(folder, "out")
    told = 0
    for given in (os.path.join(folder, "nothing"), "/dev/null", digests, empty, loop, folder, broken, "/dev/null/x"):
        for call in (["scan", given, "-o", out], ["scan", empty, given, "-o", out], ["show", given], ["verify", given],
                     ["scan", digests, "-o", out, "--set", given], ["show", given, "--items"],
                     ["verify", evidence, given], ["match", evidence, "--set", given], ["hashset", "info", given],
                     ["hashset", "verify", given], ["hashset", "union", sets, given, "-o", out],
                     ["hashset", "diff", given, sets], ["hashset", "import", "--as", "vics", "--alert", given, "-o", out],
                     ["ledger", "head", "--db", "sqlite:" + given]):
            done = run(*call)
            if given != folder or call[0] != "scan":  # a folder is a source
                assert done.returncode in (1, 2), (call, done)
            if done.returncode != 1:
                continue
            said = done.stderr.decode()
            assert said.count("\n") == 1 and said.count("could not open") <= 1, said
            named = said.count(f'{given}"') + said.count(f'"{os.path.basename(given)}"')
            assert named <= 1, said
            told += named
    assert told > 80, told


def left_by_another_program(folder, pragma):
    """What a program leaves that dies over its database, by the ending of each file's name."""
    path = os.path.join(folder, "dies.db")
    dies = ("import os, sqlite3, sys\nstore = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "store.execute('PRAGMA locking_mode = EXCLUSIVE')\nstore.execute(sys.argv[2])\n"
            "store.execute('CREATE TABLE other (x)')\nstore.execute('INSERT INTO other VALUES (zeroblob(100000))')\n"
            "store.execute('BEGIN')\nstore.execute('UPDATE other SET x = randomblob(100000)')\n"
            "store.execute('INSERT INTO other VALUES (randomblob(9000000))')\nos._exit(0)")
    subprocess.run([sys.executable, "-c", dies, path, pragma], check=True)
    left = {}
    for ending in ("", "-wal", "-journal", "-shm"):
        if os.path.exists(path + ending):
            left[ending] = read(path + ending)
            os.remove(path + ending)
    return left


def other_files_as_partial(folder):
    """What lies where an unfinished scan would lie is named, and no link is followed."""
    stick = make_stick(folder)
    out = os.path.join(folder, "out.custos")
    partial = out + ".partial"
    store = sqlite3.connect(os.path.join(folder, "other.db"))
    store.execute("CREATE TABLE other (x)")
    store.commit()
    store.close()
    rolled = read(os.path.join(folder, "other.db"))
    logged = left_by_another_program(folder, "PRAGMA journal_mode = WAL")
    hot = left_by_another_program(folder, "PRAGMA cache_size = 1")
    assert set(logged) == {"", "-wal"} and set(hot) == {"", "-journal"}, (logged, hot)
    for left in ({"": b"no database, and longer than a header of SQLite is" * 40}, {"": b"short"}, {"": rolled}, logged, hot):
        for ending, content in left.items():
            with open(partial + ending, "wb") as file:
                file.write(content)
        done = run("scan", stick, "-o", out, "--resume")
        assert done.returncode == 1 and b"no unfinished scan" in done.stderr, done
        assert partial.encode() in done.stderr and done.stderr.count(b"\n") == 1, done.stderr
        done = run("scan", stick, "-o", out)
        assert done.returncode == 1 and b"--resume" in done.stderr, done
        there = [os.path.join(folder, name) for name in os.listdir(folder)]
        found = {path[len(partial):]: read(path) for path in there if path.startswith(partial)}
        assert found == left, {ending: len(content) for ending, content in found.items()}
        for ending in left:
            os.remove(partial + ending)
    os.symlink(os.path.join(folder, "elsewhere"), partial)
    for option in ([], ["--resume"]):
        assert run("scan", stick, "-o", out, *option).returncode == 1
    assert not os.path.exists(os.path.join(folder, "elsewhere"))


def stopped_scan(stick, out):
    """A scan that has begun to write, and stands still until it is told to go on."""
    partial = out + ".partial"
    for _ in range(50):
        scan = subprocess.Popen([CUSTOS, "scan", stick, "-o", out, "--quiet"])
        while scan.poll() is None and not (os.path.exists(partial) and os.path.getsize(partial) > 0):
            time.sleep(0.0005)
        if scan.poll() is None:
            scan.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, scan.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if os.path.exists(partial):
            return scan
        assert scan.wait() == 0  # it was done before it could be stopped
        os.remove(out)
    raise AssertionError("no scan could be stopped")


def two_scans_of_one_output(folder):
    """The second one writes nothing, and says that there is a first."""
    stick = make_stick(folder)
    out = os.path.join(folder, "out.custos")
    first = stopped_scan(stick, out)
    said = [run("scan", stick, "-o", out, "--quiet", *option) for option in ([], ["--resume"], ["--resume"])]
    first.send_signal(signal.SIGCONT)
    assert first.wait() == 0
    assert all(done.returncode == 1 and done.stderr.count(b"\n") == 1 for done in said), said
    assert b"another scan is writing it" in said[1].stderr, said
    assert run("verify", out).returncode == 0 and os.listdir(folder).count("out.custos.partial") == 0


def any_width_of_terminal(folder):
    """The line of progress is redrawn in place: one that wraps could not be wiped."""
    stick = make_stick(folder)
    for width in (200, 80, 40, 12):
        out = os.path.join(folder, f"{width}.custos")
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        child = subprocess.Popen([CUSTOS, "scan", stick, "-o", out], stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        drawn = b""
        try:
            while some := os.read(ours, 65536):
                drawn += some
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        assert child.wait() == 0
        lines = drawn.replace(b"\033[K", b"").split(b"\r")
        assert any(line.startswith(b"reading") for line in lines), lines
        assert max(map(len, lines)) < width, lines
        assert any(b"#]" in line for line in lines) == (width >= 40), lines


def names_of_outputs(folder):
    """Nothing of the name that an output has reaches the terminal as it is."""
    stick = make_stick(folder)
    out = os.path.join(folder, "a\033[31m\nb.custos")
    for done in (run("scan", stick, "-o", out), run("show", out)):
        assert done.returncode == 0 and b"\033" not in done.stdout, done
        assert b"a\\x1b[31m\\x0ab.custos" in done.stdout, done


def named_parts(folder):
    """A shell's pattern names every part; what is no part is wrong use."""
    stick = make_stick(folder)
    whole = open(stick, "rb").read()
    cut = len(whole) // 2 // 512 * 512
    parts = [os.path.join(folder, "split." + ending) for ending in ("000", "001")]
    for part, content in zip(parts, (whole[:cut], whole[cut:])):
        with open(part, "wb") as file:
            file.write(content)
    out = os.path.join(folder, "named.custos")
    done = run("scan", *parts, stick, "-o", out)
    assert done.returncode == 2 and b"is no part of the source" in done.stderr, done.stderr
    assert os.path.basename(stick).encode() in done.stderr, done.stderr
    assert not os.path.exists(out) and not os.path.exists(out + ".partial")
    done = run("scan", *parts, "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["source"]["sha256"] == hashlib.sha256(whole).hexdigest()
    assert run("verify", out, *parts).returncode == 0
    assert run("verify", out, parts[0], stick).returncode == 2


def make_picture(seed, width=320, height=240):
    """A generated JPEG: soft colours, the same for the same seed."""
    made = random.Random(seed)
    a, b, c = 9 + made.random() * 30, 9 + made.random() * 30, made.random() * 6
    rows = bytearray()
    for y in range(height):
        for x in range(width):
            wave = math.sin(a * x / width + c) * math.cos(b * y / height) + math.sin(x * y * 2e-4)
            rows += bytes((int(128 + 60 * wave), int(128 - 40 * wave), x * 255 // width))
    done = subprocess.run(["cjpeg", "-quality", "85"], capture_output=True, check=True,
                          input=b"P6 %d %d 255\n" % (width, height) + bytes(rows))
    return done.stdout


def make_scene(seed, width, height, quality):
    """Large soft shapes that survive re-saving: the same scene for the same seed."""
    made = random.Random(seed)
    spots = [(made.random(), made.random(), 0.05 + made.random() * 0.2, made.randrange(256))
             for _ in range(40)]
    rows = bytearray()
    for y in range(height):
        for x in range(width):
            value = 90
            for a, b, size, grey in spots:
                if (x / width - a) ** 2 + (y / height - b) ** 2 < size * size:
                    value = grey
            rows += bytes((value, value // 2 + 60, 255 - value))
    done = subprocess.run(["cjpeg", "-quality", str(quality)], capture_output=True, check=True,
                          input=b"P6 %d %d 255\n" % (width, height) + bytes(rows))
    return done.stdout


def with_thumbnail(picture, thumbnail):
    """The JPEG with an EXIF segment whose second directory holds the thumbnail."""
    tiff = (b"II*\0" + struct.pack("<IHI", 8, 0, 14) + struct.pack("<H", 2)
            + struct.pack("<HHII", 0x201, 4, 1, 44) + struct.pack("<HHII", 0x202, 4, 1, len(thumbnail))
            + struct.pack("<I", 0))
    tiff += b"\0" * (44 - len(tiff)) + thumbnail
    segment = b"Exif\0\0" + tiff
    return picture[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + picture[2:]


def make_stick(folder, megabytes=48):
    """A FAT32 volume with generated files and pictures, some deleted, some cut off, some twice."""
    image = os.path.join(folder, "stick.img")
    subprocess.run(["mkfs.fat", "-F", "32", "-i", "00000001", "--invariant", "-C", image,
                    str(megabytes * 1024)], check=True, capture_output=True)
    made = random.Random(7)
    for number in range(40):
        name = os.path.join(folder, f"f{number}.bin")
        with open(name, "wb") as out:
            if number % 4 == 3:
                whole = make_picture(number - number % 3)
                out.write(whole if number % 5 else whole[:len(whole) // 2])
            else:
                out.write(made.randbytes(made.choice([0, 1, 700, 5000, 300000, 900000])))
        subprocess.run(["mcopy", "-i", image, name, "::"], check=True)
        os.remove(name)
    for number in range(0, 40, 9):
        subprocess.run(["mdel", "-i", image, f"::f{number}.bin"], check=True)
    return image


def read(path):
    with open(path, "rb") as source:
        return source.read()


def same_whoever_works(folder):
    image = make_stick(folder)
    kept = None
    for workers in ("1", "2", "5"):
        scan(image, folder, "--workers", workers)
        bytes_now = read(os.path.join(folder, "scan.custos"))
        assert kept is None or kept == bytes_now, "workers changed the evidence"
        kept = bytes_now


def killed_and_resumed(folder):
    image = make_stick(folder, 96)
    scan(image, folder)
    whole = read(os.path.join(folder, "scan.custos"))
    out = os.path.join(folder, "killed.custos")
    moments = random.Random(3)
    resumed = 0
    for _ in range(50):
        for leftover in os.listdir(folder):
            if leftover.startswith("killed.custos"):
                os.remove(os.path.join(folder, leftover))
        child = subprocess.Popen([CUSTOS, "scan", image, "-o", out, "--quiet"],
                                 stdout=subprocess.DEVNULL)
        time.sleep(moments.random() * 0.25)
        child.send_signal(signal.SIGKILL)
        child.wait()
        if os.path.exists(out):
            assert read(out) == whole, "a finished scan is another"
            continue
        if os.path.exists(out + ".partial"):
            done = run("scan", image, "-o", out, "--resume", "--quiet")
            if done.returncode != 0 and b"partial" in done.stderr:
                continue
            assert done.returncode == 0, done.stderr
            assert read(out) == whole, "a resumed scan is another"
            assert not os.path.exists(out + ".partial")
            resumed += 1
    assert resumed >= 5, f"only {resumed} were killed in the middle"


def thumbnails_by_digest(folder):
    """A thumbnail that a set knows by its bytes is not decoded; one that many files hold is decoded for each alike."""
    known, other = make_scene(1, 120, 90, 85), make_scene(2, 120, 90, 85)
    with open(os.path.join(folder, "list"), "w", encoding="ascii") as out:
        out.write(hashlib.sha256(known).hexdigest() + "\n")
    chs = os.path.join(folder, "list.chs")
    done = run("hashset", "import", "--as", "sha256", "--alert", os.path.join(folder, "list"), "-o", chs)
    assert done.returncode == 0, done
    files = {f"{name}{number}.jpg": with_thumbnail(make_scene(number, 160, 120, 80), thumbnail)
             for name, thumbnail in (("known", known), ("other", other)) for number in range(3, 6)}
    image = fill_stick(folder, files)
    kept = None
    for workers in ("1", "4"):
        summary, _ = scan(image, folder, "--set", chs, "--workers", workers)
        assert summary["pictures"] == {"decoded": 9, "partly": 0, "not": 0, "known": 3}, summary["pictures"]
        assert summary["matches"]["exact"] == 3, summary["matches"]
        bytes_now = read(os.path.join(folder, "scan.custos"))
        assert kept is None or kept == bytes_now, "workers changed the evidence"
        kept = bytes_now
    database = sqlite3.connect("file:" + os.path.join(folder, "scan.custos") + "?immutable=1", uri=True)
    rows = database.execute("SELECT p.outcome, p.width, p.pdq IS NULL, count(*) FROM item i JOIN picture p ON p.item = i.id"
                            " WHERE i.state = 'member' GROUP BY p.outcome, p.width, p.pdq ORDER BY p.outcome").fetchall()
    assert rows == [("known", 0, 1, 3), ("whole", 120, 0, 3)], rows


def bytes_read():
    """By this program and all of its children that have ended."""
    with open("/proc/self/io", encoding="ascii") as told:
        return int(told.readline().split()[1])


def pictures_are_read_once(folder):
    """Bytes behind the end of a JPEG belong to its file: large pictures, and some of them twice."""
    whole = make_picture(5)
    chance = random.Random(5)
    files = {f"p{number}.jpg": whole + chance.randbytes(1_000_000) for number in range(30)}
    files |= {f"q{number}.jpg": files[f"p{number}.jpg"] for number in range(0, 30, 8)}
    image = fill_stick(folder, files)
    before = bytes_read()
    summary, _ = scan(image, folder)
    times = (bytes_read() - before) / os.path.getsize(image)
    assert times < 1.4, times
    assert summary["pictures"]["decoded"] == len(files), summary["pictures"]
    database = sqlite3.connect("file:" + os.path.join(folder, "scan.custos") + "?immutable=1", uri=True)
    rows = database.execute("SELECT count(*) FROM picture GROUP BY outcome, pdq, pdq_turned, width, rows").fetchall()
    assert rows == [(len(files),)], rows


def flipped_bits(folder):
    image = make_stick(folder)
    scan(image, folder)
    path = os.path.join(folder, "scan.custos")
    whole = read(path)
    assert run("verify", path, image).returncode == 0
    where = random.Random(5)
    for _ in range(25):
        at = where.randrange(len(whole))
        touched = bytearray(whole)
        touched[at] ^= 1 << where.randrange(8)
        with open(path, "wb") as out:
            out.write(touched)
        done = run("verify", path)
        assert done.returncode == 1, f"the flip at {at} was not seen"
    with open(path, "wb") as out:
        out.write(whole)
    with open(image, "r+b") as device:
        device.seek(30 << 20)
        device.write(b"changed")
    assert run("verify", path, image).returncode == 1


def hostile_names(folder):
    image = make_stick(folder)
    names = ["caf\u00e9 \u202egpj.exe", "x" * 180 + ".txt"]
    for name in names:
        source = os.path.join(folder, "s")
        with open(source, "w") as out:
            out.write(name)
        subprocess.run(["mcopy", "-i", image, source, "::" + name], check=True,
                       env={**os.environ, "LC_ALL": "C.UTF-8"})
    _, items = scan(image, folder)
    found = {item["name"] for item in items}
    for name in names:
        assert name in found, name
    shown = run("show", os.path.join(folder, "scan.custos"), "--items").stdout.decode()
    assert "\u202e" not in shown and "\\u{202e}" in shown


def known_files(folder):
    image = make_stick(folder)
    _, items = scan(image, folder)
    wanted = [i for i in items if i["state"] == "allocated" and i["size"] > 0
              and i["name"].endswith(".bin")][:3]
    deleted = [i for i in items if i["state"] == "deleted" and i["size"] > 0 and i["md5"]][:1]
    with open(os.path.join(folder, "list"), "w") as out:
        for item in wanted + deleted:
            out.write(f"{item['sha256']}  {item['name']}\n")
        out.write(hashlib.sha256(b"").hexdigest() + "  empty\n")
    chs = os.path.join(folder, "set.chs")
    done = run("hashset", "import", "--as", "sha256", "--alert", "--name", "T",
               os.path.join(folder, "list"), "-o", chs)
    assert done.returncode == 0 and b"1 of empty files" in done.stdout, done
    summary, items = scan(image, folder, "--set", chs)
    assert summary["matches"]["exact"] == 4, summary["matches"]
    shown = run("show", os.path.join(folder, "scan.custos"), "--matches", "--jsonl")
    strengths = sorted(json.loads(line)["strength"] for line in shown.stdout.splitlines())
    assert strengths == ["exact-allocated"] * 3 + ["exact-proved"], strengths
    proved = [i for i in items if i["recovery"] == "proved-by-digest"]
    assert [i["path"] for i in proved] == [deleted[0]["path"]], proved
    again = run("match", os.path.join(folder, "scan.custos"), "--set", chs, "--json")
    assert sorted(map(str, json.loads(again.stdout)["matches"])) == \
        sorted(str(json.loads(line)) for line in shown.stdout.splitlines()), again
    told = run("match", os.path.join(folder, "scan.custos"), "--set", chs).stdout.splitlines()
    assert sorted(told[:-1]) == sorted(run("show", os.path.join(folder, "scan.custos"), "--matches").stdout.splitlines())
    assert all(line.split()[2] == b"T" for line in told[:-1]), told


def copies(folder):
    """One content under three names, one of them deleted: found once, told at each place."""
    image = make_stick(folder)
    content = random.Random(11).randbytes(700001)
    with open(os.path.join(folder, "copy"), "wb") as out:
        out.write(content)
    subprocess.run(["mmd", "-i", image, "::away"], check=True)
    for name in ("first.bin", "away/second.txt", "gone.bin"):
        subprocess.run(["mcopy", "-i", image, os.path.join(folder, "copy"), f"::{name}"], check=True)
    subprocess.run(["mdel", "-i", image, "::gone.bin"], check=True)
    with open(os.path.join(folder, "list"), "w") as out:
        out.write(hashlib.sha256(content).hexdigest() + "\n")
    chs = os.path.join(folder, "set.chs")
    assert run("hashset", "import", "--as", "sha256", "--alert", "--name", "T",
               os.path.join(folder, "list"), "-o", chs).returncode == 0
    kept = None
    for workers in ("1", "3"):
        summary, _ = scan(image, folder, "--set", chs, "--workers", workers)
        assert summary["matches"]["exact"] == 3, summary["matches"]
        shown = run("show", os.path.join(folder, "scan.custos"), "--matches", "--jsonl")
        told = sorted((row["strength"], row["path"].rsplit("/", 1)[1][1:])
                      for row in map(json.loads, shown.stdout.splitlines()))
        assert told == [("exact-allocated", "econd.txt"), ("exact-allocated", "irst.bin"),
                        ("exact-proved", "one.bin")], told
        bytes_now = read(os.path.join(folder, "scan.custos"))
        assert kept is None or kept == bytes_now, "workers changed the evidence"
        kept = bytes_now


def pictures(folder):
    """Each has its hash; what is cut off is said to be; what a set knows is left out, and counted."""
    image = make_stick(folder)
    summary, items = scan(image, folder)
    found = [i for i in items if i["type"] == "image/jpeg"]
    assert len(found) >= 8, found
    cut = {f["path"]: f["text"] for f in findings(folder) if f["kind"] == "picture"}
    for item in found:
        assert (item["width"], item["height"]) == (320, 240), item
        assert len(item["pdq"]) == 64 and item["pdq_quality"] > 0, item
        number = int(item["name"].lstrip("_").lstrip("f").split(".")[0])
        assert (item["path"] in cut) == (number % 5 == 0), (item, cut)
    assert cut and all("incomplete: " in text and " rows: cut off" in text for text in cut.values()), cut
    by_digest = {}
    for item in found:
        assert by_digest.setdefault(item["sha256"], item["pdq"]) == item["pdq"]
    assert summary["pictures"] == {"decoded": len(found), "partly": len(cut), "not": 0, "known": 0}
    with open(os.path.join(folder, "list"), "w") as out:
        out.write(found[0]["md5"] + "\n")
    chs = os.path.join(folder, "set.chs")
    done = run("hashset", "import", "--as", "md5", "--known-good", "--name", "T",
               os.path.join(folder, "list"), "-o", chs)
    assert done.returncode == 0, done
    summary, items = scan(image, folder, "--set", chs)
    same = [i for i in items if i["md5"] == found[0]["md5"]]
    assert all(i["pdq"] is None for i in same), same
    assert summary["pictures"]["known"] == len(same), summary


def sets(folder):
    """Exported and imported again, a set is the same to the byte; two make one, less one is the rest."""
    path = {name: os.path.join(folder, name) for name in ("a.csv", "a", "b", "c", "d", "e")}
    header = ("md5,sha1,sha256,pdq,pdq_quality,pdq_variant,photodna,label,name,size,code,series,source,"
              "victim-identified,offender-identified,distributed,suspected,self-generated,precategorised")
    rows = [["11" * 16, "22" * 20, "33" * 32, "0f" * 32, "77", "F", "ab" * 144, "id-1", "a.jpg", "10", "3",
             "Bridge", "Agency", "true", "false", "", "", "", "true"],
            ["44" * 16, "", "", "", "", "", "", "id-2", '"b, c"', "", "2", "Bridge", "Agency"] + [""] * 6]
    with open(path["a.csv"], "w") as out:
        out.write(header + "\n")
        for row in rows:
            out.write(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n")
    common = ("--alert", "--name", "S", "--scheme", "example/1")
    assert run("hashset", "import", "--as", "csv", *common, path["a.csv"], "-o", path["a"]).returncode == 0
    exported = run("hashset", "export", path["a"]).stdout
    lines = list(csv.reader(io.StringIO(exported.decode())))
    assert lines == [header.split(",")] + rows, lines
    with open(path["a.csv"], "wb") as out:
        out.write(exported)
    assert run("hashset", "import", "--as", "csv", *common, path["a.csv"], "-o", path["b"]).returncode == 0
    assert read(path["a"]) == read(path["b"])
    first = json.loads(run("hashset", "export", path["a"], "--as", "jsonl").stdout.splitlines()[0])
    assert first["pdq_variant"] == "F" and first["offender-identified"] is False, first
    assert "suspected" not in first, first
    with open(path["a.csv"], "w") as out:
        out.write("md5,code\n" + "44" * 16 + ",5\n" + "55" * 16 + ",1\n")
    assert run("hashset", "import", "--as", "csv", *common, path["a.csv"], "-o", path["c"]).returncode == 0
    changes = run("hashset", "diff", path["a"], path["c"], "--list").stdout.decode().splitlines()
    assert changes == ["-" + "11" * 16 + "\t3", "~" + "44" * 16 + "\t2\t5", "+" + "55" * 16 + "\t1",
                       "-" + "22" * 20 + "\t3", "-" + "33" * 32 + "\t3"], changes
    counts = json.loads(run("hashset", "diff", path["a"], path["c"], "--json").stdout)
    assert counts["regraded"]["md5"] == 1 and counts["removed"]["sha256"] == 1, counts
    assert run("hashset", "diff", path["a"], path["c"], "-o", path["d"]).returncode == 0
    assert run("hashset", "union", path["a"], path["c"], "-o", path["e"]).returncode == 0
    facts = json.loads(run("hashset", "info", path["d"], "--json").stdout)
    assert facts["md5"] == 1 and facts["scheme"] == "example/1", facts
    facts = json.loads(run("hashset", "info", path["e"], "--json").stdout)
    assert facts["md5"] == 3 and facts["records"] == 3 and facts["photodna"] == 1, facts
    asked = "".join(line + "\n" for line in ("44" * 16, "66" * 16 + "  name", "22" * 20))
    answer = subprocess.run([CUSTOS, "hashset", "lookup", path["e"], "-"], input=asked.encode(),
                            capture_output=True)
    assert answer.stdout.decode().splitlines() == ["44" * 16 + "\tS\tid-2\t2", "66" * 16 + "\t-",
                                                   "22" * 20 + "\tS\tid-1\t3"], answer
    assert b"whole" in run("hashset", "verify", path["e"]).stdout


def interrupted_import(folder):
    """Ctrl-C, and SIGKILL too, leave nothing beside the list."""
    made = random.Random(11)
    source = os.path.join(folder, "list")
    with open(source, "w") as out:
        for _ in range(400000):
            out.write(made.randbytes(16).hex() + "\n")
    stopped = 0
    for number in range(12):
        child = subprocess.Popen([CUSTOS, "hashset", "import", "--as", "md5", "--known-good", "--memory", "16M",
                                  source, "-o", os.path.join(folder, "out.chs")],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(0.02 + made.random() * 0.2)
        child.send_signal(signal.SIGKILL if number % 2 else signal.SIGINT)
        child.wait()
        if child.returncode == 0:
            os.remove(os.path.join(folder, "out.chs"))
        else:
            stopped += 1
        child.stderr.close()
        assert os.listdir(folder) == ["list"], os.listdir(folder)
    assert stopped > 0, "none was stopped"


def limited_files(folder):
    """Where the person may write no larger file, that is said like a full disk, and nothing stays."""
    stick = make_stick(folder)
    kept = sorted(os.listdir(folder))
    for arguments in (["scan", stick, "-o", os.path.join(folder, "out.custos")],
                      ["hashset", "import", "--as", "files", "--alert", stick, "-o", os.path.join(folder, "out.chs")]):
        done = subprocess.run([CUSTOS, *arguments], capture_output=True, stdin=subprocess.DEVNULL,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)))
        assert done.returncode == 1 and done.stderr.count(b"\n") == 1 and not done.stdout, done
        left = [name for name in os.listdir(folder) if name not in kept and ".partial" not in name]
        assert not left, left


def full_disk(folder):
    """A small file system of our own, where this machine lets us have one."""
    source = os.path.join(folder, "list")
    made = random.Random(12)
    with open(source, "w") as out:
        for _ in range(300000):
            out.write(made.randbytes(16).hex() + "  name\n")
    disk = os.path.join(folder, "disk")
    os.mkdir(disk)
    script = ('mount -t tmpfs -o size=4m none "$2" || exit 77; "$1" hashset import --as md5 --alert --memory 16M '
              '"$3" -o "$2/out.chs"; code=$?; [ -z "$(ls -A "$2")" ] || exit 99; exit $code')
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script, "sh", CUSTOS, disk, source],
                          capture_output=True)
    if done.returncode == 77 or b"unshare" in done.stderr:
        return "no file system of our own here"
    assert done.returncode == 1 and b"No space left" in done.stderr, done
    return None


def fill_stick(folder, files):
    image = os.path.join(folder, "pictures.img")
    subprocess.run(["mkfs.fat", "-F", "32", "-i", "00000001", "--invariant", "-C", image,
                    str(40 * 1024)], check=True, capture_output=True)
    for name, content in files.items():
        with open(os.path.join(folder, "f"), "wb") as out:
            out.write(content)
        subprocess.run(["mcopy", "-i", image, os.path.join(folder, "f"), "::" + name], check=True)
    return image


def alike(folder):
    """A picture that was saved again is near to a set's; groups; a thumbnail of another picture."""
    known = os.path.join(folder, "known")
    os.mkdir(known)
    with open(os.path.join(known, "k.jpg"), "wb") as out:
        out.write(make_scene(1, 160, 120, 95))
    chs = os.path.join(folder, "near.chs")
    done = run("hashset", "import", "--as", "pictures", "--alert", "--name", "N", known, "-o", chs)
    assert done.returncode == 0, done
    other = make_scene(2, 160, 120, 80)
    image = fill_stick(folder, {
        "again.jpg": make_scene(1, 160, 120, 40), "smaller.jpg": make_scene(1, 120, 90, 80),
        "other.jpg": other, "copy.jpg": other,
        "carrier.jpg": with_thumbnail(make_scene(3, 160, 120, 80), make_scene(1, 120, 90, 85))})
    kept = None
    for options in (["--workers", "1"], ["--workers", "4"], ["--workers", "2", "--thorough"]):
        summary, items = scan(image, folder, "--set", chs, *options)
        shown = run("show", os.path.join(folder, "scan.custos"), "--matches", "--jsonl")
        matches = [json.loads(line) for line in shown.stdout.splitlines()]
        assert {m["path"] for m in matches} == {"/p0/again.jpg", "/p0/smaller.jpg",
                                                "/p0/carrier.jpg/::/thumbnail"}, matches
        assert all(m["strength"] == "near" and m["algorithm"] == "pdq" and m["distance"] <= 31
                   for m in matches), matches
        assert summary["matches"] == {"exact": 0, "near": 3, "files": 3}, summary["matches"]
        bytes_now = read(os.path.join(folder, "scan.custos"))
        if "--thorough" not in options:
            assert kept is None or kept == bytes_now, "workers changed the evidence"
            kept = bytes_now
    by_path = {i["path"]: i for i in items}
    member = by_path["/p0/carrier.jpg/::/thumbnail"]
    assert member["state"] == "member" and member["width"] == 120, member
    assert member["parent"] == by_path["/p0/carrier.jpg"]["id"], member
    assert [f["path"] for f in findings(folder) if f["kind"] == "thumbnail"] == ["/p0/carrier.jpg"]
    database = sqlite3.connect("file:" + os.path.join(folder, "scan.custos") + "?immutable=1", uri=True)
    groups = {path: row for path, *row in database.execute(
        "SELECT i.path, g.same_bytes, g.same_picture, g.similar FROM grouping g JOIN item i ON i.id = g.item")}
    database.close()
    assert len(groups) == 6, groups
    assert groups["/p0/other.jpg"] == groups["/p0/copy.jpg"]
    assert groups["/p0/again.jpg"][2] == groups["/p0/smaller.jpg"][2] == by_path["/p0/again.jpg"]["id"]
    assert groups["/p0/again.jpg"][0] != groups["/p0/smaller.jpg"][0]
    assert groups["/p0/other.jpg"][2] != groups["/p0/again.jpg"][2]
    assert groups["/p0/carrier.jpg/::/thumbnail"][2] == by_path["/p0/again.jpg"]["id"], groups


def main():
    tap = Tap()
    tap.run("wrong use exits 2 with the usage", in_folder, wrong_use)
    tap.run("the files of a source may all be named", in_folder, named_parts)
    tap.run("a program that custos alone starts says so", in_folder, child_by_hand)
    tap.run("what cannot be done exits 1 in one line", in_folder, could_not)
    tap.run("an error names the file that it is about", in_folder, errors_name_the_file)
    tap.run("an error names what it is about once", in_folder, errors_name_it_once)
    tap.run("another file in the place of an unfinished scan is none", in_folder, other_files_as_partial)
    tap.run("a second scan of one output writes nothing", in_folder, two_scans_of_one_output)
    tap.run("progress fits any width of terminal", in_folder, any_width_of_terminal)
    tap.run("the name of an output is shown escaped", in_folder, names_of_outputs)
    tap.run("any number of workers writes the same bytes", in_folder, same_whoever_works)
    tap.run("thumbnails are looked up by digest before they are decoded", in_folder, thumbnails_by_digest)
    tap.run("a picture is read once, decoded while the sweep goes on", in_folder, pictures_are_read_once)
    tap.run("a scan killed at 50 moments resumes to the same bytes", in_folder, killed_and_resumed)
    tap.run("a flipped bit is seen, and a changed source", in_folder, flipped_bits)
    tap.run("hostile names are kept whole and shown escaped", in_folder, hostile_names)
    tap.run("pictures are hashed once, and what is wrong with them is said", in_folder, pictures)
    tap.run("pictures that look alike are found and grouped", in_folder, alike)
    tap.run("known files are found, live and deleted", in_folder, known_files)
    tap.run("what lies there three times is told at each place", in_folder, copies)
    tap.run("sets are exported, compared and joined", in_folder, sets)
    tap.run("an interrupted import leaves nothing", in_folder, interrupted_import)
    tap.run("a limit on files is said, and nothing stays", in_folder, limited_files)
    tap.run("a full disk is said, and nothing stays", in_folder, full_disk)
    tap.end()


if __name__ == "__main__":
    main()
