"""Ctrl-C at random moments of every command that trains: it ends soon, in a sentence, and leaves no process."""

import os
import random
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from processes import command, variables, wait_for
from rounding import skip_unless_installed
from user_programs import KERAS, TORCH

MOMENTS = 15
LATEST = 25.0
"""Seconds after the start."""
SOON = 20
COMMANDS = {
    "run": ("scenario=lr_scaling", "data=sample"),
    "check": ("check", "keras=mine.py:build", "lightning=port.py:Net(slope=0.2)", "steps=4"),
    "upgrade": ("upgrade", "old=keras", "new=keras-3.14", "scenario=accuracy_below_chance", "data=sample",
                "framework=keras"),
    "when": ("when", "scenario=accuracy_below_chance", "behaviour=reported_falls", "data=sample"),
    "catalogue": ("catalogue", "scenario=losses")}
NEEDED = {"upgrade": ("keras-3.14",), "when": ("keras-2.3",)}
"""Environments that a command needs beside Keras and Lightning."""


def with_mark(mark):
    """The processes that have a variable, and so were started by the one that was given it."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state = (place / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and mark in (place / "environ").read_bytes():
                found.append(int(place.name))
        except OSError:  # it has ended
            continue
    return found


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_at_any_moment(tmp_path, name):
    for framework in ("keras", "lightning", *NEEDED.get(name, ())):
        skip_unless_installed(framework)
    (tmp_path / "mine.py").write_text(KERAS)
    (tmp_path / "port.py").write_text(TORCH)
    draw, interrupted = random.Random(name), 0
    for number, moment in enumerate(np.linspace(0.5, LATEST, MOMENTS) + draw.uniform(-0.4, 0.4)):
        mark = f"keras-or-me-test-{os.getpid()}-{number}-"
        changes = {"KERAS_OR_ME_STORE": "off", "MARK": mark, "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", "")}
        with subprocess.Popen(command(*COMMANDS[name], f"out=run-{number}"), cwd=tmp_path, text=True,
                              env=variables(tmp_path, **changes), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              start_new_session=True) as program:
            try:
                out, error = program.communicate(timeout=moment)
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGINT) if number % 2 else program.send_signal(signal.SIGINT)
                out, error = program.communicate(timeout=SOON)
                assert program.returncode == 130, (moment, out, error)
                interrupted += 1
        assert "Traceback" not in out + error and "fault of this program" not in error, (moment, error)
        wait_for(lambda mark=mark: not with_mark(mark.encode()), SOON)
    assert interrupted > MOMENTS / 2, "else it ends before it is interrupted"
