"""The Lightning of this process, `pl` as in its documentation; `package` says under which name it is installed."""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from frameworks.lightning.package import MODULE

if TYPE_CHECKING or MODULE == "pytorch_lightning":
    import pytorch_lightning as pl
    from pytorch_lightning.utilities.types import LRSchedulerConfig
else:
    import lightning.pytorch as pl
    from lightning.pytorch.utilities.types import LRSchedulerConfig

__all__ = ["LRSchedulerConfig", "lightning_of", "pl", "quiet"]

NAMES = ("pytorch_lightning", "lightning.pytorch")
"""The names under which Lightning can be imported."""
LOGGERS = (*NAMES, "lightning_fabric", "lightning.fabric")


def quiet(level: int) -> None:
    """Set the level of Lightning's loggers, which otherwise report the hardware and every seed."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(level)


def lightning_of(module: Any) -> ModuleType | None:
    """Return the package that an object's LightningModule comes from; None for another object.

    The two packages have classes of their own, and the Trainer of one refuses a module of the other. So a user's
    module is trained by the Trainer of the package that the user's program has imported.
    """
    packages = (sys.modules[name] for name in NAMES if name in sys.modules)
    return next((package for package in packages if isinstance(module, package.LightningModule)), None)
