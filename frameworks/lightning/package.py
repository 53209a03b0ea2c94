"""The package from which Lightning is imported. Importing this file imports no framework.

Lightning is published under two names with the same code: `pytorch-lightning`, imported as `pytorch_lightning`, and
`lightning`, imported as `lightning.pytorch`. Since `lightning` installs `pytorch-lightning` too, a user who has both
chose `lightning`.
"""

from importlib.util import find_spec

MODULE, DISTRIBUTION = ("lightning.pytorch", "lightning") if find_spec("lightning") else \
    ("pytorch_lightning", "pytorch-lightning")
