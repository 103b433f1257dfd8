# SPDX-License-Identifier: MIT
"""What runs outside of the machine for its guests to talk to."""

import os
import socket
import subprocess


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Iperf3:
    """Its server, on this host alone, until the end of the `with`."""

    def __init__(self, folder):
        self.port = free_port()
        self.log = os.path.join(folder, "iperf3.log")
        self.process = None

    def __enter__(self):
        # It must not outlive this program, whatever ends that.
        command = ["setpriv", "--pdeathsig", "KILL", "--", "iperf3", "--server",
                   "--bind", "127.0.0.1", "--port", str(self.port),
                   "--logfile", self.log]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
