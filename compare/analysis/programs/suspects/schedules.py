"""A schedule of Keras's learning rate as code for PyTorch."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

Settings = Mapping[str, Any]

FACTORS: Mapping[str, Callable[[Settings], str]] = {
    "CosineDecay": lambda s: with_end(
        s["alpha"], f"0.5 * (1 + math.cos(math.pi * min(step / {s['decay_steps']}, 1)))"),
    "ExponentialDecay": lambda s: f"{s['decay_rate']:g} ** (step {'//' if s['staircase'] else '/'} {s['decay_steps']})",
    "InverseTimeDecay": lambda s: f"1 / (1 + {s['decay_rate']:g} * (step {'//' if s['staircase'] else '/'} "
                                  f"{s['decay_steps']}))",
    "PolynomialDecay": lambda s: with_end(
        s["end_learning_rate"] / s["initial_learning_rate"],
        f"(1 - min(step / {s['decay_steps']}, 1)) ** {s['power']:g}"),
}
"""By Keras's class, the learning rate as a multiple of the first one (keras/src/optimizers/schedules)."""
SHOWN = 8
"""So many rates of any other schedule are written out."""


def with_end(end: float, factor: str) -> str:
    """A factor that falls from 1 to `end`."""
    return f"{end:g} + {1 - end:g} * {factor}" if end else factor


def code(schedule: Any, rates: Sequence[float] | None, constant: float) -> str:
    """What to write for a schedule of Keras as `{"schedule", "settings"}`, for rates by step, or for a constant."""
    if not rates:
        return f"lr={constant:g}, and no scheduler"
    known = isinstance(schedule, Mapping) and schedule["schedule"] in FACTORS and not (
        schedule["settings"].get("warmup_steps") or schedule["settings"].get("cycle"))
    factor = FACTORS[schedule["schedule"]](schedule["settings"]) if known else \
        f"[{', '.join(f'{rate / rates[0]:.6g}' for rate in rates[:SHOWN])}{', …' if len(rates) > SHOWN else ''}][step]"
    return f'lr={rates[0]:.6g}, and LambdaLR(optimizer, lambda step: {factor}) with "interval": "step"'
