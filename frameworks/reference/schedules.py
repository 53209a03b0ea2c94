"""Learning rates that change; the defaults of open fields are the table's."""
import numpy as np


def rate(schedule, step, steps, dtype):
    """The rate of a step, counted from 0, by a schedule of plain JSON; `steps` are those of an epoch."""
    number = np.dtype(dtype).type
    done = step // steps if schedule["per"] == "epoch" else step
    if schedule["is"] == "CosineDecay":
        n = done if schedule["after"] == "rises" else min(done, schedule["length"])
        return number(schedule["initial"]) * (1 + np.cos(number(np.pi) * (number(n) / number(schedule["length"])))) / 2
    n = number(done) / number(schedule["every"])
    return number(schedule["initial"]) * number(schedule["factor"]) ** (np.floor(n) if schedule["staircase"] else n)
