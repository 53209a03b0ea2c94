"""The API page is made from docstrings, of every public module."""

import re
import subprocess
import sys
from pathlib import Path

MODULES = ("keras_or_me", "compare.api", "scenarios", "frameworks.runtime.trace", "compare.pytest_plugin")


def test_every_public_module_has_a_page(tmp_path):
    contributing = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"`pdoc {' '.join(MODULES)}`" in contributing
    subprocess.run([sys.executable, "-m", "pdoc", "-o", str(tmp_path), *MODULES], check=True, capture_output=True)
    pages = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.html")}
    assert {"keras_or_me.html", "scenarios/spec/layers.html", "frameworks/runtime/trace.html",
            "compare/pytest_plugin/outcome.html"} <= pages
    assert 'id="run"' in (tmp_path / "compare" / "api.html").read_text(encoding="utf-8")
    trace = docstrings(tmp_path / "frameworks" / "runtime" / "trace.html")
    assert "batch_checksum/labels" in trace[0] and any("How a training ended." in text for text in trace)
    assert not [text for text in trace if "str(object=" in text or "Base class for" in text], "none of str or OSError"
    names = (tmp_path / "scenarios" / "spec" / "names.html").read_text(encoding="utf-8")
    assert "<td><code>SparseCategoricalCrossentropy</code></td>" in names, "the table of other frameworks' names"


def docstrings(page):
    """The docstrings on a page, which has the source code too."""
    return re.findall(r'<div class="docstring">(.*?)</div>', page.read_text(encoding="utf-8"), re.S)
