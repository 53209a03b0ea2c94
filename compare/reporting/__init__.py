"""What a comparison leaves to look at: TensorBoard's event files and the report."""

import sys
from types import ModuleType

# TensorBoard imports TensorFlow where it is installed (15 s, 850 MB, and an abort where torch comes later), unless it
# finds a module of this name. The name is internal to TensorBoard, hence the pinned version and tests/test_events.py.
# It stands here, before every module of this package, since it has to come before the first import of tensorboard.
sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
