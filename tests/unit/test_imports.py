"""Arrows point one way: scenarios ← frameworks ← compare; and a framework is imported by its own worker only."""

import ast
import re
import subprocess
import sys
from configparser import ConfigParser
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from compare import HOME

HEAVY = {"tensorflow", "keras", "tf_keras", "torch", "torchvision", "torchmetrics", "pytorch_lightning", "lightning",
         "jax", "jaxlib"}
OURS = ("scenarios", "frameworks", "compare")
FILES = [path.relative_to(HOME) for package in OURS for path in sorted((HOME / package).rglob("*.py"))]
SHARED = {"runtime", "parts", "codegen.source"}
WORKERS = [path for path in FILES if path.parts[0] == "frameworks" and
           path.parts[1] in {"runtime", "parts", "keras", "lightning", "reference"}]


@cache
def tree(path):
    return ast.parse((HOME / path).read_text(encoding="utf-8"))


def imported(path):
    """The names of all modules that a file imports, wherever it does; `frameworks.` where the rest is computed."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func) and node.args:
            yield from re.findall(r"^'([\w.]+)", ast.unparse(node.args[0]))


def roots(path):
    return {name.partition(".")[0] for name in imported(path)}


def files_of(package):
    return pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == package], ids=str)


@files_of("scenarios")
def test_scenarios_import_the_standard_library_and_themselves(path):
    assert roots(path) <= sys.stdlib_module_names | {"scenarios"}


@files_of("frameworks")
def test_frameworks_never_import_compare(path):
    assert "compare" not in roots(path)


@files_of("compare")
def test_compare_imports_no_deep_learning_framework(path):
    assert not roots(path) & HEAVY


@pytest.mark.parametrize("path", WORKERS, ids=str)
def test_what_a_worker_runs_needs_nothing_of_scenarios_and_compare(path):
    if path.parts[1] != "parts":  # whose rules and examples import them when they are asked for, which no worker does
        assert not roots(path) & {"scenarios", "compare"}
    ours = {name.partition(".")[2] for name in imported(path) if name.startswith("frameworks.")}
    allowed = tuple({*SHARED, path.parts[1], *(["quirks.rule"] if path.parts[1] == "parts" else [])})
    assert all(name.startswith(allowed) for name in ours if name or path.stem != "worker")


@pytest.mark.parametrize("package, allowed", [
    ("keras", {"keras", "tensorflow", "jax", "torch"}), ("reference", set()),
    ("lightning", {"torch", "torchmetrics", "pytorch_lightning"})])
def test_a_realization_imports_its_own_framework_only(package, allowed):
    for path in WORKERS:
        if package in path.parts:
            assert roots(path) & HEAVY <= allowed, path


def test_every_package_that_is_imported_is_declared():
    config = ConfigParser()
    config.read(HOME / "setup.cfg")
    told = config["options"]["install_requires"] + config["options.extras_require"]["jax"]
    declared = {re.split("[<>=]", line)[0] for line in told.split()}
    foreign = set().union(*map(roots, FILES)) - sys.stdlib_module_names - set(OURS)
    distributions = packages_distributions()
    assert {name for name in foreign if not declared & set(distributions[name])} == set()


def test_the_files_that_are_checked_are_there():
    assert len(FILES) > 40 and len(WORKERS) > 20
    assert "torch" in roots(Path("frameworks/lightning/model.py"))
    assert "jax" in roots(Path("frameworks/keras/gradients.py"))


LOADED = """
import runpy, sys
sys.argv[1:] = {arguments}
try:
    {action}
except SystemExit:
    pass
print(*sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""
PROGRAM = 'runpy.run_module("compare", run_name="__main__", alter_sys=True)'
EVERYTHING = "import compare.analysis.comparison, compare.reporting.console, compare.reporting.run_folder"


@pytest.mark.parametrize("arguments, action", [
    (["--help"], PROGRAM), ([], PROGRAM), (["scenari=x"], PROGRAM), (["scenario=lr_scaling", "variants=none"], PROGRAM),
    (["scenario=lr_scaling", "epochs=two"], PROGRAM), ([], EVERYTHING)], ids=str)
def test_the_program_loads_no_deep_learning_framework(tmp_path, arguments, action):
    script = LOADED.format(arguments=arguments, action=action)
    child = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    loaded = set(child.stderr.splitlines()[-1].split())
    assert "compare" in loaded and not loaded & HEAVY


@pytest.mark.parametrize("arguments, slow", [
    (["--help"], {"numpy", "hydra", "rich", "scipy", "pandas"}),
    (["scenari=x"], {"hydra", "rich", "scipy", "pandas"})], ids=["help", "a mistaken key"])
def test_a_quick_answer_loads_nothing_slow(tmp_path, arguments, slow):
    script = LOADED.format(arguments=arguments, action=PROGRAM)
    child = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    loaded = set(child.stderr.splitlines()[-1].split())
    assert "compare" in loaded and not loaded & slow


MODULES = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
ROOMS = {"execution": 0, "analysis": 1, "reporting": 2, "commands": 3, "pytest_plugin": 3, "api": 3}
"""Of `compare`: a room imports its own and those before it."""


def ours(path):
    """The modules of this program that a file imports, wherever it does."""
    return {name if name in MODULES else name.rpartition(".")[0] for name in imported(path)} & set(MODULES)


def test_no_file_imports_itself_by_way_of_others():
    left = {module: ours(path) - {module} for module, path in MODULES.items()}
    while leaves := {module for module, others in left.items() if not others & set(left)}:
        left = {module: others for module, others in left.items() if module not in leaves}
    assert not left, "a circle among " + ", ".join(sorted(left))


IN_ROOMS = [path for path in FILES if path.parts[0] == "compare" and len(path.parts) > 2]


@pytest.mark.parametrize("path", IN_ROOMS, ids=str)
def test_arrows_within_compare_point_one_way(path):
    rooms = {name.split(".")[1] for name in ours(path) if name.startswith("compare.")} & set(ROOMS)
    assert all(ROOMS[room] <= ROOMS[path.parts[1]] for room in rooms)


VAGUE = {"util", "utils", "helper", "helpers", "common", "base", "manager", "misc"}


def words(name):
    """`AdamManager` and `adam_manager` are both adam and manager."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_name_says_nothing(path):
    defined = [node.name for node in ast.walk(tree(path)) if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    for name in (*path.with_suffix("").parts, *defined):
        assert not words(name) & VAGUE, name


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_is_read_in_one_sitting(path):
    assert len((HOME / path).read_text(encoding="utf-8").splitlines()) <= 350
