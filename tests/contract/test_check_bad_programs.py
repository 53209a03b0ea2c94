"""Programs that cannot be compared: `check` says in one sentence what is wrong and in which line, and loses nothing."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import at_a_stage
import pytest
from rounding import skip_unless_installed
from user_programs import KERAS, TORCH

from compare.__main__ import main
from compare.analysis.programs import runs
from compare.execution.program_arguments import read_keywords
from compare.execution.programs import Setup
from compare.reporting.console import Display
from compare.reporting.programs import text

COMPILE = '    model.compile(keras.optimizers.SGD(0.1), "mse")\n'
STEP = "        return nn.functional.mse_loss(self(batch[0]), batch[1])"
HIDDEN = "nn.functional.leaky_relu(self.one(x), self.slope)"
FORWARD = f"        return self.two({HIDDEN})"
OPTIMIZER = "        return torch.optim.SGD(self.parameters(), 0.1)"
SAME, USAGE, UNEXPLAINED, ENDED = 0, 2, 3, 4


def built(line):
    return KERAS.replace("def build():\n", f"def build():\n    {line}\n"), TORCH


def keras_file(text):
    return text, TORCH


def replaced(old, new):
    """The programs with one line replaced, of whichever file has it."""
    assert old in KERAS + TORCH
    return KERAS.replace(old, new), TORCH.replace(old, new)


PROGRAMS = {
    "raises in build": (built("raise ValueError('no data here')"), USAGE,
                        "built (mine.py:4): ValueError: no data here"),
    "sys.exit": (built("import sys; sys.exit(3)"), USAGE, "built (mine.py:4): it calls sys.exit(3)"),
    "os._exit": (built("import os; os._exit(3)"), USAGE, "built (mine.py:4): it calls os._exit(3)"),
    "BaseException": (built("raise type('Stop', (BaseException,), {})('now')"), USAGE, "(mine.py:4): Stop: now"),
    "no package": (built("import not_installed_anywhere"), USAGE,
                   "(mine.py:4): ModuleNotFoundError: No module named 'not_installed_anywhere'"),
    "syntax error": (keras_file(KERAS + "\nif True print(3)\n"), USAGE,
                     "loaded (mine.py:8): SyntaxError: invalid syntax"),
    "no Python": (keras_file("\x00\x01 no Python"), USAGE, "mine.py:build, while it was loaded"),
    "not in the file": (keras_file(KERAS.replace("def build", "def built")), USAGE, "has no 'build'; it has built"),
    "not callable": (keras_file("build = 3\n"), USAGE, "build is of the type int, and not a function or class"),
    "required argument": (replaced("build():", "build(units):"), USAGE,
                          "(mine.py:3): build needs units: write mine.py:build(units=…)"),
    "no model": (built("return 3"), USAGE, "build gives a int; a Keras program is a model"),
    "reads the keyboard": (built("input()"), USAGE, "(mine.py:4): EOFError"),
    "allocates": (built("import numpy; numpy.ones((10**7, 10**7))"), USAGE,
                  "(mine.py:4): MemoryError: Unable to alloc"),
    "PyTorch allocates": (replaced(FORWARD, "        torch.ones(10**14)\n" + FORWARD), USAGE,
                          "in the forward pass (port.py:10): RuntimeError: "),
    "raises in training_step": (replaced(STEP, "        raise ValueError('no loss')"), USAGE,
                                "in training (port.py:12): ValueError: no loss"),
    "a loss of other targets": (replaced(STEP, STEP.replace("mse_loss", "nll_loss")), USAGE,
                                "; the targets were drawn, normal numbers of shape (samples, 1): if its loss takes "
                                "others, write `data=arrays.npz` with your own x and y, or `targets=FILE.py:NAME`"),
    "no loss": (replaced(STEP, "        return None"), USAGE,
                "port.py:Net, in training: its training_step returns no"),
    "NaN in weights": (replaced("    return model", "    model.set_weights([w * float('nan') for w in "
                                "model.get_weights()])\n    return model"), USAGE,
                       "parameter `dense.kernel` contains NaN before training"),
    "NaN in outputs": ((replaced('activation="relu"', 'activation=lambda x: keras.ops.log(x * 0 - 1)')[0],
                        replaced(HIDDEN, "torch.log(0 * self.one(x) - 1)")[1]), USAGE,
                       "its outputs are NaN"),
    "random layer": (replaced(HIDDEN, HIDDEN + " + torch.randint(99, (3,)).to(x)"), USAGE,
                     "forward pass (port.py:10): randint computes another output"),
    "segmentation fault": (built("import ctypes; ctypes.string_at(0)"), ENDED,
                           "ran (mine.py:4): its process was ended by the signal SIGSEGV"),
    "killed": (built("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), ENDED, "where memory is short"),
    "ends at once": (built("import ctypes; ctypes.CDLL(None)._exit(5)"), ENDED, "its process ended with exit code 5"),
    "infinite loop": (built("import time\n    while True: time.sleep(0.1)"), ENDED,
                      "ran (mine.py:5): it takes longer than 0.25 minutes, the limit of one run; limit=0.75 allows"),
    "prints": (built("[print('x' * 99) for _ in range(20_000)]"), SAME, "The same: no difference in outputs, loss"),
    "no optimizer": (replaced(OPTIMIZER, "        return None"), SAME, "training was not compared"),
    "not compiled": (replaced(COMPILE, ""), SAME, "training was not compared"),
    "weights of other shapes": (replaced("Linear(3, 1)", "Linear(3, 2)"), UNEXPLAINED,
                                "`dense_1.kernel`, `dense_1.bias`, `two.kernel`, `two.bias`"),
    "another number of layers": (replaced("keras.layers.Dense(1)]", "keras.layers.Dense(3), keras.layers.Dense(1)]"),
                                 UNEXPLAINED, "have no partner, and keep their own values: `dense_1.kernel`"),
}


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A warm pair of workers; a worker is replaced if its process ends."""
    skip_unless_installed("keras")
    skip_unless_installed("lightning")
    folder = tmp_path_factory.mktemp("check")
    for name in ("mine.py", "port.py"):
        (folder / name).write_text("")
    pair = runs.started(read_keywords({"keras": "mine.py:build", "lightning": "port.py:Net"}, folder), folder)
    yield pair
    runs.close(pair)


@pytest.fixture
def run_check(warm, tmp_path, monkeypatch, capsys):
    """A function: the exit code of the command and what it prints, for two programs in the current folder."""
    def started(question, folder):
        folder.mkdir(parents=True, exist_ok=True)
        return runs.Pair(question, folder.resolve(), warm.workers, Setup(), Setup())
    monkeypatch.setattr(runs, "started", started)
    monkeypatch.setattr(runs, "close", lambda pair: None)
    monkeypatch.chdir(tmp_path)

    def answer_of(keras, torch, *given, out="run"):
        Path("mine.py").write_text(keras)
        Path("port.py").write_text(torch)
        code = main(["check", "keras=mine.py:build", "lightning=port.py:Net", "steps=2", f"out={out}", *given])
        printed = capsys.readouterr()
        return code, printed.out, printed.err
    return answer_of


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_bad_program_is_a_sentence_with_its_line_and_an_exit_code(run_check, name):
    (keras, torch), expected, sentence = PROGRAMS[name]
    code, out, error = run_check(keras, torch, *["limit=0.25"] * (name == "infinite loop"))
    assert sentence in out and code == expected, out + error
    assert "Traceback" not in out + error and "fault of this program" not in error
    kept = json.loads(Path("run/result.json").read_text())
    assert kept["verdict"] == {SAME: "same", UNEXPLAINED: "unexplained"}.get(expected, "failed")
    assert {"report.html", "report.md", "result.sarif"} <= {path.name for path in Path("run").iterdir()}


def test_a_folder_that_cannot_be_written_is_a_sentence(run_check, tmp_path):
    (tmp_path / "taken").write_text("a file")
    code, out, error = run_check(KERAS, TORCH, out="taken")
    assert code == USAGE and not out and "out is 'taken', where nothing can be written (" in error


@pytest.fixture
def at_stage(monkeypatch):
    """A function: does something as soon as `check` has reached a stage."""
    say = Display.say

    def plan(stage, action):
        def said(self, reached):
            if str(reached) == stage:
                action()
            say(self, reached)
        monkeypatch.setattr(Display, "say", said)
    return plan


@pytest.mark.parametrize("action, reason", [(at_a_stage.fill, "No space left on device"),
                                            (shutil.rmtree, "No such file or directory")], ids=["full", "removed"])
@pytest.mark.parametrize("stage", ["data", "programs", "forward"])
def test_a_disk_that_is_full_or_gone_is_a_sentence(run_check, at_stage, small_disk, stage, action, reason):
    place = small_disk(2_000) / "run"
    at_stage(stage, lambda: action(place))
    different = TORCH.replace("slope=0.0", "slope=0.2")
    code, out, error = run_check(KERAS, different, out=str(place))
    assert code == USAGE and "Traceback" not in out + error and "fault of this program" not in error
    assert reason in error.splitlines()[-1] and "the same command begins again" in error.splitlines()[-1]
    assert ("Interrupted: this is what was found until then." in out) == (stage != "data")


def test_a_report_that_cannot_be_written_is_a_sentence_and_the_answer_is_printed(run_check, small_disk, monkeypatch):
    place, text_of = small_disk(2_000) / "run", text.text
    monkeypatch.setattr(text, "text", lambda facts: at_a_stage.fill(place) or text_of(facts))
    code, out, error = run_check(KERAS, TORCH, out=str(place))
    assert code == SAME and "The same: no difference in outputs" in out
    for name in ("result.json", "report.html", "result.sarif"):
        assert f"compare: {name} could not be written: No space left on device." in error
    assert not [path for path in place.iterdir() if path.suffix in (".html", ".json", ".sarif", ".draft")
                and path.name != "run.json"]


def test_a_finished_check_is_not_overwritten_and_an_interrupted_one_begins_again(run_check, at_stage):
    def interrupt():
        at_stage("", None)
        raise KeyboardInterrupt
    at_stage("forward", interrupt)
    code, out, error = run_check(KERAS, TORCH.replace("slope=0.0", "slope=0.2"))
    assert code == 130 and "Interrupted: this is what was found until then." in out, out + error
    assert error.endswith("compare: interrupted; a check keeps no trainings, so that the same command begins again.\n")
    code, out, error = run_check(KERAS, TORCH)
    assert code == SAME, out + error
    code, out, error = run_check(KERAS, TORCH)
    assert (code, out) == (USAGE, "") and "out is 'run', which holds a run already" in error


def test_a_process_that_ends_while_a_change_is_tried_leaves_what_was_found(run_check):
    """The right program ends once, when its sigmoid is a ReLU; the next change explains the difference."""
    once = str(Path("ended").resolve())
    ends = ("        y = torch.sigmoid(self.one(x))\n        import os, signal\n"
            f"        if (y.detach().numpy() == 0).any() and not os.path.exists({once!r}):\n"
            f"            open({once!r}, 'w').close()\n            os.kill(os.getpid(), signal.SIGKILL)\n"
            "        return self.two(y)")
    code, out, error = run_check(KERAS, TORCH.replace(FORWARD, ends))
    assert Path(once).exists() and code == 1 and "The changes below remove them." in out, out + error
    assert "Keras applies `relu` here" in out


def test_ctrl_c_ends_both_workers_and_prints_what_was_found(tmp_path):
    skip_unless_installed("keras")
    skip_unless_installed("lightning")
    (tmp_path / "mine.py").write_text(KERAS)
    (tmp_path / "port.py").write_text(TORCH.replace(STEP, "        open('trained', 'w'); import time; time.sleep(600)"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])}
    command = [sys.executable, "-m", "compare", "check", "keras=mine.py:build", "lightning=port.py:Net", "out=run"]
    child = subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, start_new_session=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + 240
    while not (tmp_path / "run/runs/right").is_dir() or not any(tmp_path.rglob("data-*.npz")):
        assert time.monotonic() < end and child.poll() is None
        time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    out, error = child.communicate(timeout=60)
    assert child.returncode == 130 and "interrupted" in error and "Traceback" not in out + error
    left = subprocess.run(["pgrep", "-g", str(child.pid)], capture_output=True, text=True, check=False).stdout
    assert not left.strip(), "no process is left"
