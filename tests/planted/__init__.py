"""Planted faults by stage: each is detected at its own stage, and as the first difference."""

from planted import evaluation, model, training

PLANTED = (*model.FAULTS, *training.FAULTS, *evaluation.FAULTS)
