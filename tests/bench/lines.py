#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Count lines of code by folder: without blank lines and comments.

    tests/bench/lines [FOLDER...]     default: the folders of the project
"""

import os
import re
import sys

FOLDERS = ("hypervisor", "libctl", "toolstack", "svcvm", "pv-drivers", "tests")
C_LIKE = {".c", ".h", ".S", ".lds"}
HASH = {".sh", ".py", ".mk"}
# A comment, or a string or character that may hold what looks like one.
C_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
                     r"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def is_code(path):
    name = os.path.basename(path)
    extension = os.path.splitext(name)[1]
    if extension in C_LIKE or extension in HASH or name == "Makefile":
        return True
    if extension:
        return False
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def without_comment(match):
    token = match.group(0)
    return "\n" * token.count("\n") if token.startswith("/") else token


def count(path):
    """Return the number of lines that hold code."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    if os.path.splitext(path)[1] in C_LIKE:
        text = C_TOKEN.sub(without_comment, text)
        return sum(bool(line.strip()) for line in text.split("\n"))
    return sum(bool(line.strip()) and not line.lstrip().startswith("#")
               for line in text.split("\n"))


def files_of(folder):
    for top, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")
                      and name != "__pycache__"]
        for name in names:
            path = os.path.join(top, name)
            if os.path.isfile(path) and is_code(path):
                yield path


def by_folder(folder, depth=2):
    """Return {folder of at most `depth` names: lines}."""
    totals = {}
    for path in files_of(folder):
        parts = os.path.dirname(os.path.relpath(path)).split(os.sep)
        key = "/".join(parts[:depth])
        totals[key] = totals.get(key, 0) + count(path)
    return totals


def all_lines(folders=FOLDERS):
    totals = {}
    for folder in folders:
        if os.path.isdir(folder):
            totals.update(by_folder(folder))
            totals[folder + " in all"] = sum(
                lines for key, lines in totals.items()
                if key == folder or key.startswith(folder + "/"))
    return totals


def main():
    for key, lines in all_lines(sys.argv[1:] or FOLDERS).items():
        print(f"{lines:8} {key}")


if __name__ == "__main__":
    main()
