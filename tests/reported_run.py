"""A pytest plugin: one real run of the reference, and its result with everything that an output can contain."""

from dataclasses import replace
from datetime import datetime

import pytest

from compare.__main__ import main
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.stages import StageResult
from compare.analysis.unexplained import UnexplainedDifference
from compare.commands.exit_codes import ExitCode
from compare.reporting import run_folder as run_outputs
from compare.reporting.step_summary import VARIABLE

NAN, INF = float("nan"), float("inf")
FEWER_IMAGES = """'''missing_activations on an eighth of the sample: what a report contains does not depend on more.'''
from dataclasses import replace
from scenarios.missing_activations import SCENARIO as WHOLE
from scenarios.spec.fields import changed
SCENARIO = replace(WHOLE, name="fewer_images", variants=tuple(
    replace(variant, spec=changed(variant.spec, {"data.first": 500})) for variant in WHOLE.variants))
"""


class Noon(datetime):
    """A clock that stands still: two records are equal although a minute passes between them."""

    @classmethod
    def now(cls, tz=None):
        return cls(2026, 1, 1, 12, tzinfo=tz)


@pytest.fixture(scope="module")
def standing_clock():
    """Every record of a module has the same date."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compare.reporting.record.datetime", Noon)
        yield


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """(result, folder, job summary) of a real run of the reference with three seeds."""
    folder, results = tmp_path_factory.mktemp("report"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv(VARIABLE, str(folder / "summary.md"))
        patch.setattr("compare.reporting.record.datetime", Noon)
        (folder / "summary.md").write_text("What was there.\n")
        (folder / "fewer_images.py").write_text(FEWER_IMAGES)
        patch.setattr(run_outputs, "write", lambda result, data, write=run_outputs.write: (
            results.append(result), write(result, data))[1])
        code = main([f"scenario={folder / 'fewer_images.py'}", "frameworks=reference,reference-float32", "data=sample",
                     "epochs=3", "seeds=3", f"out={folder / 'run'}"])
        # Both may differ on so few images, which no known difference explains.
        assert code in (ExitCode.OK, ExitCode.UNEXPLAINED)
    return results[0], folder / "run", (folder / "summary.md").read_text(encoding="utf-8")


def planted(result):
    """The result with everything that a report can contain."""
    loss = StageResult("loss", True, "loss", (2, 1), (168.5, NAN), INF, 2.5e-4, step=7, control=166.0)
    metric = StageResult("metric", True, "accuracy", (), ("there", "absent"), 0.25)
    causes = [replace(cause, shares={path: (1.5, 1.3) if index else (-0.5, -0.3)
                                     for index, path in enumerate(cause.paths)}, chaotic=False)
              for cause in result.causes]
    return replace(result, divergences={"none_3": FirstDivergence("none_3", ("keras", "lightning"), [loss, metric], 3)},
                   unexplained_differences=(UnexplainedDifference("none_3", "reference", loss),),
                   causes=tuple(causes), worker_errors=("It has died.",))
