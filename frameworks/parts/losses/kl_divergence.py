"""KLDivergence; Kullback and Leibler 1951. Python 3.6 and NumPy 1.16."""
import itertools

import numpy as np

from frameworks.parts.losses.logarithms import log
from frameworks.parts.losses.loss import LossPart

LOSS_FILE, TORCH_LOSS = "keras/src/losses/losses.py", "torch/nn/modules/loss.py"


class KLDivergence(LossPart):
    """Σ y (log y − log q), averaged over the batch, as `scenarios.spec.KLDivergence` describes; 0 · log 0 is 0."""

    def value_and_gradient(self, y, z, p, last, of="outputs", clip=0.0, mean_of="samples", weights=1):
        q = p if of == "outputs" else np.exp(p)
        slope = np.ones_like(p) if of == "outputs" else q
        if clip:
            slope = slope * ((q >= clip) & (q <= 1))
            y, q = (np.clip(value, np.asarray(clip, p.dtype), 1) for value in (y, q))
        divisor = len(y) if mean_of == "samples" else y.size
        log_q = log(q, y > 0)[0] if of == "outputs" or clip else p
        safe = np.where(y > 0, y, 1)
        loss = (y * (np.log(safe) - log_q) * weights).sum() / divisor
        return loss, None, (-y * slope / np.where(y > 0, q, 1) * weights / divisor).astype(p.dtype)

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        return (
            field("KLDivergence.of", "loss", rules=(
                keras(value="outputs", evidence=LOSS_FILE + ":2106"),
                torch(value="powers_of_outputs", convention=True, evidence=TORCH_LOSS + ":477",
                      explanation="`nn.KLDivLoss` expects log-probabilities: of probabilities, its loss is never "
                                  "above 0", fix="pass the logarithm of the outputs to `nn.KLDivLoss`"),
                reference(value="outputs", evidence="Kullback and Leibler 1951, equation 2.3"))),
            field("KLDivergence.clip", "loss", rules=(
                keras(value=1e-7, evidence=LOSS_FILE + ":2104, :2105",
                      explanation="Keras clips labels and outputs to at least 1e-7",
                      fix="no change needed as long as no output is that small"),
                torch(value=0.0, evidence="torch/nn/functional.py:3401"),
                reference(value=0.0, evidence="Kullback and Leibler 1951, equation 2.3"))),
            field("KLDivergence.mean_of", "loss", rules=(
                keras(value="samples", evidence=LOSS_FILE + ":2106"),
                torch(value="elements", evidence=TORCH_LOSS + ":495",
                      explanation="`nn.KLDivLoss` averages over samples and classes, Keras over samples",
                      fix="pass `reduction=\"batchmean\"`"),
                reference(value="samples", evidence="Goodfellow et al. 2016, equation 5.59: the mean of the training "
                                                    "samples"))),
        )

    def examples(self):
        from scenarios.spec import KLDivergence
        return tuple(KLDivergence(*values) for values in itertools.product(
            ("outputs", "powers_of_outputs"), (0.0, 0.3), ("samples", "elements")))


PART = KLDivergence()
