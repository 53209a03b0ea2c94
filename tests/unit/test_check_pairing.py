"""Pairing parameters and operations, and where a difference is made."""
import re
from types import SimpleNamespace

import numpy as np
import pytest

from compare.analysis.programs import agreement, pairing, pairs_file
from compare.analysis.programs.description import Layer, Operation, Parameter, Place
from compare.analysis.programs.suspects import padding, parameters, update
from compare.analysis.programs.suspects.suspect import Copied
from compare.execution.errors import UsageError
from compare.reporting.programs import folder
from frameworks.runtime.program_arrays import outline

RNG = np.random.default_rng(0)


def operation(key, *sources):
    return Operation(key, key, key, Place(), (2, 3), sources)


def parameter(name, role, shape):
    return Parameter(name, name, role, shape, True, False)


def test_parameters_pair_in_order_and_one_more_on_a_side_stays_alone():
    lefts = [parameter("a", "kernel", (2, 3)), parameter("b", "bias", (3,)), parameter("c", "kernel", (3, 3))]
    rights = [parameter("x", "kernel", (2, 3)), parameter("extra", "bias", (2,)), parameter("y", "bias", (3,)),
              parameter("z", "weight", (3, 3))]
    pairs = [(left.name, right.name) for left, right in pairing.longest_sequence(lefts, rights)]
    assert pairs == [("a", "x"), ("b", "y"), ("c", "z")]


@pytest.mark.parametrize("left, right", [
    (parameter("a", "gamma", (3,)), parameter("b", "beta", (3,))),
    (parameter("a", "forward/kernel", (3, 4)), parameter("b", "backward/kernel", (3, 4))),
    (parameter("a", "query/kernel", (3, 1, 3)), parameter("b", "key/kernel", (3, 1, 3))),
    (parameter("a", "kernel", (3, 4)), parameter("b", "kernel", (4, 3)))])
def test_parameters_of_another_role_direction_or_shape_are_not_alike(left, right):
    assert not pairing.alike(left, right)


@pytest.mark.parametrize("layout", [lambda x: x, lambda x: np.moveaxis(x, -1, 1), lambda x: np.swapaxes(x, 0, 1)])
def test_outputs_agree_in_every_layout_and_a_changed_value_does_not(layout):
    value = RNG.normal(size=(2, 4, 5, 3))
    assert agreement.agreement(value, layout(value)) == 0
    changed = value.copy()
    changed[0, 0, 0, 0] += 1e-5
    assert agreement.agreement(value, layout(changed)) > agreement.TOLERANCE


def test_nan_on_one_side_and_another_shape_are_differences():
    value = np.array([1.0, 2.0])
    assert agreement.relative_difference(value, np.array([1.0, np.nan])) == float("inf")
    assert agreement.relative_difference(value, value[:1]) == float("inf")
    assert agreement.relative_difference(np.array([np.nan]), np.array([np.nan])) == 0


def network(*operations):
    """A run of operations (key, sources…), each a layer with a kernel of the shape of its first letter."""
    shapes = {"a": (3, 4), "b": (4, 4), "c": (4, 5)}
    return SimpleNamespace(
        operations=tuple(operation(key, *sources) for key, *sources in operations),
        parameters={key: parameter(key, "kernel", shapes[key[0]]) for key, *_ in operations if key[0] in shapes})


def test_a_residual_connection_is_paired_by_the_graph_although_it_is_computed_and_added_in_another_order():
    """Its convolution has the shape of the last one of the branch."""
    left = network(("a1",), ("b1", "a1"), ("b_short", "a1"), ("b2", "b1"), ("plus", "b_short", "b2"), ("c", "plus"))
    right = network(("a1",), ("b1", "a1"), ("b2", "b1"), ("b_short", "a1"), ("plus", "b2", "b_short"), ("c", "plus"))
    for sides in ((left, right), (right, left), (left, left)):
        pairs = pairing.pair_parameters(*sides)
        assert pairs == {key: key for key in ("a1", "b1", "b2", "b_short", "c")}


def test_branches_of_equal_length_and_parameters_that_lead_nowhere_keep_the_order_in_which_they_are_computed():
    run = network(("a1",), ("b1", "a1"), ("b2", "a1"), ("join", "b2", "b1"), ("c", "join"))
    run.parameters["b_unused"] = parameter("b_unused", "kernel", (4, 4))
    assert [each.name for each in pairing.in_order_of_graph(run)] == ["a1", "b1", "b2", "c", "b_unused"]


@pytest.mark.parametrize("layout", [lambda x: x, lambda x: np.moveaxis(x, -1, 1)])
def test_only_arrays_that_may_agree_have_outlines_that_may_agree(layout):
    value = RNG.normal(size=(2, 4, 5, 3))
    near = layout(value) + agreement.TOLERANCE * np.abs(value).max() * RNG.choice([-1, 1], layout(value).shape)
    assert agreement.may_agree(agreement.outline(value), agreement.outline(near), agreement.TOLERANCE)
    assert not agreement.may_agree(agreement.outline(value), agreement.outline(value * 1.001), agreement.TOLERANCE)
    assert agreement.may_agree(agreement.outline(value * np.nan), agreement.outline(value), agreement.TOLERANCE)


@pytest.mark.parametrize("difference", [
    lambda shape: np.full(shape, 1e-4), lambda shape: 1e-4 * RNG.normal(size=shape),
    lambda shape: np.eye(1, np.prod(shape), 70_001).reshape(shape) * 1e-4])
def test_an_outline_shows_differences_of_all_values_and_of_a_single_one(difference):
    value = RNG.normal(size=(300, 301))
    changed = value + difference(value.shape)
    left, right = outline(value), outline(changed)
    assert left.size < value.size / 150 and 1e-6 < agreement.relative_difference(left, right) < 1e-3
    assert agreement.relative_difference(left, outline(value * (1 + 1e-15))) < 1e-13
    np.testing.assert_allclose(outline(changed - value), right - left, atol=1e-12)
    assert np.isnan(outline(np.where(np.arange(value.size).reshape(value.shape) == 777, np.nan, value))).any()
    assert (outline(value[:9]) == value[:9]).all(), "a small array is kept as it is"


def test_a_difference_is_made_where_all_inputs_agree():
    operations = [operation("a"), operation("b", "a"), operation("c", "b"), operation("other"),
                  operation("sum", "c", "other")]
    fine = pairing.without_difference(operations, ["a", "other"])
    assert [each.key for each in pairing.origins(operations, fine)] == ["b"]


def test_an_operation_that_passes_on_what_it_gets_is_no_difference():
    value = RNG.normal(size=(2, 3))
    values = {"a": value, "pool": value.copy(), "drop": value.copy(), "other": 2 * value, "both": value.copy()}
    operations = (operation("a"), operation("pool", "a"), operation("drop", "pool"), operation("other", "a"),
                  operation("both", "a", "other"))
    run = SimpleNamespace(operations=operations, arrays=lambda prefix: values)
    assert pairing.passing_on(run, ["a"]) == ["pool", "drop"] and pairing.passing_on(run, []) == []


def test_an_operation_that_is_only_divided_up_otherwise_is_no_difference():
    operations = [operation("pad"), operation("convolution", "pad")]
    assert pairing.without_difference(operations, ["convolution"]) == {"pad", "convolution"}


@pytest.mark.parametrize("change, copied, sentence", [
    (lambda w: w["k"].T, Copied.AXES, "with its axes in the order `(1, 0)`"),
    (lambda w: w["other"], Copied.ANOTHER, "has the values of Keras's `other`"),
    (lambda w: w["k"][:, [4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11]].reshape(12, 12), Copied.GATES, "gates in the order"),
    (lambda w: w["k"].reshape(-1)[::-1].reshape(12, 12), Copied.ORDER, "in another order, as after `reshape`"),
    (lambda w: w["k"] + 1, Copied.VALUES, "has other values")])
def test_what_a_wrong_copy_has_instead_is_named(change, copied, sentence):
    weights = {"k": RNG.normal(size=(12, 12)), "other": RNG.normal(size=(12, 12))}
    how, text = parameters.has_instead("k", weights, change(weights), "Keras's")
    assert how is copied and sentence in text


class Layered:
    """A run with layers and parameters alone; a parameter's name is LAYER.ROLE."""

    def __init__(self, *named):
        parts = [(name, *name.split("."), shape) for name, shape in named]
        self.parameters = {name: Parameter(name, layer, role, shape, True, False) for name, layer, role, shape in parts}
        self.layers = {layer: SimpleNamespace(parameters=[name for name in self.parameters if name.startswith(layer)])
                       for _, layer, _, _ in parts}


def test_a_bias_of_one_side_alone_is_named_and_one_that_is_only_not_paired_is_not():
    left = Layered(("a.kernel", (2, 3)), ("b.kernel", (3, 3)), ("b.bias", (3,)))
    right = Layered(("x.kernel", (2, 3)), ("x.bias", (3,)), ("y.kernel", (3, 3)), ("y.bias", (1, 3)))
    pairs = {"a.kernel": "x.kernel", "b.kernel": "y.kernel"}
    assert parameters.alone(right, left, {partner: name for name, partner in pairs.items()}) == ["x.bias"]
    assert parameters.alone(left, right, pairs) == []


@pytest.mark.parametrize("size, kernel, strides, dilation, pads", [
    (16, 3, 2, 1, (0, 1)), (16, 3, 1, 1, (1, 1)), (15, 3, 2, 1, (1, 1)), (16, 3, 1, 2, (2, 2)), (8, 2, 2, 1, (0, 0))])
def test_padding_same_is_that_of_tensorflow(size, kernel, strides, dilation, pads):
    layer = Layer("conv", "Conv2D", {"kernel_size": [kernel] * 2, "strides": [strides] * 2,
                                     "dilation_rate": [dilation] * 2}, Place(), (), True)
    assert padding.same_pads((size, size), layer) == [pads, pads]


class Trained:
    """A run of a training of some steps; its one weight is the number of the step."""

    is_torch, optimizer = True, SimpleNamespace(place=Place())

    def __init__(self, weights):
        self.weights = weights

    def arrays(self, name):
        step = int(name.split("/")[1])
        return {"w": np.array([self.weights[step - 1]])} if step <= len(self.weights) else {}


@pytest.mark.parametrize("right, kept", [([1.0, 3.0], 1), ([1.0, 2.0], 0), ([1.0], 0), ([2.0, 3.0], 0)])
def test_gradients_that_are_kept_show_in_the_second_step_which_a_short_training_does_not_have(right, kept):
    assert len(list(update.gradients_kept(Trained([1.0, 2.0]), Trained(right), {"w": "w"}))) == kept


def test_a_map_of_the_user_replaces_the_pairs_of_the_same_parameters(tmp_path):
    left = Layered(("a.kernel", (3, 3)), ("b.kernel", (3, 3)), ("c.kernel", (3, 3)), ("d.bias", (3,)))
    right = Layered(("x.kernel", (3, 3)), ("y.kernel", (3, 3)), ("z.kernel", (3, 3)))
    pairs = {"a.kernel": "x.kernel", "b.kernel": "y.kernel", "c.kernel": "z.kernel"}
    file = tmp_path / "map.yaml"
    for text, expected in (("a.kernel: y.kernel\n", {"a.kernel": "y.kernel", "c.kernel": "z.kernel"}),
                           ("c.kernel:\n", {"a.kernel": "x.kernel", "b.kernel": "y.kernel"}), ("# none\n", pairs)):
        file.write_text(text)
        assert pairs_file.mapped(file, left, right, pairs) == expected
    for text, sentence in (("e.kernel: x.kernel\n", "names the parameter 'e.kernel'"),
                           ("a.kernel: [\n", "cannot be read"), ("a.kernel: [x.kernel]\n", "cannot be read"),
                           ("a.kernel: 2020-99-99\n", "cannot be read"), ("[" * 9_000, "cannot be read"),
                           ("d.bias: x.kernel\n", "but their shapes in Keras's layout are (3,) and (3, 3)"),
                           ("just text\n", "needed: a line LEFT: RIGHT")):
        file.write_text(text)
        with pytest.raises(UsageError, match=re.escape(sentence)):
            pairs_file.mapped(file, left, right, pairs)


def test_a_map_is_written_for_what_has_no_partner_and_read_back(tmp_path):
    facts = SimpleNamespace(unpaired=(("d.bias",), ()), pairs=(("a.kernel", "0.kernel"), ("b.kernel", "y: kernel")),
                            unsure=(("a", "0"),))
    folder.write_map(facts, tmp_path, "")
    written = (tmp_path / "map.yaml").read_text()
    assert "# without a partner on the left: d.bias" in written and "others have the same shapes: a with 0" in written
    left = Layered(("a.kernel", (3, 3)), ("b.kernel", (3, 3)))
    right = SimpleNamespace(parameters={name: SimpleNamespace(shape=(3, 3)) for name in ("0.kernel", "y: kernel")})
    assert pairs_file.mapped(tmp_path / "map.yaml", left, right, {}) == dict(facts.pairs)
    (tmp_path / "map.yaml").unlink()
    folder.write_map(SimpleNamespace(unpaired=((), ()), pairs=(), unsure=()), tmp_path, "")
    assert not (tmp_path / "map.yaml").exists()


def test_a_layer_that_reads_a_turned_sequence_is_the_backward_direction_and_its_users_are_not():
    """The backward direction is computed first, so that their order alone would exchange them."""
    def recurrent(name, role):
        return Parameter(f"{name}.{role}", name, role, (3, 4), True, False)
    left = SimpleNamespace(
        operations=(operation("both"),), parameters={each.name: each for each in (
            recurrent("both", "forward/recurrent_kernel"), recurrent("both", "backward/recurrent_kernel"))})
    turned = Operation("turn", "flip", "", Place(), (2, 3), ())
    right = SimpleNamespace(
        operations=(turned, operation("back", "turn"), operation("ahead"), operation("out", "back", "ahead")),
        parameters={each.name: each for each in (recurrent("back", "recurrent_kernel"),
                                                 recurrent("ahead", "recurrent_kernel"))})
    assert pairing.reading_backwards(right) == {"back"}
    assert pairing.pair_parameters(left, right) == {"both.forward/recurrent_kernel": "ahead.recurrent_kernel",
                                                    "both.backward/recurrent_kernel": "back.recurrent_kernel"}


def test_what_a_user_names_is_paired_by_its_shape_after_everything_else():
    left = SimpleNamespace(operations=(), parameters={each.name: each for each in (
        parameter("table", "positions", (3, 4)), parameter("norm", "gamma", (4,)), parameter("dense", "bias", (5,)))})
    right = SimpleNamespace(operations=(), parameters={each.name: each for each in (
        parameter("words", "embeddings", (3, 4)), parameter("a_2", "a_2", (4,)), parameter("other", "beta", (5,)))})
    assert pairing.pair_parameters(left, right) == {"table": "words", "norm": "a_2"}
