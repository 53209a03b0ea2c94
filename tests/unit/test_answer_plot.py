"""The plot under the verdict: which curves it has, and that the reported numbers are among them."""

from dataclasses import replace

import fixed_answer
import numpy as np
import pytest

from compare.reporting import answer_plot, plots
from scenarios.spec import SGD
from scenarios.spec.fields import changed


@pytest.fixture
def result():
    return fixed_answer.result()


def with_first(result, **changes):
    """The result with a changed first behaviour."""
    first, *rest = result.scenario.behaviours
    return replace(result, scenario=replace(result.scenario, behaviours=(replace(first, **changes), *rest)))


def test_variants_that_differ_in_one_number_give_a_curve_over_it(result):
    plot = answer_plot.of_result(result)
    assert (plot.quantity, plot.axis) == ("training loss after epoch 1", "learning rate")
    assert plot.curves["keras"] == [(0.01, pytest.approx(312 * 1.01)), (0.03, pytest.approx(940 * 1.01))], "the median"
    assert list(plot.curves) == ["keras", "lightning", "reference"]
    assert plot.reported == [(0.01, 315.5)], "the other variant reports nothing"
    partial = replace(result, dataset=replace(result.dataset, name="sample"))
    assert answer_plot.of_result(partial).reported == [], "reported numbers hold for no other images"


def test_variants_outside_and_other_variants_are_no_points(result):
    variants = list(result.scenario.variants)
    for rate in (0.02, 0.1):
        name = f"rate_{rate}".replace(".", "_")
        variants.append(replace(variants[2], name=name, spec=changed(variants[0].spec, {"optimizer": SGD(rate)})))
        for traces in result.traces.values():
            traces[name, 0] = traces["rate_0_01", 0]
    wider = replace(result, scenario=replace(result.scenario, variants=tuple(variants)))
    assert [x for x, _ in answer_plot.of_result(wider).curves["keras"]] == [0.01, 0.02, 0.03]


def test_one_variant_gives_a_curve_over_epochs(result):
    plot = answer_plot.of_result(with_first(
        result, variants=("rate_0_01",), measure=lambda trace: float(trace["reported/train/accuracy"][-1])))
    assert (plot.quantity, plot.axis) == ("training accuracy, as reported, rate 0.01", "epoch")
    assert plot.curves["lightning"] == [(1.0, pytest.approx(0.8385)), (2.0, pytest.approx(0.8485))]
    assert plot.reported == [(1.0, 0.8432), (2.0, 0.8674)] and plot.end is None


def test_a_curve_that_ends_in_nan_fills_the_axis(result):
    for traces in result.traces.values():
        for trace in traces.values():
            trace.arrays["step/loss"] = np.array([1.0, 2.0, *[np.nan] * 98])
    plot = answer_plot.of_result(with_first(
        result, variants=("rate_0_01",), measure=lambda trace: float(trace["step/loss"][-1])))
    assert plot.axis == "step" and plot.end == 3.0
    assert "no finite number" not in plots.of_answer(plot)


def test_nothing_to_draw_gives_no_plot(result):
    assert answer_plot.of_result(with_first(result, measure=lambda *traces: 1.0)) is None
    assert answer_plot.of_result(replace(result, traces={})) is None


def test_the_plot_is_drawn_with_the_colours_of_the_page(result):
    text = plots.of_answer(answer_plot.of_result(result))
    assert text.startswith("<svg") and text.count("var(--side-") >= 3 and "learning rate" in text
