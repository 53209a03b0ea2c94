"""python tests/ports/verify.py [PORT ...]: trains every port as ported and as fixed, and writes measured.json.

A process for each framework, float64, the same weights, batches and dropout masks. Exits with 1 where a port is not as
its expected.json says: a different one must first differ at the stage that is stated, and nothing may be left once it
is fixed and its `definitions` (by_design.py) are those of Keras."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from port import PORTS, Port, ports

MEASURED = PORTS / "measured.json"


def run(script: str, out: str, names: list[str]) -> None:
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1",
           "KERAS_BACKEND": "tensorflow", "PYTHONPATH": str(PORTS)}
    subprocess.run([sys.executable, str(PORTS / script), out, *names], env=env, check=True)


def problems(port: Port, results: dict[str, Any]) -> list[str]:
    """What is not as expected.json says."""
    errors = [f"{kind}: {r['error']}" for kind, r in results.items() if "error" in r]
    if errors:
        return errors
    expected, ported, adjusted = port.expected, results["ported"], results["adjusted"]
    stage, step = expected.get("stage"), expected.get("step")
    wrong = []
    if expected["verdict"] == "same" and expected.get("stage"):
        wrong.append("the same port cannot have a stage")
    if ported["stage"] != stage or (step is not None and ported["step"] != step):
        wrong.append(f"first differs at {ported['stage']} of step {ported['step']}, not at {stage} of {step}")
    if adjusted["largest"] > port.same or adjusted["stage"]:
        at = f"{adjusted['stage']} of step {adjusted['step']}"
        wrong.append(f"fixed, {adjusted['largest']:.1e} is left, first at {at}")
    if expected["verdict"] == "different" and results["unfixed"]["largest"] <= port.same:
        wrong.append("with Keras's definitions the port is right without its fix")
    for fault in range(1, port.faults):
        first, following = results[f"peeled_{fault}"]["stage"], expected["also"][fault - 1]["stage"]
        if first != following:
            wrong.append(f"with {fault} fixed, first differs at {first}, not at {following}")
    if stage is None and ported["largest"] > port.same:
        wrong.append(f"a right port differs by {ported['largest']:.1e}")
    for item in [i for i in (expected, *expected["also"]) if i.get("layer")]:
        if item["layer"]["keras"] not in ported["keras_layers"]:
            wrong.append(f"the Keras model has no layer {item['layer']['keras']}")
    named = (expected.get("layer") or {}).get("torch", "")
    if ported["first_module"] and not named.endswith(")") and ported["first_module"] != named:
        wrong.append(f"the first module that differs is {ported['first_module']}, not {named}")
    for item, std in zip(expected.get("initialization", []), ported["initial_std"], strict=True):
        if any(abs(a - b) > 0.05 * b for a, b in zip(std, item["std"], strict=True)):
            wrong.append(f"initial standard deviation of {item['torch']}: {std}, not {item['std']}")
    return wrong


def figures(result: dict[str, Any]) -> dict[str, Any]:
    """What is kept of one training: three digits of every figure."""
    short = lambda v: "infinite" if v == float("inf") else v and float(f"{v:.2e}")
    first, second = result["steps"][:2]
    kept = {"stage": result["stage"], "step": result["step"], "forward": short(result["forward"]),
            "forward_training": short(result["forward_training"]), "loss_1": short(first["loss"]),
            "gradient_1": short(first["gradient"]), "update_1": short(first["update"]), "loss_2": short(second["loss"]),
            "last_loss": short(result["steps"][-1]["loss"]), "statistics": short(result["statistics"]),
            "last_outputs": short(result["last"]), "largest": short(result["largest"])}
    if result["parameters"]:
        kept["parameters"] = short(result["parameters"])
    if "metrics" in result:
        kept["metric"] = {k: float(f"{v:.6g}") for k, v in result["metrics"].items()}
    if result.get("first_module"):
        kept["first_module"] = result["first_module"]
    if result["initial_std"]:
        kept["initial_std"] = [[short(v) for v in pair] for pair in result["initial_std"]]
    losses = {k: [float(f"{v:.6g}") for v in values[:2]] for k, values in result["losses"].items()}
    return kept | {"first_losses": losses}


def main(names: list[str]) -> int:
    failed, figures_of = 0, {}
    with tempfile.TemporaryDirectory() as out:
        run("train_keras.py", out, names)
        for error in sorted(Path(out).glob("*.error")):
            print(error.stem, error.read_text())
        run("train_torch.py", out, names)
        for port in ports(names):
            results = json.loads((Path(out) / f"{port.name}.json").read_text())
            wrong = problems(port, results)
            failed += bool(wrong)
            print(f"{port.name:38} {'; '.join(wrong) or summary(results)}")
            if not wrong:
                figures_of[port.name] = {kind: figures(result) for kind, result in results.items()
                                         if kind not in ("adjusted", "unfixed") or port.expected.get("definitions")}
    measured = (json.loads(MEASURED.read_text()) if MEASURED.exists() else {}) | figures_of
    measured = {name: measured[name] for name in sorted(measured) if (PORTS / name / "expected.json").exists()}
    MEASURED.write_text(json.dumps(measured, indent=1, allow_nan=False) + "\n")
    print(f"{failed} not as expected" if failed else "all as expected")
    return 1 if failed else 0


def summary(results: dict[str, Any]) -> str:
    ported, fixed, adjusted = (results[kind] for kind in ("ported", "fixed", "adjusted"))
    at = f"{ported['stage']} {ported['step'] or ''}"
    return f"{at:13} ported {ported['largest']:.1e}  fixed {fixed['largest']:.1e}  adjusted {adjusted['largest']:.1e}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
