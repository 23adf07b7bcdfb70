#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generated files with every quirk, read by rows-of and by Python's own json, csv, sqlite3 and xml:
the rows must be the same. Every digest and name is invented.

usage: compare_sources.py ROWS-OF
"""
import base64
import codecs
import csv
import io
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile

FLAGS = ["VictimIdentified", "OffenderIdentified", "IsDistributed", "IsSuspected", "SelfGenerated",
         "IsPrecategorized"]
NAMES = ["bridge.jpg", "br\u00fccke.jpg", "\U0001f600 x.png", 'a "quoted" name', "two\nlines", "tab\tname",
         "comma, semicolon; end", "back\\slash", "\u65e5\u672c", "", " spaces ", "'", "%s%n", "\u202egpj.exe"]
DIGESTS = {"md5": 32, "sha1": 40, "sha256": 64}


def hexadecimal(chance, digits):
    text = "%0*x" % (digits, chance.getrandbits(4 * digits))
    return text.upper() if chance.random() < 0.8 else text


def rows_of(program, form, path, columns=None):
    done = subprocess.run([program, form, path] + ([columns] if columns else []), capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())
    rows = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    for row in rows:
        row.pop("line", None)
        row.pop("offset", None)
    return rows


def refused(program, form, path):
    done = subprocess.run([program, form, path], capture_output=True, check=False)
    return done.returncode == 1 and "expected" in done.stderr.decode()


# ---- rows as a set keeps them, from values as another parser gives them ----

def put_digest(row, key, text):
    text = (text or "").strip(" \t\r\n\v\f")
    if re.fullmatch("[0-9a-fA-F]{%d}" % DIGESTS[key], text):
        row[key] = text.lower()
    elif text:
        row["wrong"] = True


def put_photodna(row, text):
    if not text:
        return
    if len(text) == 192:
        row["photodna"] = base64.b64decode(text, validate=True).hex()
    elif re.fullmatch("[0-9a-fA-F]{288}", text):
        row["photodna"] = text.lower()
    else:
        row["wrong"] = True


def put_flag(row, bit, value):
    text = {True: "true", False: "false", None: ""}.get(value, str(value)).lower()
    yes, no = text in ("true", "yes", "y", "1"), text in ("false", "no", "n", "0")
    if yes or no:
        row["said"] = row.get("said", 0) | bit
        row["flags"] = (row.get("flags", 0) & ~bit) | (bit if yes else 0)


def put_text(row, key, value):
    if value is not None and value != "":
        row[key] = str(value)


# ---- VICS ----

def vics_row(media):
    row = {}
    put_digest(row, "md5", media.get("MD5"))
    put_digest(row, "sha1", media.get("SHA1"))
    put_photodna(row, media.get("PhotoDNA"))
    for other in media.get("OtherHashes", []):
        if other["HashName"] == "PhotoDNA":
            put_photodna(row, other["HashValue"])
        elif other["HashName"] == "SHA-256":
            put_digest(row, "sha256", other["HashValue"])
    put_text(row, "label", media.get("MediaID"))
    put_text(row, "code", media.get("Category"))
    put_text(row, "series", media.get("Series"))
    put_text(row, "source", media.get("PrecategorizationSource"))
    for file in media.get("MediaFiles", []):
        if file.get("FileName"):
            row["name"] = file["FileName"]
            break
    if media.get("MediaSize") is not None:
        row["size"] = media["MediaSize"]
    for bit, flag in enumerate(FLAGS):
        put_flag(row, 1 << bit, media.get(flag))
    return row


def make_media(chance, number):
    media = {"MediaID": chance.choice([number, "M-%d" % number]), "Category": chance.choice([0, 1, 2, 3, None, "", "B"])}
    if chance.random() < 0.95:
        media["MD5"] = hexadecimal(chance, chance.choice([32] * 20 + [31, 40]))
    if chance.random() < 0.7:
        media["SHA1"] = chance.choice([hexadecimal(chance, 40), None, ""])
    if chance.random() < 0.5:
        media["MediaSize"] = chance.randrange(1 << 40)
    if chance.random() < 0.3:
        raw = chance.randbytes(144)
        media["PhotoDNA"] = chance.choice([base64.b64encode(raw).decode(), raw.hex(), "AAAA", ""])
    if chance.random() < 0.3:
        media["OtherHashes"] = [
            {"MD5": hexadecimal(chance, 32), "HashName": "SHA-256", "HashValue": hexadecimal(chance, 64)},
            {"HashName": "Other", "HashValue": "1"}]
    for flag in FLAGS:
        if chance.random() < 0.6:
            media[flag] = chance.choice([True, False, "true", "false", "True", "FALSE", None, "", "unknown"])
    for key in ("Series", "PrecategorizationSource", "Comments", "Tags"):
        if chance.random() < 0.4:
            media[key] = chance.choice(NAMES)
    if chance.random() < 0.6:
        media["MediaFiles"] = [{"MD5": hexadecimal(chance, 32), "FileName": chance.choice(NAMES),
                                "FilePath": "Partition 1\\DCIM\\", "Deleted": "false",
                                "Unknown": {"FileName": "no", "deep": [[{"MD5": "x"}]]}}
                               for _ in range(chance.randrange(3))]
    if chance.random() < 0.3:
        media["Exifs"] = [{"PropertyName": "Make", "PropertyValue": chance.choice(NAMES)}]
    items = list(media.items())
    chance.shuffle(items)
    return dict(items)


def test_vics(program, folder, chance):
    for number in range(60):
        model = chance.choice(["1.2", "1.3"])
        media = [make_media(chance, i) for i in range(chance.randrange(40))]
        top = {"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/%s.xml#Media" % model, "value": media}
        if number % 3 == 0:
            shape = chance.choice(["Default", "US", "UK"])
            top = {"@odata.context": "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/%s/$metadata#Cases"
                                     % shape,
                   "value": [{"CaseID": "{1}", "CaseNumber": "7", "TotalMediaFiles": 12, "Media": media[:20]},
                             {"Media": media[20:], "ContactName": "A \"B\""}]}
        text = json.dumps(top, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, None, 1, "\t"]))
        if chance.random() < 0.3:
            text = text.replace("\n", "\r\n")
        data = text.encode("utf-8", "surrogatepass")
        if chance.random() < 0.3:
            data = codecs.BOM_UTF8 + data
        path = os.path.join(folder, "vics.json")
        with open(path, "wb") as file:
            file.write(data)
        expected = [vics_row(entry) for entry in media]
        assert rows_of(program, "vics", path) == expected, path
        with open(path, "wb") as file:
            file.write(data[:chance.randrange(len(data) - 2)])
        assert refused(program, "vics", path)


# ---- tables ----

def test_csv(program, folder, chance):
    columns = {"MD5": "md5", "SHA-1": "sha1", "File Name": "name", "Category": "code", "series": "series"}
    for number in range(60):
        names = list(columns) + ["Unknown"]
        chance.shuffle(names)
        rows = [{"MD5": chance.choice([hexadecimal(chance, 32), "", "xyz"]), "SHA-1": hexadecimal(chance, 40),
                 "File Name": chance.choice(NAMES), "Category": chance.choice(["1", "", "A2"]),
                 "series": chance.choice(NAMES), "Unknown": chance.choice(NAMES)} for _ in range(chance.randrange(30))]
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, names, delimiter=chance.choice(",;\t|"), lineterminator=chance.choice(["\n", "\r\n"]),
                                quoting=chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
        writer.writeheader()
        writer.writerows(rows)
        encoding = chance.choice(["utf-8", "utf-8-sig", "utf-16"])
        path = os.path.join(folder, "table.csv")
        with open(path, "w", encoding=encoding, newline="") as file:
            file.write(out.getvalue())
        with open(path, encoding=encoding, newline="") as file:
            back = list(csv.DictReader(file, delimiter=writer.writer.dialect.delimiter))
        expected = []
        for entry in back:
            row = {}
            put_digest(row, "md5", entry["MD5"])
            put_digest(row, "sha1", entry["SHA-1"])
            for name in ("File Name", "Category", "series"):
                put_text(row, columns[name], entry[name])
            expected.append(row)
        assert rows_of(program, "csv", path) == expected, (number, path)


def test_lists(program, folder, chance):
    path = os.path.join(folder, "list.txt")
    for form, digits in DIGESTS.items():
        entries = [(hexadecimal(chance, digits), chance.choice(NAMES)) for _ in range(200)]
        with open(path, "w", encoding="utf-8", newline="") as file:
            for digest, name in entries:
                safe = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
                mark = "\\" if safe != name else ""
                if chance.random() < 0.5:
                    file.write("%s%s %s%s\n" % (mark, digest, chance.choice(" *"), safe))
                else:
                    file.write("%s%s (%s) = %s\n" % (mark, form.upper(), safe, digest))
        expected = []
        for digest, name in entries:
            row = {form: digest.lower()}
            put_text(row, "name", name)
            expected.append(row)
        assert rows_of(program, form, path) == expected, form


# ---- databases ----

def test_nsrl3(program, folder, chance):
    path = os.path.join(folder, "rds.db")
    columns = ["sha256", "sha1", "md5", "crc32", "file_name", "file_size", "package_id"]
    for full in (False, True):
        for page in (512, 4096, 65536):
            if os.path.exists(path):
                os.unlink(path)
            order = columns + (["extension"] if full else [])
            if full:
                chance.shuffle(order)
            with sqlite3.connect(path) as db:
                db.execute("PRAGMA page_size=%d" % page)
                db.execute("CREATE TABLE %s (%s)" % ("METADATA" if full else "FILE", ", ".join(order)))
                if full:
                    db.execute("CREATE VIEW FILE AS SELECT %s FROM METADATA" % ", ".join(columns))
                for number in range(500):
                    name = chance.choice(NAMES) * chance.choice([1, 1, 1, 300])
                    values = {"sha256": hexadecimal(chance, 64), "sha1": hexadecimal(chance, 40),
                              "md5": hexadecimal(chance, 32), "crc32": "0" * 8, "file_name": name,
                              "file_size": chance.choice([chance.randrange(1 << 40), None]),
                              "package_id": number, "extension": "x"}
                    db.execute("INSERT INTO %s VALUES (%s)" % ("METADATA" if full else "FILE",
                                                               ", ".join("?" * len(order))),
                               [values[column] for column in order])
                db.execute("DELETE FROM %s WHERE package_id %% 7 = 0" % ("METADATA" if full else "FILE"))
            db.close()
            expected = []
            db = sqlite3.connect(path)
            for sha256, sha1, md5, name, size in db.execute(
                    "SELECT sha256, sha1, md5, file_name, file_size FROM FILE ORDER BY %s"
                    % ("package_id" if full else "rowid")):
                row = {}
                put_digest(row, "md5", md5)
                put_digest(row, "sha1", sha1)
                put_digest(row, "sha256", sha256)
                put_text(row, "name", name)
                if size is not None:
                    row["size"] = size
                expected.append(row)
            db.close()
            assert rows_of(program, "nsrl3", path) == expected, (full, page)


def main(arguments):
    program = arguments[0]
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    print("1..%d" % len(tests))
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(program, folder, random.Random("custos"))
                print("ok %d - python reads the same: %s" % (number, name[5:]))
            except AssertionError as wrong:
                failed += 1
                print("not ok %d - python reads the same: %s" % (number, name[5:]))
                print("# %s" % str(wrong)[:2000].replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
