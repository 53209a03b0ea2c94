"""Files that run with old Keras versions need only Python 3.6 and NumPy 1.16: syntax, names and a real Python 3.6."""

import ast
import shutil
import subprocess
from pathlib import Path

import pytest

from compare import HOME

FILES = [path for package in ("runtime", "parts", "keras")
         for path in sorted((HOME / "frameworks" / package).rglob("*.py"))]
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))

NEWER_MODULES = {"dataclasses", "contextvars", "graphlib", "zoneinfo", "tomllib", "annotationlib", "compression",
                 "importlib.resources", "importlib.metadata", "multiprocessing.shared_memory"}
NEWER_NAMES = {"capture_output", "cached_property", "singledispatchmethod", "prod", "comb", "perm", "isqrt", "dist",
               "nullcontext", "time_ns", "perf_counter_ns", "monotonic_ns", "removeprefix", "removesuffix", "batched",
               "pairwise", "breakpoint", "fromisoformat", "is_relative_to", "with_stem", "missing_ok", "dirs_exist_ok",
               "get_running_loop", "to_thread", "Protocol", "Literal", "TypedDict", "Final"}
"""Attributes, functions and arguments of the standard library that were added after Python 3.6."""
NEWER_NUMPY = {"random.default_rng", "random.Generator", "random.SeedSequence", "broadcast_shapes", "typing", "concat",
               "lib.stride_tricks.sliding_window_view", "trapezoid", "permute_dims", "isdtype", "vecdot", "astype"}
"""Names that NumPy added after 1.16."""


@each_file
def test_the_syntax_is_valid_in_python_3_6(path):
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))


def used(path):
    """Every name, attribute, keyword argument and imported module of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module, *(alias.name for alias in node.names),
                        *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Attribute):
            yield from (node.attr, ast.unparse(node))
        elif isinstance(node, (ast.Name, ast.keyword)):
            yield from (getattr(node, "id", None), getattr(node, "arg", None))


@each_file
def test_no_newer_name_of_the_standard_library_is_used(path):
    names = set(used(path))
    assert "__future__.annotations" not in names
    assert not names & NEWER_MODULES
    assert not {name for name in names & NEWER_NAMES if f"np.{name}" not in names}


@each_file
def test_no_newer_name_of_numpy_is_used(path):
    assert not set(used(path)) & {f"{numpy}.{name}" for name in NEWER_NUMPY for numpy in ("np", "numpy")}
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    with_arguments = [node for node in calls if node.keywords and ast.unparse(node.func) == "np.nan_to_num"]
    assert not with_arguments, "nan_to_num has had arguments since 1.17"


@each_file
def test_functions_have_no_annotations(path):
    functions = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(node, ast.FunctionDef)]
    arguments = [argument for function in functions for argument in (*function.args.args, *function.args.kwonlyargs)]
    assert not [function.name for function in functions if function.returns]
    assert not [argument.arg for argument in arguments if argument.annotation]


def python36():
    """A Python 3.6 on the path or installed by pyenv, if it runs; else None."""
    candidates = [shutil.which("python3.6")]
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=False).stdout.strip()
        candidates += map(str, sorted(Path(root, "versions").glob("3.6*/bin/python")))
    for candidate in filter(None, candidates):
        process = subprocess.run([candidate, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True,
                                 text=True, check=False)  # pyenv's shim only prints that no version is selected
        if process.stdout.strip() == "(3, 6)":
            return candidate
    return None


COMPILE = "import sys\nfor path in sys.argv[1:]:\n    compile(open(path, encoding='utf-8').read(), path, 'exec')"


def test_a_real_python_3_6_compiles_the_files():
    python = python36()
    if python is None:
        pytest.skip("no Python 3.6 is installed, neither as python3.6 nor by pyenv")
    process = subprocess.run([python, "-c", COMPILE, *map(str, FILES)], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    broken = subprocess.run([python, "-c", COMPILE, __file__], capture_output=True, text=True, check=False)
    assert broken.returncode == 1 and "SyntaxError" in broken.stderr, "this file has a walrus, so it must not compile"


def test_the_checked_files_exist():
    assert (count := len(FILES)) >= 12 and all(path.is_file() for path in FILES), count
