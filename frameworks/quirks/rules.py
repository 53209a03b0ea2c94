"""All default rules: the value that each framework uses for an unset field, since which version, and the evidence.

To add a field, define it in `scenarios/spec/`, add its rules to its part in `frameworks/parts`, or to a file here, and
add a branch to each realization that supports other values. Tests are generated from the rules. The path of a source
file in `evidence` is below site-packages, and its line number is that of `VERSIONS`.
"""

from __future__ import annotations

from frameworks.parts import LAYERS, part_of
from frameworks.parts.losses import LOSSES, loss_part
from frameworks.parts.metrics import METRICS, metric_part
from frameworks.parts.optimizers import OPTIMIZERS, optimizer_part
from frameworks.quirks import regularizers, sample_weights, schedules, training, updates
from frameworks.quirks.rule import DefaultRule, Field

VERSIONS = "keras 3.15.1, tensorflow 2.21.0, jax 0.10.2, torch 2.15.0, pytorch-lightning 2.6.6, lightning 2.6.6, " \
           "torchmetrics 1.9.0"
"""The latest versions with which the rules were checked."""

FIELDS: tuple[Field, ...] = (*(field for name in LAYERS for field in part_of(name).rules()),
                             *(field for name in LOSSES for field in loss_part(name).rules()),
                             *(field for name in OPTIMIZERS for field in optimizer_part(name).rules()),
                             *sample_weights.FIELDS, *regularizers.FIELDS, *updates.FIELDS, *training.FIELDS,
                             *schedules.FIELDS,
                             *(field for name in METRICS for field in metric_part(name).rules()))
RULES: tuple[DefaultRule, ...] = tuple(rule for field in FIELDS for rule in field.rules)
STAGE_OF = {field.name: field.stage for field in FIELDS}
"""By Class.field, the first stage at which two values of the field can make a difference."""
WITHOUT_REFERENCE_VALUE = tuple(field.name for field in FIELDS if not field.published)
"""Fields for which no publication defines a value. The reference uses the value of a framework."""
