"""A real short run on MNIST that compare browse serves, for the tests over HTTP and in a browser."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from urllib.parse import quote

SCENARIO = '''"""Does a sigmoid slow it down?"""
from scenarios.spec.fields import changed
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

BASE = Spec(Data(first=640), (Flatten(), Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.01),
            Training(epochs=3, batch_size=32))
HIDDEN = changed(BASE, {"layers": (Flatten(), Dense(8), Activation("relu"), Dense(10), Activation("softmax")),
                        "data.divisor": 255.0})

def last_loss(*traces):
    return float(max(trace["reported/train/loss"][-1] for trace in traces))

SCENARIO = Scenario(
    name="shown", title="Does a sigmoid slow it down?", question="Is it the sigmoid?",
    variants=(Variant("sigmoid", "sigmoid", BASE, "reported", {"reported/train/loss": (200.0, None, 100.0)}),
              Variant("width_8", "8 wide", HIDDEN, "reported"),
              Variant("width_16", "16 wide", changed(HIDDEN, {"layers.1.units": 16})),
              Variant("width_32", "32 wide", changed(HIDDEN, {"layers.1.units": 32, "training.epochs": 2}))),
    behaviours=(Behaviour("large", "the loss is large", ("sigmoid",), last_loss, low=20.0, unit="{:.2f}"),
                Behaviour("wide", "a wide one has a small loss", ("width_16", "width_32"), last_loss, high=20.0)))
'''
FRAMEWORKS = ("keras", "lightning", "reference")
ANSWERED = {"answer", "answer/reported", *(f"answer/{framework}" for framework in FRAMEWORKS)}
REPORTED = {f"{variant}/{framework}" for variant in ("sigmoid", "width_8") for framework in FRAMEWORKS}


def trained(tmp_path_factory):
    """Runs the comparison and returns the folder of the run; all processes of pytest-xdist share one run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "browsed"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "code").exists():
            shutil.rmtree(folder / "runs", ignore_errors=True)  # of an attempt that failed
            (folder / "shown.py").write_text(SCENARIO)
            command = [sys.executable, "-m", "compare", "scenario=shown.py", "out=runs/first", "data=mnist"]
            child = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=400,
                                   env={**os.environ, "XDG_CACHE_HOME": str(folder / ".cache")})
            assert child.returncode in (0, 3), child.stderr
            (folder / "code").write_text(str(child.returncode))
    return folder / "runs" / "first"


@contextlib.contextmanager
def browsing(folder, *arguments):
    """Runs compare browse in a folder, yields the addresses of the answer and of the curves, and interrupts it."""
    command = [sys.executable, "-m", "compare", "browse", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            lines = [child.stdout.readline() for _ in range(4)]
            assert lines[0], child.stderr.read()
            yield lines[1].split()[-1], lines[2].split()[-1]
        finally:
            child.send_signal(signal.SIGINT)
            code = child.wait(20)
        assert code == 0 and "Traceback" not in child.stderr.read(), "it exits cleanly"


def fetched(address, content=None):
    """The content of an address, without a proxy, as bytes."""
    headers = {"Content-Type": "application/json"} if content is not None else {}
    request = urllib.request.Request(address, None if content is None else json.dumps(content).encode(), headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
        return answer.read()


class Board:
    """TensorBoard over HTTP."""

    def __init__(self, address):
        self.address = address.partition("#")[0] + "data/"

    def json(self, path, content=None, **query):
        parameters = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
        return json.loads(fetched(f"{self.address}{path}{'?' if parameters else ''}{parameters}", content))

    def scalars(self, run, tag):
        """{step: value} of a curve."""
        points = self.json("plugin/scalars/scalars", run=run, tag=tag)
        return {step: float(value) for _, step, value in points}
