"""Ranges of versions of Keras in which default rules of several fields hold; see `DefaultRule.packages`."""

from __future__ import annotations

BEFORE_TF_KERAS = (("Keras", "", "2.3.1"),)
"""The versions of Keras before it moved to tf.keras."""
BEFORE_TF_KERAS_2_11 = (*BEFORE_TF_KERAS, ("tf.keras", "", "2.10"))
"""The versions of Keras before the new optimizers of tf.keras 2.11."""
BEFORE_3 = (*BEFORE_TF_KERAS, ("tf.keras", "", ""), ("tf_keras", "", ""))
"""All versions of Keras 1 and 2."""
