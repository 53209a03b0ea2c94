"""A difference in a metric of the spec is named by the metric, not as one of the accuracy."""

import pytest

from compare.analysis.stages import StageResult
from compare.analysis.unexplained import UnexplainedDifference
from compare.reporting.open_questions import unexplained_text


@pytest.mark.parametrize("stage, tensor, expected", [
    ("metric", "mean_absolute_error", "the mean absolute error of"), ("metric", "accuracy", "the accuracy of"),
    ("evaluation", "evaluated/mean_absolute_error", "the mean absolute error in evaluation of"),
    ("evaluation", "evaluated/test/mean_squared_error", "the test mean squared error of")])
def test_an_unexplained_difference_names_its_metric(stage, tensor, expected):
    result = StageResult(stage, True, tensor, (), (0.25, 0.5), 0.25, 1e-7)
    assert expected in unexplained_text(UnexplainedDifference("one", "keras", result))
