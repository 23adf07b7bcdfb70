#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""custos register as an officer uses it: from a received report to an evidence file, and back to the report."""
import json
import os
import re
import sqlite3
import subprocess
import tempfile
import zipfile

from support import BUILD, CUSTOS, Tap

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SAMPLES = os.path.join(ROOT, "tests", "fuzz", "corpus", "intake")
PEOPLE = [("in", "intake", "constable", "AAA"), ("iv", "investigator", "constable", "ABC"),
          ("iv2", "investigator", "constable", "ABD"), ("ex", "examiner", "staff", "EXA"),
          ("ds", "ds", "sergeant", "DSA"), ("di", "di", "inspector", "DIA"), ("xo", "exhibits", "staff", "XOA"),
          ("au", "auditor", "staff", "AUA"), ("gr", "grader", "staff", "GRA"), ("gr2", "grader", "staff", "GRB")]


class Register:
    def __init__(self, folder):
        self.folder = folder
        self.db = os.path.join(folder, "register.db")

    def call(self, officer, *words):
        return subprocess.run([CUSTOS, "register", *words, "--as", officer, "--db", "sqlite:" + self.db],
                              capture_output=True, text=True, timeout=120)

    def do(self, officer, *words):
        done = self.call(officer, *words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def enrol(self):
        self.do("ad", "officer", "enrol", "--number", "ad", "--name", "Ad", "--rank", "staff", "--roles", "admin")
        for number, roles, rank, initials in PEOPLE:
            self.do("ad", "officer", "enrol", "--number", number, "--name", "Invented", "--roles", roles, "--rank", rank,
                    "--initials", initials, "--trained", "kirat-2 dig-100")


def reports_are_read_in_the_child(book):
    done = book.do("in", "referral", "receive", "--source", "nca", "--source-ref", "N-1", "--received",
                   "2026-03-01T10:00:00Z", "--file", os.path.join(SAMPLES, "sample-report.xml"), "--file",
                   os.path.join(SAMPLES, "sample-le-download.json"))
    assert [package["identifiers"] for package in done["packages"]] == [6, 7], done
    found = book.do("in", "identifier", "list", "--value", "192.0.2.10")["records"]
    assert {row["port"] for row in found} >= {"51515"}, found


def a_hostile_package_is_kept_whatever_it_is(book):
    path = os.path.join(book.folder, "hostile.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../../leaves.json", '{"reportId": 77}')
        packed.writestr("bomb.bin", b"\0" * (300 << 20))
        packed.writestr("report.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><report/>")
    done = book.do("in", "referral", "receive", "--source", "nca", "--source-ref", "N-2", "--received",
                   "2026-03-01T10:00:00Z", "--file", path)
    assert done["packages"][0]["problems"] == 3, done
    with open(path, "rb") as file:
        original = file.read()
    kept = sqlite3.connect(book.db).execute("SELECT bytes FROM register_content WHERE length(bytes) = ?",
                                            (len(original),)).fetchone()[0]
    assert bytes(kept) == original
    remarks = book.do("in", "remark", "list", "--package", done["packages"][0]["ref"])["records"]
    assert any("leaves its folder" in row["words"] for row in remarks), remarks
    assert any("document type" in row["words"] for row in remarks), remarks


def a_file_of_no_format_is_received(book):
    done = book.do("in", "referral", "receive", "--source", "force", "--source-ref", "N-3", "--received",
                   "2026-03-01T10:00:00Z", "--file", "/bin/true")
    assert done["packages"][0]["problems"] == 1, done


def evidence(book):
    """The demonstration's stick, scanned; and a known picture's digest on it."""
    subprocess.run([os.path.join(ROOT, "scripts", "make-demo"), book.folder], check=True, capture_output=True)
    sets, out = os.path.join(book.folder, "demo.chs"), os.path.join(book.folder, "stick.custos")
    subprocess.run([CUSTOS, "hashset", "import", "--as", "vics", "--alert", "--name", "Demonstration",
                    os.path.join(book.folder, "demo-vics.json"), "-o", sets], check=True, capture_output=True)
    subprocess.run([CUSTOS, "scan", os.path.join(book.folder, "stick.img"), "-o", out, "--set", sets, "--exhibit", "ABC/1",
                    "--quiet"], check=True, capture_output=True)
    rows = subprocess.run([CUSTOS, "show", out, "--matches", "--jsonl"], check=True, capture_output=True, text=True)
    first = json.loads(rows.stdout.splitlines()[0])
    items = subprocess.run([CUSTOS, "show", out, "--items", "--jsonl"], check=True, capture_output=True, text=True)
    item = next(row for row in map(json.loads, items.stdout.splitlines()) if row["id"] == first["item"])
    return out, item["md5"], len(rows.stdout.splitlines())


def an_evidence_file_is_attached_by_its_seal_and_linked_to_the_report_that_names_a_file(book):
    out, md5, matches = evidence(book)
    report = os.path.join(book.folder, "names.json")
    with open(report, "w", encoding="utf-8") as file:
        json.dump({"reportId": 88, "reportedInformation": {"uploadedFiles": {"uploadedFiles": [
            {"verificationHash": md5}]}}}, file)
    referral = book.do("in", "referral", "receive", "--source", "nca", "--source-ref", "N-4", "--received",
                       "2026-03-01T10:00:00Z", "--file", report)["ref"]
    case = book.do("iv", "case", "open", "--title", "OP STICK", "--in-charge", "iv")["ref"]
    exhibit = book.do("ex", "exhibit", "seize", "--case", case, "--kind", "usb", "--description", "a stick", "--mark",
                      "ABC/1")["ref"]
    made = book.do("iv", "examination", "request", "--exhibit", exhibit, "--questions", "what is on it")["ref"]
    book.do("ex", "examination", "accept", made, "--fsa-code", "dig-100", "--accredited", "yes", "--competence-ref", "C")
    book.do("ex", "examination", "acquire", made, "--method", "M", "--tool", "custos", "--validation-ref", "V")
    broken = os.path.join(book.folder, "broken.custos")
    with open(out, "rb") as file:
        content = bytearray(file.read())
    content[len(content) // 2] ^= 1
    with open(broken, "wb") as file:
        file.write(content)
    refused = book.call("ex", "examination", "attach", made, "--evidence", broken)
    assert refused.returncode == 1 and "broken.custos" in refused.stderr, refused
    done = book.do("ex", "examination", "attach", made, "--evidence", out)
    assert done["matches"] == matches and done["links_to_referrals"] >= 1, done
    links = book.do("iv", "link", "list", "--one", "exhibit:" + exhibit)["records"]
    assert any(row["other"] == "referral:" + referral and md5 in row["basis"] for row in links), links
    again = book.call("ex", "examination", "attach", made, "--evidence", out)
    assert again.returncode == 1 and "Rule E6" in again.stderr, again
    counts = book.do("ex", "evidence", "list", "--exhibit", exhibit)["records"][0]
    assert counts["exact"] == matches and counts["seal"] == done["seal"], counts


def two_graders_grade_a_file(book):
    """The act has the grade, and the command line the grader."""
    file = book.do("ex", "media", "list")["records"][0]["ref"]
    for grader, action, state in (("gr", "grade", "graded"), ("gr2", "grade-second", "agreed")):
        done = book.do(grader, "media", action, file, "--grade", "NOT-ILLEGAL", "--grade-scheme", "UK-SC-2014")
        assert done["state"] == state, done
    graders = [(row["grader"], row["code"]) for row in book.do("ds", "grade", "list", "--media", file)["records"]]
    assert graders == [("gr", "NOT-ILLEGAL"), ("gr2", "NOT-ILLEGAL")], graders


def no_field_is_called_as_an_option_of_the_command_is(_):
    """An option of the command would take what is meant for the field."""
    def told(*words):
        return subprocess.run([CUSTOS, "register", *words], capture_output=True, text=True, check=True).stdout

    kinds = re.findall(r"^  (\S+) ", told(), re.MULTILINE)
    assert len(kinds) > 40, kinds
    for kind in kinds:
        fields = set(re.findall(r"^    [ *]--(\S+)", told(kind), re.MULTILINE))
        own = fields & {"as", "db", "kek", "json", "version", "after", "limit", "help", "state", "ref"}
        assert not own, (kind, own)


def a_refusal_is_a_sentence_with_its_rule_and_source(book):
    done = book.call("xo", "case", "open", "--title", "OP X", "--in-charge", "iv")
    assert done.returncode == 1 and "Rule U1" in done.stderr and "Source:" in done.stderr, done
    done = book.call("nobody", "case", "list")
    assert done.returncode == 1 and "there is no officer" in done.stderr, done
    done = book.call("iv", "case", "dance")
    assert done.returncode == 2, done


def a_text_of_several_lines_is_shown_in_lines(book):
    """By a view in lines of its own column, by a list in one line; nothing in it moves a cursor or passes for a field."""
    ref = book.do("in", "referral", "receive", "--source", "nca", "--source-ref", "N-5", "--received",
                  "2026-03-01T10:00:00Z", "--summary", "first line\n  status  closed\n\u200f2Jlast\tline\n")["ref"]
    lines = book.call("in", "referral", "view", ref).stdout.split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("  summary "))
    assert lines[at] == "  summary                first line", lines
    assert lines[at + 1:at + 3] == [" " * 25 + "  status  closed", " " * 25 + "\\u{200f}2Jlast line"], lines
    assert lines[at + 3].startswith("  children "), lines
    listed = book.call("in", "referral", "list", "--source-ref", "N-5").stdout
    assert listed.count("\n") == 1 and "first line ¶   status  closed ¶ \\u{200f}2Jlast line ¶ \t" in listed, listed
    assert "\n  status  closed\n\u200f2Jlast\tline\n" in book.do("in", "referral", "view", ref)["summary"]


def a_text_that_moves_a_cursor_is_refused(book):
    """With its field and its code point, and nothing of the text itself."""
    done = book.call("in", "referral", "receive", "--source", "nca", "--source-ref", "N-6", "--received",
                     "2026-03-01T10:00:00Z", "--summary", "first \u009b2J")
    assert done.returncode == 1 and "summary holds U+009B, which changes how a line is shown" in done.stderr, done
    assert "\u009b" not in done.stdout + done.stderr, done


def a_word_that_an_act_does_not_take_is_wrong_use(book):
    """A version that is no number is not "whichever", and a list of one record is no list."""
    case = book.do("iv", "case", "open", "--title", "OP WORDS", "--in-charge", "iv")["ref"]
    close = ("case", "close", case, "--reason", "x", "--disposition", "prosecuted", "--version")
    for words, code in (((*close, "abc"), 2), ((*close, "0"), 2), (("case", "list", case), 1),
                        (("case", "open", case, "--title", "OP X", "--in-charge", "iv"), 1)):
        done = book.call("di", *words)
        assert done.returncode == code and not done.stdout, done
    assert book.do("iv", "case", "view", case)["state"] == "open"


def a_mistyped_name_makes_no_register(book):
    """Only the first officer's enrolment begins one; everything else asks one that is there."""
    absent = os.path.join(book.folder, "regsiter.db")
    for words in (("case", "list"), ("figures", "show", "--month", "2026-03"), ("backup", absent + ".copy")):
        done = subprocess.run([CUSTOS, "register", *words, "--as", "ad", "--db", "sqlite:" + absent], capture_output=True,
                              text=True)
        assert done.returncode == 1 and absent in done.stderr and "No such file" in done.stderr, done
        assert not [name for name in os.listdir(book.folder) if name.startswith("regsiter")], os.listdir(book.folder)


def a_chain_of_custody_is_verified_without_the_register(book):
    case = book.do("iv", "case", "open", "--title", "OP CHAIN", "--in-charge", "iv")["ref"]
    exhibit = book.do("iv", "exhibit", "seize", "--case", case, "--kind", "usb", "--description", "a stick")["ref"]
    book.do("iv", "exhibit", "seal", exhibit, "--seal", "CLI-1")
    path = os.path.join(book.folder, "chain")
    with open(path, "w", encoding="utf-8") as file:
        file.write(book.call("iv", "exhibit", "chain", exhibit).stdout)
    done = subprocess.run([os.path.join(ROOT, "scripts", "verify-custody"), path], capture_output=True, text=True)
    assert done.returncode == 0 and "2 events" in done.stdout, done


def the_ledger_is_whole_after_all_this(book):
    done = subprocess.run([CUSTOS, "ledger", "verify", "--db", "sqlite:" + book.db], capture_output=True, text=True)
    if done.returncode == 2:
        return "there is no custos ledger"
    assert done.returncode == 0 and "as they were written" in done.stdout, done
    return None


def a_register_whose_log_was_changed_is_not_written_on(book):
    entries = "SELECT count(*) FROM ledger_entry"
    store = sqlite3.connect(book.db)
    before = store.execute(entries).fetchone()[0]
    original = store.execute("SELECT bytes FROM ledger_entry WHERE seq = 4").fetchone()[0]
    store.execute("UPDATE ledger_entry SET bytes = ? WHERE seq = 4", (original.replace(b"2026", b"2027"),))
    store.commit()
    done = book.call("iv", "case", "list")
    assert done.returncode == 1 and "is not as it was written" in done.stderr and not done.stdout, done
    assert store.execute(entries).fetchone()[0] == before
    store.execute("UPDATE ledger_entry SET bytes = ? WHERE seq = 4", (original,))
    store.commit()
    store.close()
    assert book.call("iv", "case", "list").returncode == 0


def a_register_whose_log_was_emptied_begins_no_other(book):
    """Neither an act nor a check puts a new log in the place of the one that is gone."""
    emptied = os.path.join(book.folder, "emptied.db")
    with sqlite3.connect(book.db) as one, sqlite3.connect(emptied) as other:
        one.backup(other)
        for table in ("secret", "case_key", "checkpoint", "node", "entry", "head"):
            other.execute("DELETE FROM ledger_" + table)
    other.close()
    for words in (("register", "case", "list", "--as", "iv"), ("register", "verify"), ("ledger", "verify"),
                  ("register", "officer", "enrol", "--number", "x", "--name", "X", "--rank", "staff", "--roles", "admin",
                   "--as", "ad")):
        done = subprocess.run([CUSTOS, *words, "--db", "sqlite:" + emptied, "--kek", book.db + ".kek"],
                              capture_output=True, text=True)
        assert done.returncode == 1 and "it was removed" in done.stderr, done
    assert sqlite3.connect(emptied).execute("SELECT count(*) FROM ledger_entry").fetchone() == (0,)


def secrets_that_somebody_deleted_were_not_erased_by_law(book):
    thinned = os.path.join(book.folder, "thinned.db")
    with sqlite3.connect(book.db) as one, sqlite3.connect(thinned) as other:
        one.backup(other)
        other.execute("DELETE FROM ledger_secret")
    other.close()
    done = subprocess.run([CUSTOS, "register", "verify", "--db", "sqlite:" + thinned, "--kek", book.db + ".kek"],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "0 were erased" in done.stdout, done
    assert "cannot be read in the log" in done.stdout and "erased by law" not in done.stdout, done


def a_changed_row_is_named(book):
    def verify(*options):
        return subprocess.run([CUSTOS, "register", "verify", "--db", "sqlite:" + book.db, *options], capture_output=True,
                              text=True)

    whole = json.loads(verify("--json").stdout)
    assert whole["whole"] and whole["rows"] > 20 and whole["unknown"] == 0, whole
    store = sqlite3.connect(book.db)
    for change, back, words in (
            ("UPDATE register_case SET title = 'OP SWITCH' WHERE title = 'OP STICK'",
             "UPDATE register_case SET title = 'OP STICK' WHERE title = 'OP SWITCH'", "is not as entry"),
            ("INSERT INTO register_content VALUES ('0', x'00')", "DELETE FROM register_content WHERE sha256 = '0'",
             "was added")):
        store.execute(change)
        store.commit()
        done = verify()
        assert done.returncode == 1 and words in done.stdout and words in done.stderr, done
        store.execute(back)
        store.commit()
    store.close()
    done = verify()
    assert done.returncode == 0 and done.stdout.startswith("whole: "), done


def a_backup_is_a_verified_copy(book):
    out = os.path.join(book.folder, "copy.db")
    kek = book.db + ".kek"

    def call(word, *options):
        return subprocess.run([CUSTOS, "register", word, *options], capture_output=True, text=True)

    done = call("backup", out, "--as", "iv", "--db", "sqlite:" + book.db)
    assert done.returncode == 1 and "Rule U1" in done.stderr and not os.path.exists(out), done
    done = call("backup", out, "--as", "ad", "--db", "sqlite:" + book.db)
    assert done.returncode == 0 and done.stdout.startswith("whole: the copy has "), done
    one, other = (sqlite3.connect(path) for path in (book.db, out))
    assert other.execute("SELECT name, made_by FROM register_backup_copy").fetchall() == [("copy.db", "ad")]
    for table in ("ledger_entry", "register_case", "register_content", "register_custody"):
        rows = [sorted(store.execute(f"SELECT * FROM {table}").fetchall()) for store in (one, other)]
        assert rows[0] == rows[1] and rows[0], table
    one.close()
    done = call("backup", out, "--as", "ad", "--db", "sqlite:" + book.db)
    assert done.returncode == 1 and "is there already" in done.stderr, done
    other.execute("UPDATE register_officer SET rank = 'inspector' WHERE ref = 'iv'")
    other.commit()
    other.close()
    done = call("verify", "--db", "sqlite:" + out, "--kek", kek)
    assert done.returncode == 1 and "register_officer iv is not as entry" in done.stdout, done


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        book = Register(folder)
        book.enrol()
        for test in (reports_are_read_in_the_child, a_hostile_package_is_kept_whatever_it_is,
                     a_file_of_no_format_is_received,
                     an_evidence_file_is_attached_by_its_seal_and_linked_to_the_report_that_names_a_file,
                     two_graders_grade_a_file, no_field_is_called_as_an_option_of_the_command_is,
                     a_refusal_is_a_sentence_with_its_rule_and_source,
                     a_text_of_several_lines_is_shown_in_lines, a_text_that_moves_a_cursor_is_refused,
                     a_word_that_an_act_does_not_take_is_wrong_use,
                     a_mistyped_name_makes_no_register, a_chain_of_custody_is_verified_without_the_register,
                     a_register_whose_log_was_changed_is_not_written_on,
                     a_register_whose_log_was_emptied_begins_no_other,
                     secrets_that_somebody_deleted_were_not_erased_by_law, a_changed_row_is_named,
                     a_backup_is_a_verified_copy, the_ledger_is_whole_after_all_this):
            tap.run(test.__name__.replace("_", " "), test, book)
    tap.end()


if __name__ == "__main__":
    assert BUILD
    main()
