"""Dependencies point one way, scenarios ← frameworks ← compare, and only its worker imports a framework."""

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
PACKAGES = ("scenarios", "frameworks", "compare")
FILES = [path.relative_to(HOME) for package in PACKAGES for path in sorted((HOME / package).rglob("*.py"))]
SHARED = {"runtime", "parts", "codegen.source", "protocol", "environment", "job", "program_facts"}
WORKERS = [path for path in FILES if path.parts[0] == "frameworks" and
           path.parts[1] in {"runtime", "parts", "keras", "lightning", "reference"}]


@cache
def tree(path):
    return ast.parse((HOME / path).read_text(encoding="utf-8"))


def imported(path):
    """The names of all modules that a file imports, also inside functions; `frameworks.` where the rest is computed."""
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
def test_a_worker_imports_neither_scenarios_nor_compare(path):
    if path.parts[1] != "parts":  # rules and examples of parts import them when evaluated, which no worker does
        assert not roots(path) & {"scenarios", "compare"}
    own_names = {name.partition(".")[2] for name in imported(path) if name.startswith("frameworks.")}
    of_rules = {"quirks.rule", "quirks.conditions", "quirks.versions"} if path.parts[1] == "parts" else set()
    allowed = tuple({*SHARED, path.parts[1], *of_rules})
    assert all(name.startswith(allowed) for name in own_names if name or path.stem != "worker")


@pytest.mark.parametrize("package, allowed", [
    ("keras", {"keras", "tensorflow", "jax", "torch"}), ("reference", set()),
    ("lightning", {"torch", "torchmetrics", "pytorch_lightning", "lightning"})])
def test_a_framework_package_imports_only_its_own_framework(package, allowed):
    for path in WORKERS:
        if package in path.parts:
            assert roots(path) & HEAVY <= allowed, path


def required(*files):
    """The names of the packages that requirement files list."""
    lines = [line for file in files for line in (HOME / file).read_text(encoding="utf-8").splitlines()]
    return {re.split("[<>=]", line)[0] for line in lines if not line.startswith("#")}


def test_every_imported_package_is_a_declared_dependency():
    config = ConfigParser()
    config.read(HOME / "setup.cfg")
    files = config["options"]["install_requires"].removeprefix("file: ").split(", ")
    extras = config["options.extras_require"]
    declared = required(*files) | {re.split("[<>=]", line)[0] for line in (extras["jax"] + extras["ray"]).split()}
    third_party = set().union(*map(roots, FILES)) - sys.stdlib_module_names - set(PACKAGES)
    third_party -= {"lightning"}  # the other name of pytorch-lightning, used where it is installed instead
    distributions = packages_distributions()
    assert {name for name in third_party if not declared & set(distributions[name])} == set()


def test_the_harness_requires_no_framework_and_every_extra_is_installed_anyway():
    config = ConfigParser()
    config.read(HOME / "setup.cfg")
    harness, keras, lightning = "requirements-harness.txt", "requirements-keras.txt", "requirements-lightning.txt"
    assert config["options"]["install_requires"] == f"file: {harness}, {keras}, {lightning}"
    frameworks = {name.replace("_", "-") for name in HEAVY}
    assert not required(harness) & frameworks and required(keras, lightning) <= frameworks
    extras = config["options.extras_require"]
    assert (extras["keras"], extras["lightning"]) == (f"file: {keras}", f"file: {lightning}")
    assert extras["tensorboard"] in (HOME / harness).read_text(encoding="utf-8").splitlines()
    assert extras["all"] == "keras-or-me[keras,lightning,tensorboard]"


@pytest.mark.parametrize("package", PACKAGES)
def test_files_that_are_no_python_are_part_of_the_package(package):
    config = ConfigParser()
    config.read(HOME / "setup.cfg")
    included = config["options.package_data"].get(package, "").split()
    files = [path.relative_to(HOME / package) for path in (HOME / package).rglob("*.*")
             if path.is_file() and path.suffix not in (".py", ".pyc", ".pyi")]
    assert [path for path in files if not any(path.match(pattern) for pattern in included)] == []


def test_the_checked_files_exist():
    assert len(FILES) > 40 and len(WORKERS) > 20
    assert "torch" in roots(Path("frameworks/lightning/model.py"))
    assert "jax" in roots(Path("frameworks/keras/gradients.py"))


PRINT_LOADED = """
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
def test_the_program_imports_no_deep_learning_framework(tmp_path, arguments, action):
    script = PRINT_LOADED.format(arguments=arguments, action=action)
    process = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    loaded = set(process.stderr.splitlines()[-1].split())
    assert "compare" in loaded and not loaded & HEAVY


@pytest.mark.parametrize("arguments, slow", [
    (["--help"], {"numpy", "hydra", "rich", "scipy", "pandas"}),
    (["scenari=x"], {"hydra", "rich", "scipy", "pandas"})], ids=["help", "misspelled key"])
def test_help_and_usage_errors_import_no_slow_package(tmp_path, arguments, slow):
    script = PRINT_LOADED.format(arguments=arguments, action=PROGRAM)
    process = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    loaded = set(process.stderr.splitlines()[-1].split())
    assert "compare" in loaded and not loaded & slow


MODULES = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
LEVELS = {"execution": 0, "analysis": 1, "reporting": 2, "commands": 3, "pytest_plugin": 3, "api": 3}
"""Levels of the subpackages of `compare`: each imports only from its own level and those below."""


def internal_imports(path):
    """The modules of this program that a file imports, also inside functions."""
    return {name if name in MODULES else name.rpartition(".")[0] for name in imported(path)} & set(MODULES)


def test_there_are_no_import_cycles():
    remaining = {module: internal_imports(path) - {module} for module, path in MODULES.items()}
    while leaves := {module for module, imports in remaining.items() if not imports & set(remaining)}:
        remaining = {module: imports for module, imports in remaining.items() if module not in leaves}
    assert not remaining, "an import cycle among " + ", ".join(sorted(remaining))


IN_SUBPACKAGES = [path for path in FILES if path.parts[0] == "compare" and len(path.parts) > 2]


@pytest.mark.parametrize("path", IN_SUBPACKAGES, ids=str)
def test_imports_within_compare_point_to_the_same_or_a_lower_level(path):
    subpackages = {name.split(".")[1] for name in internal_imports(path) if name.startswith("compare.")} & set(LEVELS)
    assert all(LEVELS[subpackage] <= LEVELS[path.parts[1]] for subpackage in subpackages)


VAGUE = {"util", "utils", "helper", "helpers", "common", "base", "manager", "misc"}


def words(name):
    """The words of a name: adam and manager for both `AdamManager` and `adam_manager`."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_names_contain_no_vague_word(path):
    defined = [node.name for node in ast.walk(tree(path)) if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    for name in (*path.with_suffix("").parts, *defined):
        assert not words(name) & VAGUE, name


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_has_at_most_300_lines(path):
    assert len((HOME / path).read_text(encoding="utf-8").splitlines()) <= 300


def test_no_python_file_contains_a_replaced_word():
    """The documentation of Keras and PyTorch has simpler words: `the layer with …`, `configured`, `has no`."""
    replaced = re.compile(rf"\b({'|'.join((HOME / 'tests' / 'replaced_words.txt').read_text().split())})\b")
    places = [f"{path.relative_to(HOME)}: {match[0]}" for folder in (*PACKAGES, "tests") for path in
             sorted((HOME / folder).rglob("*.py")) for match in replaced.finditer(path.read_text(encoding="utf-8"))]
    assert not places
