"""All default rules: what each framework does with a field that a spec leaves unset, since when, and how we know.

To add one: the field in `scenarios/spec/`, its block in a file here (or, of a layer, in `frameworks/parts`), and one
line in each realization that supports other values. Tests are generated from the rules. Evidence is a path below
site-packages with its line, at `VERSIONS`.
"""

from __future__ import annotations

from frameworks.parts import LAYERS, part_of
from frameworks.quirks import losses, optimizers, schedules, training
from frameworks.quirks.rule import DefaultRule, Field

VERSIONS = "keras 3.15.1, tensorflow 2.21.0, jax 0.10.2, torch 2.15.0, pytorch-lightning 2.6.6, torchmetrics 1.9.0"

FIELDS: tuple[Field, ...] = (*(field for name in LAYERS for field in part_of(name).rules()), *losses.FIELDS,
                             *optimizers.FIELDS, *training.FIELDS, *schedules.FIELDS)
RULES: tuple[DefaultRule, ...] = tuple(rule for field in FIELDS for rule in field.rules)
STAGE_OF = {field.name: field.stage for field in FIELDS}
"""By Class.field, the first stage at which two values can differ."""
WITHOUT_REFERENCE_VALUE = tuple(field.name for field in FIELDS if not field.in_textbooks)
"""Fields for which no textbook has a value: the reference takes over that of a framework."""
