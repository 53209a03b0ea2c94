"""Hosts on this machine, for tests: each has an address, processes, a home, a cache and temporary files of its own.

They are made of network and mount namespaces, which needs root and Debian's iproute2 and util-linux. What a host keeps
is in its folder, which it has as /mnt; it sees nothing of the folders of the others.
"""

import os
import shutil
import signal
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import children_of, wait_for

from compare import HOME

INSIDE = Path("/mnt")
TOOLS = ("ip", "unshare", "nsenter", "mount")
INIT = """
hostname "$1" && mount --bind "$2" /mnt && mount --bind /mnt/hosts /etc/hosts && mount -t tmpfs shm /dev/shm &&
mount -t tmpfs hidden "$3" && touch /mnt/ready && exec sleep infinity
"""


@dataclass
class Host:
    """A host that is running."""

    name: str
    address: str
    folder: Path
    """Its files, as this process sees them."""
    network: str
    switch: str
    """The network namespaces of this host, and of the switch to which all are connected."""
    process: subprocess.Popen

    def command(self, *arguments):
        """The command line that runs another one on this host, in its folder."""
        (init,) = children_of(self.process.pid)
        changes = {"HOME": INSIDE, "TMPDIR": INSIDE / "tmp", "XDG_CACHE_HOME": INSIDE / "cache", "PYTHONPATH": HOME,
                   "KERAS_OR_ME_STORE": INSIDE / "store", "RAY_USAGE_STATS_ENABLED": 0}
        return ["nsenter", "-t", str(init), "-a", "env", "--chdir=/mnt", "-u", "RAY_AUTH_MODE",
                *(f"{name}={value}" for name, value in changes.items()), *map(str, arguments)]

    def processes(self):
        """The command lines of its processes."""
        pids = subprocess.run(["ip", "netns", "pids", self.network], capture_output=True, text=True, check=True).stdout
        listed = subprocess.run(["ps", "-ww", "-o", "args=", "-p", ",".join(pids.split())], capture_output=True,
                                text=True, check=False)
        return listed.stdout.splitlines()

    def vanish(self):
        """Ends it as a power failure does: its network is silent, and then none of its processes is left."""
        subprocess.run(["ip", "-n", self.switch, "link", "set", self.name, "down"], check=True)
        for init in children_of(self.process.pid):
            os.kill(init, signal.SIGKILL)
        self.process.wait(60)


def reason_against():
    """Why no hosts can be made here; empty where they can."""
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        return f"needs the program {missing[0]}"
    name = f"try{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"network namespaces cannot be made here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


@contextmanager
def running(place, *names):
    """Hosts with these names, connected to each other and to nothing else; their files are below `place`."""
    mark = f"h{os.getpid()}"
    hosts = []
    with ExitStack() as ended:
        switch = _network(mark, ended)
        _ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", switch, "link", "set", "bridge", "up")
        addresses = {name: f"10.77.0.{number}" for number, name in enumerate(names, 1)}
        for name, address in addresses.items():
            network = _network(f"{mark}{name}", ended)
            _ip("link", "add", "eth0", "netns", network, "type", "veth", "peer", "name", name, "netns", switch)
            for where, link, *change in ((switch, name, "master", "bridge"), (switch, name, "up"),
                                         (network, "lo", "up"), (network, "eth0", "up")):
                _ip("-n", where, "link", "set", link, *change)
            _ip("-n", network, "addr", "add", f"{address}/24", "dev", "eth0")
            folder = place / name
            (folder / "tmp").mkdir(parents=True)
            (folder / "hosts").write_text("127.0.0.1 localhost\n" + "".join(
                f"{each} {other}\n" for other, each in addresses.items()))
            process = subprocess.Popen(["ip", "netns", "exec", network, "unshare", "--mount", "--uts", "--ipc", "--pid",
                                        "--fork", "--kill-child", "--mount-proc", "sh", "-c", INIT, "sh", name,
                                        str(folder), str(place)])
            ended.callback(process.wait)
            ended.callback(process.kill)
            hosts.append(Host(name, address, folder, network, switch, process))
        for host in hosts:
            wait_for((host.folder / "ready").exists, 60)
        yield hosts


def _network(name, ended):
    _ip("netns", "add", name)
    ended.callback(_ip, "netns", "del", name)
    return name


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)
