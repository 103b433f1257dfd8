# SPDX-License-Identifier: MIT
"""The machine that figures come from: its time counts instructions."""

import os
import subprocess
import sys

from importlib.machinery import SourceFileLoader

HERE = os.path.dirname(os.path.realpath(__file__))
MACHINE = os.path.join(HERE, "..", "machine")
sys.path.insert(0, os.path.dirname(MACHINE))
PEER_CPU = SourceFileLoader("machine", MACHINE).load_module().PEER_CPU
MEMORY_MIB = 4096


def machine(args, system, name, *words):
    """Run tests/machine and return what it printed."""
    command = [MACHINE, "--build", args.build, "--name", f"bench-{name}",
               "--icount", "--cpu", PEER_CPU, "--memory", f"{MEMORY_MIB}M",
               "--timeout", str(args.timeout), "--system", system]
    done = subprocess.run(command + list(words), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    return done.stdout.decode(errors="replace")
