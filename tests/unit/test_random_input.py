"""Random command lines, random bytes in every file that is read, and random specs: a sentence, and never a traceback.

`tests/nightly/test_much_random_input.py` tries more.
"""

import gzip
import io
import json
import re
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_specs import specs

import scenarios
from compare.__main__ import main
from compare.analysis.programs import pairs_file
from compare.commands import store as store_command
from compare.execution import (
    answers,
    environments,
    identity,
    locks,
    mnist_files,
    npz_files,
    output_folder,
    program_arguments,
    registered,
    trials,
)
from compare.execution import settings as run_settings
from compare.execution.errors import DataError, UsageError
from compare.execution.settings import COMMANDS, KEYS
from compare.execution.store import Store
from compare.pytest_plugin.golden import Golden, Unusable
from compare.reporting import console, past_runs
from compare.reporting.schema import SCHEMA
from frameworks.runtime import trace
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import from_json

few = settings(max_examples=50, deadline=None, database=None, derandomize=True,
               suppress_health_check=list(HealthCheck))

TEXTS = st.one_of(st.text(max_size=20), st.text("=,[]{}'\"\\$~:./() é\n\0", max_size=12),
                  st.sampled_from(["", "1", "-1", "0", "1e400", "nan", "true", "x" * 300, "~", "[", "'", "${x}",
                                   "a,b"]))
WORDS = st.one_of(TEXTS, st.builds("{}={}".format, st.sampled_from([*KEYS, *program_arguments.KEYS, "keras"]), TEXTS))


READERS = (run_settings.read, program_arguments.read, environments.requested, store_command.main)


def read_arguments(read, how_many):
    """Each list of random arguments is read, or refused in a sentence."""
    @how_many
    @given(st.lists(WORDS, max_size=4))
    def reads(arguments):
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(store_command, "ACTIONS", ("none",))
                read(arguments)
        except (UsageError, SpecError) as error:
            assert str(error)
    reads()


@pytest.mark.parametrize("read", READERS, ids=lambda read: f"{read.__module__}.{read.__name__}")
def test_random_arguments_are_read_or_refused_in_a_sentence(read):
    read_arguments(read, settings(few, max_examples=15))


def run_command_lines(place, how_many):
    """Each random command line is wrong usage."""
    @how_many
    @given(st.sampled_from(["show", "browse", "code", "check", "environments", "when", *COMMANDS]),
           st.lists(WORDS, min_size=1, max_size=3))
    def ends(command, arguments):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(place)
            patch.setenv("KERAS_OR_ME_STORE", str(place / "store"))
            # each is refused at the latest for its last argument
            accepted = [text for text in arguments if text not in ("help", "-h", "--help")]
            code = main([command, *accepted, "nothing_such"])
        assert code == 2
    ends()


def test_random_command_line_is_wrong_usage(tmp_path):
    run_command_lines(tmp_path, few)


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def idx():
    return bytes([0, 0, 8, 3]) + np.array([2, 28, 28], ">u4").tobytes() + bytes(2 * 28 * 28)


def read_idx(path):
    for name in mnist_files.IDX:
        (path.parent / name).write_bytes(path.read_bytes())
    mnist_files.read(path.parent)


def read_gz(path):
    for name in mnist_files.IDX:
        (path.parent / name).unlink(missing_ok=True)
        (path.parent / f"{name}.gz").write_bytes(path.read_bytes())
    mnist_files.read(path.parent)


def of_a_run(path, read):
    """Calls `read` with the folder of a run that has the file as its record."""
    folder = path.parent / "run"
    folder.mkdir(exist_ok=True)
    for name in ("result.json", "run.json"):
        (folder / name).write_bytes(path.read_bytes())
    return read(str(folder))


def claim(out):
    output_folder.claimed(out, "a").__exit__(None, None, None)


def read_register(path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registered, "register", lambda: path)
        for name in ("FRAMEWORKS", "ENVIRONMENTS"):  # to which it adds entries
            patch.setattr(registered, name, dict(getattr(registered, name)))
        patch.setattr(registered, "REGISTERED", {})
        registered.load()


def read_store(path):
    """Reads an entry, a report of a worker and an index that are the file."""
    store, key = Store(path.parent / "store"), "ab" * 32
    place = path.parent / "store" / "trials" / "ab"
    place.mkdir(exist_ok=True)
    for file in (place / f"{key}.npz", place / f"{key}.json", path.parent / "store" / "index.sqlite"):
        file.write_bytes(path.read_bytes())
    assert not store.take(key, path.parent / "out.npz")
    store.entries()
    store.verify()


def answer():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(answers.FILE, json.dumps({"key": answer_key(), "created": 0, "seconds": 0, "code": 0,
                                                   "traces": {}}))
        archive.writestr("result.json", "{}")
    return file.getvalue()


def answer_key():
    return identity.digest_of({})


def read_answer(path):
    """Reads an answer that is the file: the whole one is taken, and no file is written outside of its folder."""
    store, home = Store(path.parent / "store"), path.parent / "home"
    place = path.parent / "store" / "answers"
    place.mkdir(exist_ok=True)
    (place / f"{answer_key()}.zip").write_bytes(path.read_bytes())
    home.mkdir(exist_ok=True)
    answers.restored({}, SimpleNamespace(store=store), home)
    assert {each.name for each in path.parent.iterdir()} <= {path.name, "store", "home"}


def read_lock(path):
    """The version of Python for a lock file, of which only uv reads the rest."""
    for name in ("requirements.txt", "uv.lock", "pylock.toml"):
        assert locks.python_of(name, path.read_text(encoding="utf-8", errors="replace"))


def show(out):
    """Shows a run, as the command does."""
    if text := past_runs.checked(out):
        console.print_answer(text, {}, console.console(io.StringIO()))
        return
    for record in past_runs.records(out, ()):
        console.print_result(record, console.console(io.StringIO()))


ARRAYS = {"x_train": np.zeros((2, 28, 28), np.uint8), "y_train": np.zeros(2, np.uint8),
          "x_test": np.zeros((2, 28, 28), np.uint8), "y_test": np.zeros(2, np.uint8)}
TRACE = npz(facts=np.array(json.dumps({"schema": trace.SCHEMA})), a=np.arange(3.0))
REGISTER = (b'[{"name": "a", "interpreter": "b", "realization": "keras", "backend": "", "module": "keras", '
            b'"title": "c", "packages": {"keras": "3.15.1"}}]')
GOLDEN = b"keras 3.15; sample:\n  run: a\n  behaviours:\n    learns:\n      keras: yes, 0.8 \xc2\xb1 0.1\n"
LOADERS = {
    "mnist.npz": (npz(**ARRAYS), mnist_files.read, DataError),
    "idx": (idx(), read_idx, DataError),
    "idx.gz": (gzip.compress(idx()), read_gz, DataError),
    "arrays.npz": (npz(x=np.zeros(3), y=np.zeros(3)), npz_files.read, ValueError),
    "trace.npz": (TRACE, lambda path: trace.read(str(path)), ValueError),
    "result.json": (b'{"schema": %d}' % SCHEMA, lambda path: of_a_run(path, show), UsageError),
    "a check": (b'{"schema": "check 1", "text": {"verdict": "a", "detail": "b", "sections": []}}',
                lambda path: of_a_run(path, show), UsageError),
    "run.json": (b'{"command": "a", "done": false}', lambda path: of_a_run(path, claim), UsageError),
    "register": (REGISTER, read_register, UsageError),
    "store": (TRACE, read_store, ()),
    "golden": (GOLDEN, lambda path: Golden(path).differing("keras 3.15; sample", {"run": "a"}), Unusable),
    "spec": (b'{"schema": 1}', lambda path: from_json(json.loads(path.read_bytes())),
             (SpecError, ValueError, RecursionError)),
    "map.yaml": (b"dense.kernel: one.weight\ndense.bias:\n", pairs_file.read, UsageError),
    "requirements.txt": (b"# python 3.11\nkeras==3.15.1\n", read_lock, ()),
    "uv.lock": (b'version = 1\nrequires-python = ">=3.10"\n', read_lock, ()),
    "answer": (answer(), read_answer, ()),
    "scenario": (b"from scenarios.scenario import Scenario\nSCENARIO = 1\n", lambda path: scenarios.load(str(path)),
                 SpecError),
}
"""(a whole file, a function that reads one, what it raises for a damaged one), by what is read."""


@st.composite
def damaged(draw, whole):
    """Random bytes, or a whole file that is cut off, or in which some bytes are others."""
    kind = draw(st.sampled_from(["random", "cut", "changed", "deep"]))
    if kind == "deep":
        return draw(st.sampled_from([b"[", b'{"a":', b"- ", b"(", b"{"])) * draw(st.sampled_from([100, 100_000]))
    if kind == "random":
        return draw(st.binary(max_size=200))
    if kind == "cut":
        return whole[:draw(st.integers(0, len(whole)))]
    content = bytearray(whole)
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=4)):
        content[place] = byte
    return bytes(content)


def read_damaged_files(name, folder, how_many):
    """Reads damaged files; what that raises is a sentence of the documented kind. `how_many`: the settings."""
    whole, read, refusal = LOADERS[name]
    path = folder / ("mine.py" if name == "scenario" else "file.npz")

    @how_many
    @given(damaged(whole))
    def reads(content):
        path.write_bytes(content)
        try:
            read(path)
        except refusal as error:
            assert str(error)
    reads()


@pytest.mark.parametrize("name", LOADERS)
def test_damaged_file_is_a_sentence(name, tmp_path):
    read_damaged_files(name, tmp_path, settings(few, max_examples=30))


def test_header_of_an_array_that_claims_more_than_the_file_has_is_refused(tmp_path):
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(content, {"descr": "<f8", "fortran_order": False, "shape": (10 ** 15,)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", content.getvalue() + bytes(100))
    with pytest.raises(ValueError, match="an array of shape .* has 100 bytes"):
        npz_files.read(tmp_path / "a.npz")


@pytest.mark.parametrize("read", [npz_files.read, lambda path: trace.read(str(path))], ids=["arrays", "trace"])
def test_array_before_the_beginning_of_the_file_is_refused(tmp_path, read):
    """The directory of the archive is said to begin 1000 bytes after its place, so that arrays lie as far before."""
    start = int.from_bytes(TRACE[-6:-2], "little")
    (tmp_path / "a.npz").write_bytes(TRACE[:-6] + (start + 1000).to_bytes(4, "little") + TRACE[-2:])
    with pytest.raises(ValueError, match="."):
        read(tmp_path / "a.npz")


KINDS = {"finished", "stopped", "refused", "unsupported", "undefined", "nan"}


def train_random_specs(framework, worker, dataset, folder, how_many):
    """Trains random specs, which never ends with a fault of ours. `how_many`: the settings."""
    @how_many
    @given(specs())
    def ends(spec):
        job = trials.job(trials.Trial("test", "random", framework, 0, "shared", spec, whole=True), dataset, folder)
        worker(framework).run(job)
        assert trace.read(job["out"]).outcome["kind"] in KINDS
    ends()


def test_random_spec_is_trained_or_refused(worker, dataset, tmp_path):
    train_random_specs("reference", worker, dataset, tmp_path, few)


@pytest.mark.parametrize("old, new, place", [
    (b'{"keras": "3.15.1"}', b"3", "entries[].packages"), (b'"backend": "", ', b"", "entries[]"),
    (b'"3.15.1"', b"3", "entries[].packages.keras")])
def test_register_with_other_values_than_were_written_is_a_sentence(tmp_path, old, new, place):
    (tmp_path / "registered.json").write_bytes(REGISTER.replace(old, new))
    with pytest.raises(UsageError, match=f"is damaged: its {re.escape(place)} is not what was written"):
        read_register(tmp_path / "registered.json")
