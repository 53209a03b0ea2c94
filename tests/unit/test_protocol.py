"""Every framework's `model` module has what `frameworks.protocol` says, and the types of a trace are those of its file.

The modules are read, not imported, because TensorFlow and torch cannot share this process.
"""

import ast
import inspect
import sys

import pytest

from compare import HOME
from frameworks import FRAMEWORKS, protocol

REALIZATIONS = sorted({framework.realization for framework in FRAMEWORKS.values()})
each_realization = pytest.mark.parametrize("realization", REALIZATIONS)


def parsed(path):
    return ast.parse((HOME / "frameworks" / path).read_text(encoding="utf-8"))


def functions(body):
    """The names of the arguments of each function in the body of a module or a class, by its name."""
    return {node.name: [argument.arg for argument in node.args.args] for node in body
            if isinstance(node, ast.FunctionDef)}


def members(interface):
    """The names that an interface defines itself."""
    return {name for name in {**vars(interface), **interface.__annotations__} if not name.startswith("_")}


def class_of(tree, name):
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)


def assigned(tree, name):
    return next(node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == name)


def attributes(node):
    """The attributes that a class sets in its body or on `self`."""
    return {target.attr if isinstance(target, ast.Attribute) else target.id for target in ast.walk(node)
            if isinstance(target, (ast.Attribute, ast.Name)) and isinstance(target.ctx, ast.Store)}


@each_realization
def test_a_realization_has_the_functions_of_the_protocol(realization):
    exported = members(protocol.Realization)
    defined = functions(parsed(f"{realization}/environment.py").body)
    assert exported - {"Model"} <= set(defined)
    assert set(ast.literal_eval(assigned(parsed(f"{realization}/model.py"), "__all__"))) == exported
    assert defined["environment"] == defined["forget"] == ["settings"]
    assert functions(parsed(f"{realization}/__init__.py").body)["prepare"] == ["settings"]


@each_realization
def test_a_model_has_the_methods_and_attributes_of_the_protocol(realization):
    model = class_of(parsed(f"{realization}/model.py"), "Model")
    defined = functions(model.body)
    methods = {name: method for name, method in vars(protocol.Model).items() if inspect.isfunction(method)}
    methods = {name: method for name, method in methods.items() if not name.startswith("_") or
               (name == "__init__" and sys.version_info >= (3, 11))}  # Python 3.10 replaces that of a Protocol
    assert len(methods) >= 10
    for name, method in methods.items():
        assert len(defined[name]) == len(inspect.signature(method).parameters), name
    assert members(protocol.Model) - set(methods) <= attributes(model)


def test_a_training_calls_the_watch_of_the_protocol():
    watch = class_of(parsed("runtime/watch.py"), "Watch")
    methods = {name: method for name, method in vars(protocol.Watch).items() if inspect.isfunction(method)}
    expected = {name: list(inspect.signature(method).parameters) for name, method in methods.items()
                if not name.startswith("_")}
    assert {name: functions(watch.body)[name] for name in expected} == expected
    assert members(protocol.Watch) - set(expected) <= attributes(watch)


def test_mypy_checks_every_realization():
    imported = {alias.asname for node in ast.walk(parsed("realizations.py")) if isinstance(node, ast.ImportFrom)
                for alias in node.names if alias.asname}
    assert imported == set(REALIZATIONS)


def test_the_types_of_a_trace_are_those_of_its_file():
    actual, types = parsed("runtime/trace.py"), parsed("runtime/trace.pyi")
    assert functions(actual.body) == functions(types.body)
    for name in ("Trace", "Outcome"):
        class_and_types = [class_of(tree, name) for tree in (actual, types)]
        public, typed = ({method: arguments for method, arguments in functions(node.body).items()
                          if not method.startswith("_") or method.startswith("__")} for node in class_and_types)
        assert public == typed
        values, typed_values = ({target.id: node.value.value for node in of.body if isinstance(node, ast.Assign)
                                 for target in node.targets if isinstance(node.value, ast.Constant)}
                                for of in class_and_types)
        assert values == typed_values
