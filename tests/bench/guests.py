# SPDX-License-Identifier: MIT
"""What guests cost, on Corbel and on Debian's Xen in the same machine.

guests.sh runs in the service VM and tells times; QEMU's log of exits from guest
mode tells what happened between them.
"""

import collections
import os
import re
import shutil
import subprocess

from counted import HERE, machine

# One line for each #VMEXIT: code, EXITINFO1, ...
EXIT = re.compile(r"vmexit\(([0-9a-f]{8}), ([0-9a-f]{16})")
EXIT_IO = 0x7B
EXIT_VMMCALL = 0x81
# Where load.c says that a piece of work begins and ends.
PORT_BEGIN = 0x84
PORT_END = 0x85

PEER_PACKAGES = ("xen-utils-4.17", "xenstore-utils")

# Column: system of tests/machine, options of its hypervisor.
COLUMNS = {
    "corbel": ("corbel", "svcvm_mem=1G"),
    "xen pv": ("xen", "dom0=pv"),
    "xen pvh": ("xen", "dom0_max_vcpus=1"),
}

# Disks through corbel-blkback; the peer's kernel back end stands beside them.
OWN, KERNELS = "own-", "disk-"
NETWORK = ("net-", "guests-")

LESS, MORE = "less", "more"  # which is better

Row = collections.namedtuple("Row", "name unit better what")

CREATE_ROWS = (
    ("plain", "a guest of 256 MiB"),
    ("devices", "the same with a disk and a network card"),
)
DISK_ROWS = (
    ("read-4k", "random read of 4 KiB, 1 at a time"),
    ("write-4k", "random write of 4 KiB, 1 at a time"),
    ("read-4k-16", "random read of 4 KiB, 16 at a time"),
    ("write-4k-16", "random write of 4 KiB, 16 at a time"),
)
STREAM_ROWS = (("read-1m", "read"), ("write-1m", "write"))
NET_ROWS = (("net", "service VM"), ("guests", "another guest"))


def disk_rows(prefix, backend):
    rows = []
    for name, what in DISK_ROWS:
        name = prefix + name
        rows += [Row(name, "us", LESS, f"{backend}, {what}"),
                 Row(name + "-exits", "exits", LESS, "exits of it"),
                 Row(name + "-calls", "calls", LESS, "hypercalls of it")]
    for name, what in STREAM_ROWS:
        rows.append(Row(prefix + name, "MB/s", MORE,
                        f"{backend}, {what} of 1 MiB in order"))
    return rows


def rows():
    """All rows in the order of the table."""
    result = []
    for name, what in CREATE_ROWS:
        result += [
            Row(f"{name}-returns", "ms", LESS, f"create {what}: returns"),
            Row(f"{name}-user-space", "ms", LESS, "until its user space"),
            Row(f"{name}-destroyed", "ms", LESS, "destroy it")]
    result += [
        Row("hypervisor", "KiB", LESS, "hypervisor's memory beside a guest's"),
        Row("service-vm", "KiB", LESS, "service VM's processes for it")]
    result += disk_rows(KERNELS, "kernel's back end")
    result += disk_rows(OWN, "corbel-blkback")
    for prefix, peer in NET_ROWS:
        result += [
            Row(f"{prefix}-request", "us", LESS,
                f"request and response with {peer}"),
            Row(f"{prefix}-request-exits", "exits", LESS, "exits a packet"),
            Row(f"{prefix}-request-calls", "calls", LESS,
                "hypercalls a packet"),
            Row(f"{prefix}-send", "Mbit/s", MORE, f"stream to {peer}"),
            Row(f"{prefix}-send-exits", "exits", LESS, "exits a packet"),
            Row(f"{prefix}-send-calls", "calls", LESS, "hypercalls a packet"),
            Row(f"{prefix}-receive", "Mbit/s", MORE, f"stream from {peer}")]
    return result


def pack_overlay(args):
    """The benchmark's part of the guests' initramfs."""
    folder = os.path.join(args.build, "bench")
    tree = os.path.join(folder, "overlay")
    os.makedirs(tree, exist_ok=True)
    for name, source in (("init", os.path.join(HERE, "guest-init")),
                         ("load", os.path.join(folder, "load"))):
        shutil.copy(source, os.path.join(tree, name))
        os.chmod(os.path.join(tree, name), 0o755)
    path = os.path.join(folder, "overlay.cpio")
    with open(path, "wb") as out:
        subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"],
                       input=b"init\nload\n", stdout=out, cwd=tree, check=True)
    return path


def count_exits(path):
    """[(exits, hypercalls)] for each piece of work in the log."""
    pieces = []
    count = None
    with open(path, encoding="ascii", errors="replace") as log:
        for line in log:
            found = EXIT.match(line)
            if not found:
                continue
            code, info = (int(text, 16) for text in found.groups())
            port = info >> 16 if code == EXIT_IO else None
            if port == PORT_BEGIN:
                count = [0, 0]
            elif port == PORT_END and count:
                pieces.append(tuple(count))
                count = None
            elif count:
                count[0] += 1
                count[1] += code == EXIT_VMMCALL
    return pieces


def add_work(figures, name, words, exits):
    """One piece of work: its speed, and what it took of the hypervisor."""
    count, nanoseconds, packets = (int(word) for word in words)
    if name.endswith("-1m"):
        figures[name] = round(count * 1.048576e9 / nanoseconds)
    elif name.endswith(("send", "receive")):
        figures[name] = round(count * 8 * 1.048576e9 / nanoseconds)
    else:
        figures[name] = round(nanoseconds / count / 1000, 1)
    units = packets if name.startswith(NETWORK) else count
    figures[name + "-exits"] = round(exits[0] / units, 2)
    figures[name + "-calls"] = round(exits[1] / units, 2)


def figures_of(output, exits):
    """{name: value} out of what guests.sh printed."""
    figures = {}
    for line in output.splitlines():
        kind, *words = line.split() or [""]
        if kind == "time" and len(words) == 2:
            figures[words[0]] = round(int(words[1]) / 1000, 1)
        elif kind == "kib" and len(words) == 2:
            figures[words[0]] = int(words[1])
        elif kind == "work" and len(words) == 4 and exits:
            add_work(figures, words[0], words[1:], exits.pop(0))
    return figures


def measure_column(args, column):
    system, options = COLUMNS[column]
    name = f"guests-{column.replace(' ', '-')}"
    folder = os.path.join(args.build, "run", f"bench-{name}")
    os.makedirs(folder, exist_ok=True)
    log = os.path.join(folder, "exits.log")
    marker = os.path.join(folder, "system")
    with open(marker, "w", encoding="ascii") as out:
        out.write(system + "\n")
    words = ["--guest", "--iommu", "amd", "--cpus", "1",
             f"--options={options}",
             "--script", os.path.join(HERE, "guests.sh")]
    for file in (os.path.join(HERE, f"toolstack-{system}"),
                 os.path.join(args.build, "bench", "load"),
                 os.path.join(args.build, "bench", "overlay.cpio"),
                 os.path.join(args.build, "image", "kernel", "vmlinux"),
                 marker):
        words += ["--file", file]
    if system == "xen":
        for package in PEER_PACKAGES:
            words += ["--package", package]
    else:
        words += ["--hypervisor", os.path.join(args.release, "corbel-mb1")]
    # A log of the code between these addresses, where there is none, holds
    # nothing but the exits.
    words += ["--", "-d", "in_asm", "-dfilter", "0x1..0x2", "-D", log]
    output = machine(args, system, name, *words)
    figures = figures_of(output, count_exits(log))
    if not figures:
        print(f"bench: {column}: no figures\n{output[-3000:]}")
    os.remove(log)
    return figures


def value_of(figures, name):
    if name.startswith(OWN) and name not in figures:
        name = KERNELS + name[len(OWN):]
    return figures.get(name)


def measure(args):
    """[{name, unit, better, what, values, ratio}]"""
    pack_overlay(args)
    columns = {column: measure_column(args, column) for column in args.columns}
    table = []
    for row in rows():
        values = {column: value_of(figures, row.name)
                  for column, figures in columns.items()}
        table.append({**row._asdict(), "values": values,
                      "ratio": ratio(row, values)})
    return table


def is_counted(row, column):
    """A PV service VM's hypercalls are no exits: they are not in the log."""
    return not (column == "xen pv" and row.name.endswith("-calls"))


def ratio(row, values):
    """How many times better than the better of the peer's columns."""
    ours = values.get("corbel")
    peers = [value for column, value in values.items()
             if column != "corbel" and value is not None
             and is_counted(row, column)]
    if not ours or not peers:
        return None
    if row.better == LESS:
        return round(min(peers) / ours, 2)
    return round(ours / max(peers), 2)


def print_table(table):
    """Returns whether all is there."""
    columns = list(table[0]["values"])
    print(f"{'figure':26}" + "".join(f"{name:>10}" for name in columns)
          + f" {'unit':8}{'ratio':>6}  what")
    good = True
    for row in table:
        values = row["values"]
        missing = None in values.values()
        good = good and not missing
        mark = "  MISSING" if missing else \
            "  BEHIND" if row["ratio"] is not None and row["ratio"] < 1 else ""
        print(f"{row['name']:26}"
              + "".join(f"{'-' if value is None else value:>10}"
                        for value in values.values())
              + f" {row['unit']:8}"
              + f"{'' if row['ratio'] is None else row['ratio']:>6}"
              + f"  {row['what']}{mark}")
    print("ratio: how many times better than the better of the peer's; a PV "
          "service VM's\nhypercalls and traps are no exits and are not in its "
          "column")
    return good
