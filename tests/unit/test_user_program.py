"""What a user's program does to the worker that runs it: forks, closed streams, and messages that are no text."""

import os
import subprocess
import sys

import pytest
from processes import variables

from compare.execution.files import write_text
from frameworks.runtime.user_program import LONGEST, sentence_of


def printed(tmp_path, program):
    """The lines that a program prints, with the user's code in a phase of a worker."""
    start = "import os, sys\nfrom frameworks.runtime.user_program import kept_alive, phase\n"
    child = subprocess.run([sys.executable, "-c", start + program], env=variables(tmp_path), capture_output=True,
                           text=True, timeout=60)
    assert not child.stderr, child.stderr
    return child.stdout.splitlines()


@pytest.mark.parametrize("forks", ["os.fork()", "os.fork() or sys.exit(3)", "os.fork() or 1 / 0"])
def test_process_that_a_program_forks_ends_with_the_phase(tmp_path, forks):
    assert printed(tmp_path, f"""
with kept_alive(), phase("build", "/nowhere"):
    {forks}
os.wait()
print("the worker goes on", flush=True)
""") == ["the worker goes on"]


@pytest.mark.parametrize("does", ["os.close(0); os.close(1); os.close(2)",
                                  "sys.stdout = sys.stderr = sys.stdin = None"])
def test_standard_streams_are_as_before(tmp_path, does):
    """Else the next file that is opened gets the number of standard output."""
    assert printed(tmp_path, f"""
with kept_alive(), phase("build", "/nowhere"):
    {does}
print(open(os.devnull).fileno() > 2, sys.stdin.fileno(), flush=True)
""") == ["True 0"]


class Silent(Exception):
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize("error, sentence", [
    (Silent(), "Silent: its message cannot be read, ValueError"), (ValueError(""), "ValueError: no message"),
    (ValueError("x" * 10 ** 6), f"ValueError: {'x' * LONGEST} …")], ids=["Silent", "empty", "long"])
def test_every_message_is_a_sentence(error, sentence):
    assert sentence_of(error) == sentence


def test_text_that_is_none_in_utf_8_is_written(tmp_path):
    write_text(tmp_path / "result.json", os.fsdecode(b'"\xe9"'))
    assert (tmp_path / "result.json").read_text() == r'"\udce9"', "JSON reads it as it was"
