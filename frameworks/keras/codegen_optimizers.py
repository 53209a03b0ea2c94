"""Renders the optimizer of a spec, its learning-rate schedule, and our classes that it needs, as source.

A line is a string, or a tuple of a string and the paths of the fields that the line decides.
"""

import os
import textwrap

from frameworks.codegen.source import WIDTH, paths_of, source_of
from frameworks.keras import configuration

OPTIMIZERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.py")
"""The file with our classes of optimizers and schedules."""


def optimizer_lines(optimizer):
    """Returns the lines of the argument `optimizer` of `compile`. Raises Unsupported where Keras cannot express it."""
    call = configuration.call(optimizer)
    return call_lines("    optimizer=%s(" % call.name, call.arguments(), "),", paths_of("optimizer", optimizer))


def schedule_lines(spec):
    """Returns the lines that create the learning rate schedule, if there is one."""
    rate = spec["optimizer"]["learning_rate"]
    if not isinstance(rate, dict) or configuration.on_plateau(rate):
        return []
    name, arguments, of_epochs = configuration.schedule(rate)
    head = "rate = %s%s(" % ("keras.optimizers.schedules." if name == rate["is"] else "", name)
    lines = call_lines(head, ["%s=%r" % each for each in arguments.items()], ")",
                       paths_of("optimizer.learning_rate", rate))
    if of_epochs:
        size = {"all": "len(x_train)", None: "32"}.get(spec["training"]["batch_size"], spec["training"]["batch_size"])
        lines.append("rate = PerEpoch(rate, -(-len(x_train) // %s))" % size)
    return lines


def class_definitions(optimizer):
    """Returns the source of our classes that an optimizer needs, copied from `optimizers.py`."""
    additions, base = configuration.additions(optimizer), configuration.class_of(optimizer)
    rate, schedule_classes = optimizer["learning_rate"], []
    if isinstance(rate, dict) and not configuration.on_plateau(rate):
        name, _, of_epochs = configuration.schedule(rate)
        schedule_classes = [name] * (name != rate["is"]) + ["PerEpoch"] * of_epochs
    lines = [line for name in [*additions, base] if "." not in name for line in source_of(name, OPTIMIZERS)]
    lines += [line.replace("SCHEDULE", "keras.optimizers.schedules.LearningRateSchedule") for name in schedule_classes
              for line in source_of(name, OPTIMIZERS)]
    if additions:
        lines += ["", "", "class Configured(%s):" % ", ".join([*additions, base])]
        lines += ["    %s = %r" % each for settings in additions.values() for each in settings.items()]
    return lines + ["", ""] if lines else []


def call_lines(head, arguments, tail, paths=()):
    """Returns the lines of a call: one line where it fits, otherwise with the arguments on lines of their own.

    `head` and `tail` are the text before and after the arguments, and `paths` those of the fields that the call sets.
    """
    if len(head + ", ".join(arguments) + tail) <= WIDTH:
        return [(head + ", ".join(arguments) + tail,) + tuple(paths)]
    indent = " " * (len(head) - len(head.lstrip()))
    lines = textwrap.wrap("\0".join(arguments).replace(" ", "\1").replace("\0", ", ") + ",", WIDTH,
                          initial_indent=indent + "    ", subsequent_indent=indent + "    ", break_long_words=False,
                          break_on_hyphens=False)
    return [(head,) + tuple(paths)] + [line.replace("\1", " ") for line in lines] + [indent + tail]
