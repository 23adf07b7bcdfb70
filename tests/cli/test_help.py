#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Help, the manual and completion say the same of every command, action and option."""
import os
import re
import subprocess

from support import BUILD, CUSTOS, Tap, run

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
COMPLETE = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _custos; printf "%s\\n" "${COMPREPLY[@]}"'


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def words(*of):
    done = run("help", "--words", *of)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().split()


def manual(command):
    """A page without its marks; that of the register is made by the program."""
    if os.path.exists(os.path.join(ROOT, "docs", "man", f"custos-{command}.1.scd")):
        text = read("docs", "man", f"custos-{command}.1.scd")
    else:
        text = run(command, "manual").stdout.decode()
    return text.replace("*", "").replace("_", "").replace("\\", "")


def says_the_same(*name):
    told = run(*name, "--help")
    text = told.stdout.decode()
    assert told.returncode == 0 and f"custos {' '.join(name)}" in text, told
    assert run("help", *name).stdout == told.stdout
    page = manual(name[0])
    assert " ".join(name) in page
    for option in words(*name):
        assert f"  {option}" in text, option
        assert option in page or option == "--output", f"{option} is not in custos-{name[0]}(1)"


def refuses_what_it_has_not(*name):
    done = run(*name, "--no-such-option")
    assert done.returncode == 2 and b"--no-such-option" in done.stderr and done.stdout == b"", done


def has_every_command(commands):
    page = read("docs", "man", "custos.1.scd")
    assert len(commands) >= 8
    for command in commands:
        assert f"\n*{command}*\n" in page, command


def names_a_page_that_there_is(commands):
    pages = [name.removesuffix(".scd") for name in os.listdir(os.path.join(ROOT, "docs", "man"))]
    for command in commands:
        said, page = run("help", command).stdout.decode().splitlines()[-1].split(": man ")
        assert said == "The manual" and f"{page}.1" in pages + ["custos-register.1"], page


def has_every_format():
    told = run("help", "hashset", "import").stdout.decode().split("formats of import:\n")[1].split("\n\n")[0]
    table = read("docs", "man", "custos-hashset.1.scd").split("# FORMATS")[1].split("# EXIT")[0]
    marked = [name for line in table.splitlines() if line[:2] in ("[[", "| ") for name in re.findall(r"\*(\w+)\*", line)]
    assert sorted(line.split()[0] for line in told.splitlines()) == sorted(marked) and len(marked) > 10, (told, marked)


def refuses_what_is_none():
    for words_ in (("nothing",), ("hashset", "nothing"), ("hashset", "info", "more")):
        assert run("help", *words_).returncode == 2, words_


def tells_of_each_kind():
    """The register's kinds and their actions are told of as actions are."""
    kinds = [kind for kind in words("register") if kind not in ("verify", "backup", "policy")]
    assert len(kinds) > 40, kinds
    for kind in kinds:
        told = run("help", "register", kind)
        assert told.returncode == 0 and told.stdout.startswith(kind.encode() + b": "), told
        assert run("register", kind, "--help").stdout == told.stdout
        actions = words("register", kind)
        assert actions[-2:] == ["view", "list"], actions
        for action in actions[:-2]:
            one = run("help", "register", kind, action)
            assert one.returncode == 0 and f"\n  {action}: ".encode() in one.stdout, one
            assert run("register", kind, action, "--help").stdout == one.stdout
            assert one.stdout.count(b"who may:") == 1
            for option in words("register", kind, action)[:-5]:
                assert f"{option} ".encode() in one.stdout, (kind, action, option)
    for wrong in (("register", "exhibti"), ("register", "exhibit", "seise"), ("register", "exhibit", "seize", "x")):
        assert run("help", *wrong).returncode == 2, wrong
    assert not re.search(r"[^.]\.\.\s", run("register", "manual").stdout.decode())


def what_a_kind_cannot_is_told_first():
    """Before it is asked who acts, and on which register."""
    for action in ("seise", "--mark"):
        done = run("register", "exhibit", action)
        assert done.returncode == 2 and f'exhibit cannot "{action}"'.encode() in done.stderr, done
    for kind in ("exhibit", "figures"):
        assert b"say who you are" in run("register", kind, "list").stderr


def policy_says_what_it_has_not():
    for key in ("nothing", "--json"):
        done = run("register", "policy", key)
        assert done.returncode == 1 and key.encode() in done.stderr and not done.stdout, done
    assert run("register", "policy", "W1").stdout.startswith(b"rule W1 ")
    assert run("register", "policy", "W1", "W2").returncode == 2


def completes(line, expected):
    done = subprocess.run(["bash", "-c", COMPLETE, "bash", os.path.join(ROOT, "scripts", "completion.bash"), CUSTOS,
                           *line.split(" ")], capture_output=True, text=True, check=False)
    assert done.stdout.split() == expected, (done.stdout, done.stderr)


def a_program_tells_of_itself(name, page, *call):
    """What has no commands: its help, its version, and errors that move no cursor."""
    def call_it(*words_):
        return subprocess.run([os.path.join(BUILD, name), *words_], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60)

    told = call_it("--help")
    text = told.stdout.decode()
    assert told.returncode == 0 and not told.stderr and f"\nusage: {name} " in text, told
    assert call_it("-h").stdout == told.stdout
    page = read("docs", "man", page).replace("*", "").replace("_", "").replace("\\", "")
    assert text.split("\n")[0] in page
    options = re.findall(r"^  (--[a-z]+) ", text, re.MULTILINE)
    assert len(options) >= 3, text
    for option in [*options, "--help", "--version"]:
        assert option in page and option in text, option
    version = call_it("--version")
    assert version.returncode == 0 and version.stdout.decode().split() == [name, run("--version").stdout.decode().split()[1]]
    wrong = call_it("--no-such-option")
    assert wrong.returncode == 2 and b"--no-such-option" in wrong.stderr and b"usage: " in wrong.stderr, wrong
    assert not wrong.stdout
    failed = call_it(*call)
    assert failed.returncode == 1 and b"\x1b" not in failed.stderr and b"\\x1b[2J" in failed.stderr, failed
    assert failed.stderr.startswith(name.encode() + b": could not ") and failed.stderr.count(b"\n") == 1, failed
    with open("/dev/full", "wb") as full:
        done = subprocess.run([os.path.join(BUILD, name), "--help"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1 and b"standard output" in done.stderr, done


def main():
    tap = Tap()
    commands = words()
    tap.run("custos(1) has every command", has_every_command, commands)
    for command in commands:
        actions = [word for word in words(command) if not word.startswith("-")]
        if command == "register":
            actions = ["verify", "backup"]  # the others are its kinds
        names = [(command, action) for action in actions] + ([(command,)] if command != "help" else [])
        for name in names:
            tap.run(f"help, manual and completion of {' '.join(name)} agree", says_the_same, *name)
            if name != ("register",):  # whose options are fields of its kinds
                tap.run(f"{' '.join(name)} refuses an option that it has not", refuses_what_it_has_not, *name)
    for name, page, *call in (("custos-signd", "custos-signd.8.scd", "--state", "/nowhere/\x1b[2J", "--socket", "s"),
                              ("custos-witness", "custos-witness.8.scd", "--state", "/nowhere/\x1b[2J", "--once"),
                              ("custos-verify", "custos-verify-bundle.1.scd", "--policy", "/nowhere/\x1b[2J", "x")):
        tap.run(f"{name} tells of itself", a_program_tells_of_itself, name, page, *call)
    tap.run("help of each command names a page that there is", names_a_page_that_there_is, commands)
    tap.run("custos-hashset(1) has every format of import", has_every_format)
    tap.run("help of what is none is wrong use", refuses_what_is_none)
    tap.run("help tells of each kind of the register, and of each action", tells_of_each_kind)
    tap.run("what a kind of the register cannot is told first", what_a_kind_cannot_is_told_first)
    tap.run("the policy says what it has not", policy_says_what_it_has_not)
    for line, expected in (("", commands), ("hashset e", ["export"]), ("hashset import --k", ["--known-good"]),
                           ("scan image.raw --r", ["--resume"]), ("help ledger r", ["rotate", "recover"]),
                           ("register exhib", ["exhibit"]), ("register exhibit se", ["seize", "seal"]),
                           ("help register exhibit unsea", ["unseal"]),
                           ("register exhibit seal C-1:ABC/1 --se", ["--seal"]), ("nothing --r", [])):
        tap.run(f"bash completes \"{line}\"", completes, line, expected)
    tap.end()


if __name__ == "__main__":
    main()
