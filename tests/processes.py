"""Processes that a test starts: the program itself, whether a process runs, and waiting for what it does."""

import ipaddress
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from compare import HOME


def command(*arguments):
    """The command line of the program."""
    return [sys.executable, "-m", "compare", *arguments]


def variables(place, **changes):
    """The variables of a process that has its cache in a folder."""
    return {**os.environ, "XDG_CACHE_HOME": str(place / ".cache"), "PYTHONPATH": str(HOME), **changes}


def compare(place, *arguments, **changes):
    """Runs the program in a folder; returns its exit code, stdout and stderr."""
    child = subprocess.run(command(*arguments), cwd=place, env=variables(place, **changes), capture_output=True,
                           text=True, timeout=300)
    return child.returncode, child.stdout, child.stderr


def run_python(code: str, **environment: str) -> str:
    """The standard output of a new interpreter in the root of the repository."""
    child = subprocess.run(
        [sys.executable, "-c", code],
        cwd=HOME,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stderr == ""
    return child.stdout.strip()


def is_running(pid):
    """Whether a process exists and is not a zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def wait_for(condition, seconds):
    """Waits until a condition is met, and returns its value; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "timed out"
        time.sleep(0.05)
    return result


def children_of(pid):
    """The ids of the processes that a process has started itself."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return [int(text) for text in listed.split()]


def members_of(group):
    """The ids of the processes of a process group that are running."""
    rows = map(str.split, subprocess.run(["ps", "-e", "-o", "pgid=,stat=,pid="], capture_output=True,
                                         text=True).stdout.splitlines())
    return [int(pid) for leader, state, pid in rows if leader == str(group) and not state.startswith("Z")]


def processes_below(pid):
    """The command lines of all processes below a process, by their ids."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    below = {pid}
    for _ in rows:
        more = {int(child) for child, parent, *_ in rows if int(parent) in below} - below
        if not more:
            break
        below |= more
    return {int(child): " ".join(rest) for child, _, *rest in rows if int(child) in below - {pid}}


def listeners(pids):
    """(address, port) of every TCP port at which some processes listen, as /proc has them."""
    inodes = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                inodes.update(re.findall(r"^socket:\[(\d+)\]", os.readlink(entry)))
            except OSError:  # closed in the meantime
                continue
    addresses = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and inode in inodes:
                host, port = local.split(":")
                words = b"".join(bytes.fromhex(host[i:i + 8])[::-1] for i in range(0, len(host), 8))
                address = ipaddress.ip_address(words)
                addresses.append((str(getattr(address, "ipv4_mapped", None) or address), int(port, 16)))
    return addresses
