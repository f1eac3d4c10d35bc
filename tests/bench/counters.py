"""What work costs beside time, as counters.cpp has it for the engine: the processors' seconds of this process and, where
the machine counts them, instructions and cycles."""

import ctypes
import os
import struct
import time

HARDWARE, CYCLES, INSTRUCTIONS = 0, 0, 1
INHERIT, EXCLUDE_KERNEL, EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6
SYSTEM_CALLS = {"x86_64": 298, "aarch64": 241}  # perf_event_open


def open_counter(what):
    """A descriptor, or -1 where the machine has no such counter."""
    number = SYSTEM_CALLS.get(os.uname().machine)
    if number is None:
        return -1
    flags = INHERIT | EXCLUDE_KERNEL | EXCLUDE_HYPERVISOR
    attributes = struct.pack("IIQQQQQIIQ", HARDWARE, 64, what, 0, 0, 0, flags, 0, 0, 0)
    call = ctypes.CDLL(None, use_errno=True).syscall
    return call(number, attributes, 0, -1, -1, ctypes.c_ulong(0))


class Counters:
    """Of the threads that are started after this was made: before torch is imported."""

    def __init__(self):
        self.descriptors = {
            "instructions": open_counter(INSTRUCTIONS),
            "cycles": open_counter(CYCLES),
        }

    def now(self):
        """{"processor": seconds} and, where they are counted, "instructions" and "cycles"."""
        work = {"processor": time.process_time()}
        if min(self.descriptors.values()) >= 0:
            for name, descriptor in self.descriptors.items():
                work[name] = struct.unpack("Q", os.read(descriptor, 8))[0]
        return work
