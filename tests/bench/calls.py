# SPDX-License-Identifier: MIT
"""What a system pays for the hypervisor: single operations, boot, memory.

The peer's column is Debian's Xen 4.17 with a PVH service VM in the same emulator
(docs/testing.md); like Corbel it gets no next RIP there and decodes every
intercepted instruction, so its exits cost more than on hardware.
"""

import os
import re
import subprocess
import sys
import tempfile

from counted import MEMORY_MIB, machine

STALL_LIMIT_NS = 1000000
# 16 MiB and 0.5 % of the memory.
MEMORY_LIMIT_KIB = 16 * 1024 + MEMORY_MIB * 1024 // 200

# name, unit, limit, peer, what it is; None where there is none.
FIGURES = (
    ("empty", "instructions", None, None, "two RDTSC in a row"),
    ("cpuid", "instructions", 800, 5348, "CPUID round trip"),
    ("null-hypercall", "instructions", 600, 5475, "xen_version"),
    ("unknown-hypercall", "instructions", None, 5438, "number 63"),
    ("rdmsr-apicbase", "instructions", None, 5599, "RDMSR APIC_BASE"),
    ("lapic-mmio-read", "instructions", 2500, 14900, "local APIC read"),
    ("tpr-write", "instructions", None, 18545, "local APIC TPR write"),
    ("yield", "instructions", 1500, 7259, "sched_op yield"),
    ("event-to-self", "instructions", 1800, 9443, "send to upcall entry"),
    ("page-out-and-in", "instructions", None, 36032,
     "decrease, populate 1 page"),
    ("grant-copy-4k", "instructions", None, 17670, "grant copy of a page"),
    ("timer-latency-ns", "ns", None, 11432, "deadline to upcall, asleep"),
    ("ipi-to-running", "instructions", None, 8824, "x2APIC IPI, target runs"),
    ("ipi-to-sleeping", "instructions", None, 10792,
     "x2APIC IPI, target in HLT"),
    ("populate-4g-stall-ns", "ns", STALL_LIMIT_NS, None,
     "longest a CPU is held: 4 GiB given to a guest"),
    ("destroy-4g-stall-ns", "ns", STALL_LIMIT_NS, None, "and taken back"),
    ("scrub-stall-ns", "ns", STALL_LIMIT_NS, None, "and cleared"),
    ("destroy-4g-us", "us", None, None, "end of a guest of 4 GiB"),
    ("power-on-to-guest-us", "us", None, None,
     "power-on to a small guest, firmware too"),
    ("boot-to-user-space-ms", "ms", None, 2034,
     "service-VM kernel start to user space"),
    ("hypervisor-memory-kib", "KiB", MEMORY_LIMIT_KIB, 48 * 1024,
     f"kept by the hypervisor of {MEMORY_MIB} MiB"),
    ("image-size-kib", "KiB", None, None, "build/corbel, stripped"),
    ("lines-of-code", "lines", 12000, None, "hypervisor/, no comments"),
)


def guest(args, name, cpus, append, *more, image="bench"):
    """Boot a benchmark guest and return its figures."""
    words = ["--cpus", str(cpus), "--expect", r"^\d+ passed, ", "--image",
             os.path.join(args.build, "bench", f"{image}.elf"), *more]
    if args.system == "xen":
        words += ["--append", f"peer {append}", "--iommu", "amd",
                  f"--options=dom0_max_vcpus={cpus}"]
    else:
        words += ["--append", append, "--boot", "pvh", "--hypervisor",
                  os.path.join(args.release, "corbel")]
    machine(args, args.system, name, *words)
    path = os.path.join(args.build, "run", f"bench-{name}", "serial.log")
    with open(path, encoding="utf-8", errors="replace") as file:
        log = file.read()
    figures = {key: int(value) for key, value in
               re.findall(r"^bench (\S+) (\d+)\r?$", log, re.MULTILINE)}
    kept = re.search(r"hypervisor memory: (\d+) KiB", log)
    if kept:
        figures["hypervisor-memory-kib"] = int(kept.group(1))
    return figures


def boot(args):
    """Boot the service VM's Linux and ask how long it took."""
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write("#!/bin/sh\ndmesg | grep 'as init process'\n")
        script.flush()
        words = ["--cpus", "1", "--script", script.name]
        if args.system == "corbel":
            words += ["--hypervisor", os.path.join(args.release, "corbel-mb1")]
        else:
            words += ["--iommu", "amd"]
        log = machine(args, args.system, "boot", *words)
    found = re.search(r"^\[ *(\d+)\.(\d{3})\d*\] Run ", log, re.MULTILINE)
    if not found:
        print(f"bench: boot: no answer\n{log[-2000:]}", file=sys.stderr)
        return {}
    return {"boot-to-user-space-ms":
            int(found.group(1)) * 1000 + int(found.group(2))}


def image_size(args):
    """Bytes of the segments that get loaded, without debug information."""
    stripped = os.path.join(args.build, "bench", "corbel.stripped")
    subprocess.run(["objcopy", "--strip-debug",
                    os.path.join(args.release, "corbel"), stripped], check=True)
    return {"image-size-kib": os.path.getsize(stripped) // 1024}


def print_table(figures, is_ours):
    """Returns whether all is there."""
    good = True
    print(f"{'figure':24}{'value':>10} {'unit':13}{'limit':>8}{'peer':>9}"
          "  what")
    for name, unit, limit, peer, what in FIGURES:
        value = figures.get(name)
        mark = ""
        if value is None:
            mark = "  MISSING"
            good = False
        elif is_ours and limit is not None and value > limit:
            mark = "  OVER"
        print(f"{name:24}{'-' if value is None else value:>10} {unit:13}"
              f"{'' if limit is None else limit:>8}"
              f"{'' if peer is None else peer:>9}  {what}{mark}")
    return good


def measure(args):
    """{name: value}"""
    figures = guest(args, "one", 1, "")
    figures.update(guest(args, "two", 2, "ipi"))
    if args.system == "corbel":
        big = guest(args, "memory", 1, "", "--memory", "5G",
                    "--options=svcvm_mem=256M", image="memory")
        figures = {**big, **figures}
    if not args.no_boot:
        figures.update(boot(args))
    if args.system == "corbel":
        figures.update(image_size(args))
    return figures
