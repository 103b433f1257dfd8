# SPDX-License-Identifier: MIT
"""The examples of a manual page: its lines `.Dl # SHELL COMMAND`; without `.Dl` in
pages of the macros man(7)."""
import re

COMMAND = re.compile(r"^\.It Cm ([a-z-]+(?: [a-z-]+)?)")
SECTION = re.compile(r"^\.S[hH] (.*)")
EXAMPLE = re.compile(r"^(?:\.Dl )?# (.*)")


def sections(path):
    """Yield NAME, [LINE...] of each command's item, and of each section, in the
    order of the page."""
    name, lines = None, []
    with open(path, encoding="utf-8") as page:
        for text in page:
            begins = COMMAND.match(text) or SECTION.match(text)
            if begins:
                if name:
                    yield name, lines
                name, lines = begins[1], []
            elif EXAMPLE.match(text):
                lines.append(EXAMPLE.match(text)[1])
    yield name, lines
