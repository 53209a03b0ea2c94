"""Outputs of a comparison: the answer, the console output, the report and TensorBoard event files."""

import sys
from types import ModuleType

# TensorBoard imports TensorFlow if it is installed (15 s, 850 MB, and the process aborts if torch is imported later),
# unless a module of this name exists. The name is internal to TensorBoard, hence the pinned version and
# tests/unit/test_events.py. The line is here because it must run before the first import of tensorboard.
sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
