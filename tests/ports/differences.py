"""How far a PyTorch training is from Keras's, stage by stage, and where it first differs.

Every figure is relative: the largest difference over the largest entry of Keras's side of the same kind."""
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pairing
import torch
from port import Port


def numbered(given: Any, prefix: str) -> list[np.ndarray]:
    return [given[k] for k in sorted(given.files) if k.startswith(prefix)]


def state(module: Any) -> dict[str, np.ndarray]:
    return {k: v.detach().numpy().copy() for k, v in module.state_dict().items()
            if not k.endswith("num_batches_tracked")}


def gradients(module: Any) -> dict[str, np.ndarray]:
    return {k: np.zeros(tuple(p.shape)) if p.grad is None else p.grad.numpy().copy()
            for k, p in module.named_parameters()}


def relative(expected: list[np.ndarray], actual: list[np.ndarray]) -> float:
    """Infinite where a value is not finite. Shapes that differ only by an axis of one are the same: (N, 1) and (N,)."""
    if [np.squeeze(e).shape for e in expected] != [np.squeeze(a).shape for a in actual]:
        return float("inf")
    gaps = [np.max(np.abs(np.squeeze(e) - np.squeeze(a))) for e, a in zip(expected, actual)]
    sizes = [np.max(np.abs(e)) for e in expected]
    difference = float(max(gaps, default=0.0) / (max(sizes, default=0.0) or 1.0))
    return difference if np.isfinite(gaps).all() else float("inf")


@dataclass
class Keras:
    """What Keras computed, its weights and gradients in the names and layouts of the PyTorch module."""
    port: Port
    given: Any
    module: Any
    load: Callable[[Any, list[np.ndarray]], None]

    def __post_init__(self) -> None:
        self.blank = copy.deepcopy(self.module)
        self.x, self.y = numbered(self.given, "x_"), numbered(self.given, "y_")
        self.losses = [float(v) for v in self.given["losses"]]
        steps = len(self.losses)
        self.weights = [numbered(self.given, f"weights{s:03}_") for s in range(steps + 1)]
        self.gradients = [numbered(self.given, f"gradients{s:03}_") for s in range(steps)]

    def in_torch(self, values: list[np.ndarray], load: Any = None, gradient: bool = False) -> dict[str, np.ndarray]:
        module = copy.deepcopy(self.blank)
        with torch.no_grad():
            for parameter in module.parameters() if gradient else []:
                parameter.zero_()
        (load or self.load)(module, values)
        return state(module)

    def documented(self) -> dict[str, np.ndarray] | None:
        """The weights by documented layouts, or None where layers cannot be paired by order and shape."""
        try:
            kinds = [str(k) for k in self.given["kinds"]]
            return self.in_torch(self.weights[0], lambda m, w: pairing.load(m, kinds, w))
        except (ValueError, IndexError):
            return None


def second_biases(module: Any) -> set[str]:
    """The recurrent bias of an LSTM or RNN: half of what is one bias in Keras, so Keras has no gradient of it.

    Of a GRU only if it is frozen: there Keras has two biases, unless reset_after is False."""
    single = {id(p) for part in module.modules() if isinstance(part, (torch.nn.LSTM, torch.nn.RNN))
              for p in part.parameters()}
    return {name for name, p in module.named_parameters()
            if "bias_hh" in name and (id(p) in single or not p.requires_grad)}


def between(keras: Keras, port: Port, training: list[np.ndarray], first: list[np.ndarray], start: dict[str, np.ndarray],
            watch: Any, last: list[np.ndarray], metrics: dict[str, float]) -> dict[str, Any]:
    parameters = [k for k, _ in keras.blank.named_parameters()]
    halves = second_biases(keras.blank)
    trained = [k for k in parameters if k not in halves]
    buffers = [k for k in start if k not in parameters]
    pick = lambda values, names: [values[n] for n in names]
    result: dict[str, Any] = {"losses": {"keras": keras.losses, "torch": watch.losses}}
    result["parameters"] = parameter_difference(keras, start, halves)
    result["forward"] = relative(numbered(keras.given, "first_"), first)
    result["forward_training"] = relative(numbered(keras.given, "training_"), training)
    paired = len(watch.gradients) == len(keras.gradients)  # not where gradients are accumulated
    result["steps"] = [{
        "loss": relative([np.array(keras.losses[s])], [np.array(watch.losses[s])]),
        "gradient": relative(pick(keras.in_torch(keras.gradients[s], gradient=True), trained),
                             pick(watch.gradients[s], trained)) if paired else None,
        "update": relative(pick(keras.in_torch(keras.weights[s + 1]), parameters), pick(watch.states[s], parameters)),
    } for s in range(len(keras.losses))]
    result["statistics"] = relative(pick(keras.in_torch(keras.weights[-1]), buffers), pick(watch.states[-1], buffers))
    result["last"] = relative(numbered(keras.given, "last_"), last)
    if "metric" in port.expected:
        names = port.expected["metric"]
        theirs = json.loads(str(keras.given["metrics"]))
        result["metrics"] = {"keras": theirs[names["keras"]], "torch": metrics[names["torch"]]}
        result["metric"] = abs(result["metrics"]["keras"] - result["metrics"]["torch"])
    stages = ("forward", "forward_training", "statistics", "last", "metric")
    result["largest"] = max([result.get(name, 0.0) for name in stages]
                            + [v or 0.0 for step in result["steps"] for v in step.values()])
    result["stage"], result["step"] = stage(result, port.same)
    return result


def parameter_difference(keras: Keras, start: dict[str, np.ndarray], halves: set[str]) -> float:
    """Infinite where the numbers of weights differ: then some have no counterpart."""
    count = sum(v.size for k, v in start.items() if k not in halves)
    if count != sum(w.size for w in keras.weights[0]):
        return float("inf")
    if (keras.port.folder / "weights.py").exists():  # order and layouts do not pair them
        return 0.0
    documented = keras.documented()
    return 0.0 if documented is None else relative(list(documented.values()), [start[k] for k in documented])


def stage(result: dict[str, Any], same: float) -> tuple[str | None, int | None]:
    """The first stage at which something differs, and the step for what is seen in a step."""
    if result["parameters"] > same:
        return "parameters", None
    if result["forward_training"] > same:
        return "forward", None
    if result["forward"] > same:
        return "evaluation", None
    for number, step in enumerate(result["steps"], 1):
        for name in ("loss", "gradient", "update"):
            if (step[name] or 0.0) > same:
                return name, number
    if result["statistics"] > same or result["last"] > same:
        return "evaluation", None
    return ("metric", None) if result.get("metric", 0.0) > same else (None, None)
