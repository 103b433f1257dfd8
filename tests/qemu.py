# SPDX-License-Identifier: MIT
"""The machine under test: the one place that knows QEMU's command line.

What QEMU emulates here is real hardware for the system under test: an AMD
processor with SVM and nested paging on a q35 board.
"""

import os
import shutil
import subprocess

DISK_SIZE = 256 << 20
OVMF = "/usr/share/OVMF/OVMF_{}_4M.fd"

BOOTS = ("mb1", "pvh", "bios", "uefi")
IOMMUS = ("none", "intel", "amd")
DISKS = ("nvme", "ahci", "virtio")
NICS = ("e1000e", "virtio")

IOMMU = {
    "none": [],
    "intel": ["-device", "intel-iommu,intremap=on,aw-bits=48"],
    "amd": ["-device", "amd-iommu,intremap=on"],
}

# DMA goes through the kernel's layer for it, as any other device's.
VIRTIO = ",disable-legacy=on,iommu_platform=on"

# No menu: it would wait for a key after an error.
GRUB_CONFIG = """\
serial --unit=0 --speed=115200
terminal_output serial
if multiboot2 /boot/hypervisor {options}; then
	module2 /boot/kernel {append}
	{initramfs}
	boot
fi
halt
"""


def double_commas(text):
    """QEMU splits its option strings at single commas."""
    return text.replace(",", ",,")


class Machine:
    """One machine: its parts, and the command that starts it.

    boot is how `hypervisor` gets started: by QEMU as multiboot1 (mb1) or PVH
    (pvh) kernel, by GRUB from a CD (bios, uefi), or `linux`: no hypervisor,
    QEMU starts `kernel` itself. With `given`, `extra` says what to start.
    `folder` takes the files made for this run.
    """

    def __init__(self, folder, boot="mb1"):
        self.folder = folder
        self.boot = boot
        self.hypervisor = None
        self.options = ""
        self.kernel = None
        self.append = ""
        self.initramfs = None
        self.cpus = 2
        self.memory = "2G"
        self.cpu = "max"
        self.iommu = "none"
        self.icount = False
        # With several threads QEMU 7.2 now and then forgets that processor 0
        # has left guest mode (docs/caveats.md, "The emulator").
        self.threads = "single"
        self.may_reboot = False
        self.disks = []
        self.nics = []
        self.extra = []
        self.interactive = False

    def command(self):
        """The whole command; makes the files it names."""
        return (["qemu-system-x86_64", "-nodefaults", "-display", "none",
                 "-machine", "q35", "-m", self.memory,
                 "-cpu", self.cpu, "-smp", str(self.cpus),
                 "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
                + self._clock() + self._console()
                + IOMMU[self.iommu]
                + self._boot() + self._disks() + self._nics()
                + ([] if self.may_reboot else ["-no-reboot"])
                + self.extra)

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _clock(self):
        if not self.icount:
            return ["-accel", f"tcg,thread={self.threads}"]
        return ["-accel", "tcg,thread=single",
                "-icount", "shift=0,sleep=off",
                "-rtc", "base=2026-01-01T00:00:00,clock=vm", "-seed", "1"]

    def _console(self):
        if self.interactive:
            return ["-serial", "mon:stdio"]
        return ["-serial", "stdio", "-monitor", "none"]

    def _boot(self):
        if self.boot == "given":
            return []
        if self.boot == "linux":
            return (["-kernel", self.kernel, "-append", self.append]
                    + (["-initrd", self.initramfs] if self.initramfs else []))
        if self.boot == "mb1":
            modules = double_commas(f"{self.kernel} {self.append}".rstrip())
            if self.initramfs:
                modules += "," + double_commas(self.initramfs)
            return ["-kernel", self.hypervisor, "-append", self.options,
                    "-initrd", modules]
        if self.boot == "pvh":
            line = self.options + (f" -- {self.append}" if self.append else "")
            return ["-kernel", self.hypervisor, "-append", line,
                    "-initrd", self.kernel]
        firmware = self._uefi() if self.boot == "uefi" else []
        return firmware + ["-drive", f"if=none,id=cd,format=raw,readonly=on,"
                           f"media=cdrom,file={double_commas(self._iso())}",
                           "-device", "ide-cd,drive=cd,bus=ide.5,bootindex=0"]

    def _uefi(self):
        variables = self._path("ovmf-vars.fd")
        shutil.copyfile(OVMF.format("VARS"), variables)
        return ["-drive", "if=pflash,unit=0,format=raw,readonly=on,"
                f"file={OVMF.format('CODE')}",
                "-drive", "if=pflash,unit=1,format=raw,"
                f"file={double_commas(variables)}"]

    def _iso(self):
        """Write a CD that starts GRUB from BIOS and from UEFI."""
        config = self._path("grub.cfg")
        parts = {"boot/grub/grub.cfg": config,
                 "boot/hypervisor": self.hypervisor,
                 "boot/kernel": self.kernel}
        initramfs = ""
        if self.initramfs:
            parts["boot/initramfs"] = self.initramfs
            initramfs = "module2 /boot/initramfs"
        with open(config, "w", encoding="ascii") as file:
            file.write(GRUB_CONFIG.format(options=self.options,
                                          append=self.append,
                                          initramfs=initramfs))
        iso = self._path("boot.iso")
        with open(self._path("grub-mkrescue.log"), "wb") as log:
            subprocess.run(["grub-mkrescue", "-o", iso]
                           + [f"{name}={file}" for name, file in parts.items()],
                           stdout=log, stderr=log, check=True)
        return iso

    def _disks(self):
        """Disks are KIND or KIND=FILE; without a file, a new empty one."""
        arguments = []
        for number, disk in enumerate(self.disks):
            kind, _, file = disk.partition("=")
            if not file:
                file = self._path(f"disk{number}-{kind}.raw")
                with open(file, "wb") as image:
                    image.truncate(DISK_SIZE)
            name = f"disk{number}"
            device = {
                "nvme": f"nvme,serial={name}",
                "ahci": f"ide-hd,bus=ide.{number}",
                "virtio": f"virtio-blk-pci,serial={name}" + VIRTIO,
            }[kind]
            arguments += ["-drive", f"if=none,id={name},format=raw,"
                          f"file={double_commas(file)}",
                          "-device", f"{device},drive={name}"]
        return arguments

    def _nics(self):
        """Each on a user network of its own, 10.0.2.0/24 the first. Port 7
        of its address 100 is outside of the machine, and sends all back."""
        arguments = []
        for number, kind in enumerate(self.nics):
            name = f"net{number}"
            device = {
                "e1000e": "e1000e",
                "virtio": "virtio-net-pci" + VIRTIO,
            }[kind]
            arguments += ["-netdev", f"user,id={name},"
                          f"net=10.0.{2 + number}.0/24,"
                          f"guestfwd=tcp:10.0.{2 + number}.100:7-cmd:cat",
                          "-device", f"{device},netdev={name},romfile="]
        return arguments
