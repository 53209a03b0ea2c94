"""A schedule of Keras's learning rate as code for PyTorch."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

Settings = Mapping[str, Any]

FACTORS: Mapping[str, Callable[[Settings], str]] = {
    "CosineDecay": lambda s: warmed_up(s) + with_end(
        s["alpha"], f"0.5 * (1 + math.cos(math.pi * min({after_warmup(s)} / {s['decay_steps']}, 1)))"),
    "ExponentialDecay": lambda s: f"{s['decay_rate']:g} ** (step {'//' if s['staircase'] else '/'} {s['decay_steps']})",
    "InverseTimeDecay": lambda s: f"1 / (1 + {s['decay_rate']:g} * (step {'//' if s['staircase'] else '/'} "
                                  f"{s['decay_steps']}))",
    "PolynomialDecay": lambda s: with_end(
        s["end_learning_rate"] / s["initial_learning_rate"],
        f"(1 - min(step / {s['decay_steps']}, 1)) ** {s['power']:g}"),
    "PiecewiseConstantDecay": lambda s: pieces(s),
}
"""By Keras's class, the learning rate as a multiple of `highest` (keras/src/optimizers/schedules)."""
SHOWN = 8
"""So many rates of any other schedule are written out."""


def with_end(end: float, factor: str) -> str:
    """A factor that falls from 1 to `end`."""
    return f"{end:g} + {1 - end:g} * {factor}" if end else factor


def highest(settings: Settings) -> float:
    """The learning rate of which the factors are meant."""
    values = settings.get("values")
    return float(max(values) if values else settings.get("warmup_target") or settings["initial_learning_rate"])


def pieces(settings: Settings) -> str:
    """The factor of constant rates; a boundary belongs to the rate before it."""
    factors = ", ".join(f"{value / highest(settings):.6g}" for value in settings["values"])
    return f"[{factors}][bisect.bisect_left({settings['boundaries']}, step)]"


def warmed_up(settings: Settings) -> str:
    """The factor in the steps of a warmup, as the beginning of a condition; empty without one."""
    if settings.get("warmup_target") is None or not settings.get("warmup_steps"):
        return ""
    first, steps = settings["initial_learning_rate"] / settings["warmup_target"], settings["warmup_steps"]
    rising = f"{first:g} + {1 - first:g} * step / {steps}" if first else f"step / {steps}"
    return f"{rising} if step < {steps} else "


def after_warmup(settings: Settings) -> str:
    """The number of the step, counted from the end of the warmup."""
    return f"(step - {settings['warmup_steps']})" if warmed_up(settings) else "step"


def code(schedule: Any, rates: Sequence[float] | None, constant: float) -> str:
    """What to write for a schedule of Keras as `{"schedule", "settings"}`, for rates by step, or for a constant."""
    if not rates:
        return f"`lr={constant:g}`, and no scheduler"
    known = isinstance(schedule, Mapping) and schedule["schedule"] in FACTORS and not schedule["settings"].get("cycle")
    first = highest(schedule["settings"]) if known else max(rates)
    factor = FACTORS[schedule["schedule"]](schedule["settings"]) if known else \
        f"[{', '.join(f'{rate / first:.6g}' for rate in rates[:SHOWN])}{', …' if len(rates) > SHOWN else ''}][step]"
    return f'`lr={first:.6g}`, and `LambdaLR(optimizer, lambda step: {factor})` with `"interval": "step"`'
