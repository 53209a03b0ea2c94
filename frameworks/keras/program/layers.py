"""The parts of a Keras model: layers with settings and variables, loss, metrics, optimizer and input signature."""
from frameworks.keras.api import keras
from frameworks.keras.program import numbers
from frameworks.runtime.program_objects import as_json, given_to, made_at

SETTINGS = ("units", "filters", "kernel_size", "strides", "padding", "cropping", "dilation_rate", "groups", "use_bias",
            "depth_multiplier", "output_padding", "activation", "recurrent_activation", "epsilon", "momentum", "axis",
            "center", "scale", "rate", "negative_slope", "alpha", "approximate", "max_value", "threshold", "pool_size",
            "input_dim", "output_dim", "mask_zero", "return_sequences", "go_backwards", "reset_after", "dropout",
            "recurrent_dropout", "mask_value",
            "num_heads", "key_dim", "value_dim", "size", "interpolation", "target_shape", "dims",
            "merge_mode", "offset", "keepdims", "stddev", "unit_forget_bias", "noise_shape", "stateful")
"""The settings of layers that are facts: those that affect the output."""


def leaves(model):
    """Returns [(path, layer)] of the layers without others inside, in the order of the model.

    A path has the names of the layers that hold it, as in `block/conv`. A model without layers is its only leaf.
    """
    result = []

    def visit(layer, path):
        inner = [] if whole(layer) else layers_in(layer)
        for child in inner:
            visit(child, path + [child.name])
        if not inner and type(layer).__name__ != "InputLayer":
            result.append(("/".join(path), layer))
    for child in layers_in(model):
        visit(child, [child.name])
    return result or [(model.name, model)]


def around(model):
    """Returns, by the path of each layer, the list of layers that hold it, from the outside in, without the model."""
    holders = {}

    def visit(layer, path, held):
        holders["/".join(path)] = held
        for child in [] if whole(layer) else layers_in(layer):
            visit(child, path + [child.name], held + [layer])
    for child in layers_in(model):
        visit(child, [child.name], [])
    return holders


def whole(layer):
    """Returns whether a layer is described as a unit, although it may contain other layers.

    That is the case for layers of Keras itself, such as an RNN with its cell. Models, and layers that the user wrote,
    are described by the layers in them.
    """
    return type(layer).__module__.startswith("keras.") and not hasattr(layer, "compile")


def layers_in(layer):
    """Returns the layers directly inside a layer or model."""
    return list(getattr(layer, "layers", None) or getattr(layer, "_layers", []))


def described(path, layer, around):
    """Returns the facts of a layer; `around` are the layers that hold it, in which numbers are looked for too."""
    try:
        config = layer.get_config()
    except Exception:  # a user's class without get_config: what it computes is still compared
        config = {}
    file, line = made_at(layer)
    inner = config.get("layer") or {}  # of a wrapper such as Bidirectional or TimeDistributed
    settings = {name: as_json(value) for name, value in dict(
        inner.get("config", {}), **config).items() if name in SETTINGS and not isinstance(value, dict)}
    if rate_name(layer):
        settings["rate"] = as_json(getattr(layer, rate_name(layer)))
    return {"path": path, "kind": type(layer).__name__, "settings": settings, "file": file, "line": line,
            "given": given_to(layer), "trainable": layer.trainable,
            "numbers": sorted({each for made in [layer] + around for each in numbers.of_object(made)}),
            "parameters": [path + "." + role for role, _ in roles(layer)]}


def rate_name(layer):
    """Returns the name of the attribute with the rate at which a layer drops values or samples in training; "" if none.

    The layer is one of Keras or of the user, such as a DropPath.
    """
    kind = type(layer).__name__
    if "Drop" not in kind and kind != "StochasticDepth":
        return ""
    return next((name for name in ("rate", "p", "drop_prob", "drop_rate")
                 if isinstance(getattr(layer, name, None), (int, float))), "")


def roles(layer):
    """Returns [(role, variable)] of a layer; roles are kernel, bias, gamma, moving_mean, forward/kernel and so on."""
    variables = [variable for variable in layer.variables if "seed_generator" not in variable.path]
    if not variables:
        return []
    parts = [variable.path.split("/") for variable in variables]
    shared = 0
    while len(variables) > 1 and all(len(part) > shared + 1 for part in parts) and \
            len({part[shared] for part in parts}) == 1:
        shared += 1
    if len(variables) == 1:
        shared = len(parts[0]) - 1
    return [("/".join(part for part in path[shared:] if not part.endswith("_cell")).replace("forward_", "forward/", 1)
             .replace("backward_", "backward/", 1), variable) for path, variable in zip(parts, variables)]


def parameters(model):
    """Returns [(name, variable, layer)] of every variable, each once, in the order of the layers.

    A name is PATH.ROLE, as in `block/conv.kernel`. States of random generators are left out.
    """
    known, result = set(), []
    for path, layer in leaves(model):
        for role, variable in roles(layer):
            if id(variable) not in known:
                known.add(id(variable))
                result.append((path + "." + role, variable, layer))
    for variable in model.variables:  # of a subclassed model's own, outside of its layers
        if id(variable) not in known and "seed_generator" not in variable.path:
            result.append((variable.path.replace("/", "."), variable, model))
    return result


def loss_of(model):
    """Returns the facts of the compiled loss, or of the one in the user's class; {} if there is none."""
    loss = getattr(model, "loss", None) or getattr(getattr(model, "_compile_loss", None), "_user_loss", None)
    if loss is None:
        return own_loss(model)
    if isinstance(loss, (list, dict)):
        names = list(getattr(model, "output_names", None) or loss) if isinstance(loss, dict) else range(len(loss))
        weights = getattr(model._compile_loss, "_user_loss_weights", None)
        if isinstance(weights, dict):
            weights = [weights.get(name, 1.0) for name in names]
        return {"name": "several", "of": [facts_of_loss(loss[name]) for name in names if loss[name] is not None],
                "weights": listed_weights(weights)}
    return dict(facts_of_loss(loss), weights=listed_weights(getattr(getattr(model, "_compile_loss", None),
                                                                    "_user_loss_weights", None)))


def own_loss(model):
    """Returns the facts of a loss that is not compiled; {} if there is none.

    The user's class computes it in `train_step` or `compute_loss`, or its layers add it with `add_loss`.
    """
    for name in ("train_step", "compute_loss"):
        method = getattr(type(model), name)
        if method is not getattr(keras.Model, name):
            code = getattr(method, "__code__", None)
            return {"name": name, "settings": {}, "given": [], "file": code.co_filename if code else "",
                    "line": code.co_firstlineno if code else 0,
                    "numbers": sorted(set(numbers.of_object(model) + numbers.of_function(method)))}
    return {"name": "add_loss", "settings": {}, "given": []} if getattr(model, "losses", None) else {}


def metrics_of(model):
    """Returns the facts of every compiled metric that is an object, and can therefore have settings."""
    result = []

    def visit(metric):
        inner = metric.values() if isinstance(metric, dict) else metric
        for each in inner if isinstance(metric, (dict, list, tuple)) else ():
            visit(each)
        if hasattr(metric, "get_config"):
            result.append({"name": metric.name, "kind": type(metric).__name__, "settings": {
                name: as_json(value) for name, value in metric.get_config().items() if not isinstance(value, dict)}})
    visit(getattr(getattr(model, "_compile_metrics", None), "_user_metrics", None))
    return result


def listed_weights(weights):
    """Returns the weights of losses, a dict, a list or one number, as a list of floats; None for None."""
    if weights is None:
        return None
    return list(map(float, weights.values() if isinstance(weights, dict) else
                    weights if isinstance(weights, (list, tuple)) else [weights]))


def facts_of_loss(loss):
    """Returns the facts of one loss, given as an object, a function or a name."""
    if not hasattr(loss, "get_config"):
        return {"name": as_json(loss), "settings": {}, "given": [], "file": "", "line": 0,
                "numbers": numbers.of_function(loss)}
    file, line = made_at(loss)
    config = {name: as_json(value) for name, value in loss.get_config().items() if not isinstance(value, dict)}
    for name in ("delta", "alpha", "gamma", "axis", "from_logits", "label_smoothing", "ignore_class",
                 "apply_class_balancing"):
        if name in getattr(loss, "_fn_kwargs", {}):
            config[name] = as_json(loss._fn_kwargs[name])
    return {"name": type(loss).__name__, "settings": config, "given": given_to(loss), "file": file, "line": line,
            "numbers": numbers.of_object(loss)}


def factors(regularizer):
    """Returns {"l1", "l2"} of a regularizer; both are 0 for one of another kind."""
    return {name: float(getattr(regularizer, name, 0.0)) for name in ("l1", "l2")}


def penalties(model):
    """Returns {name of a parameter: {"l1", "l2"}} of every variable with a regularizer."""
    return {name: factors(variable.regularizer)
            for name, variable, _ in parameters(model) if getattr(variable, "regularizer", None) is not None}


def constraints(model):
    """Returns {name of a parameter: {"name", "settings"}} of every variable with a constraint.

    Keras applies it after every update; `frameworks.runtime.constraints` does the same in NumPy.
    """
    return {name: {"name": type(variable.constraint).__name__,
                   "settings": {key: as_json(value) for key, value in variable.constraint.get_config().items()}}
            for name, variable, _ in parameters(model) if hasattr(getattr(variable, "constraint", None), "get_config")}


def activity_penalties(model):
    """Returns {path of a layer: {"l1", "l2"}} of every layer with a regularizer of its output."""
    return {path: factors(layer.activity_regularizer)
            for path, layer in leaves(model) if getattr(layer, "activity_regularizer", None) is not None}


def signature(model, samples):
    """Returns the shapes of one sample's inputs and outputs, the dtypes of inputs, and the names of both in a dict.

    For an input of an Embedding, `indices` is the number of rows, otherwise 0. An unknown size counts as 8. A
    subclassed model has no inputs of its own: those of `samples` are taken, or the one that it was built with.
    """
    inputs = getattr(model, "inputs", None) or []
    embedded = {}
    for _, layer in leaves(model):
        for node in getattr(layer, "_inbound_nodes", []):
            for tensor in node.input_tensors:
                if type(layer).__name__ == "Embedding":
                    embedded[id(tensor)] = layer.input_dim
    if inputs:
        shapes = [{"shape": [8 if size is None else size for size in tensor.shape[1:]],
                   "dtype": str(tensor.dtype), "indices": embedded.get(id(tensor), 0)} for tensor in inputs]
    elif samples:
        shapes = [{"shape": list(sample.shape[1:]), "dtype": str(sample.dtype), "indices": 0} for sample in samples]
    else:  # a subclassed model says what it takes only if its `build` was called with it
        shape = (model.get_build_config() or {}).get("input_shape")
        shapes = [{"shape": list(shape[1:]), "dtype": "float32", "indices": 0}] if \
            isinstance(shape, (list, tuple)) and all(isinstance(size, int) for size in shape[1:]) else []
    outputs = getattr(model, "outputs", None) or []
    structures = (("input", "_inputs_struct"), ("target", "_outputs_struct"))
    names = {kind: sorted(getattr(model, attribute)) for kind, attribute in structures
             if isinstance(getattr(model, attribute, None), dict)}
    return {"inputs": shapes, "names": names,
            "outputs": [[8 if size is None else size for size in tensor.shape[1:]] for tensor in outputs]}
