"""Poisson: the negative log-likelihood of counts; McCullagh and Nelder 1989. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.losses.logarithms import log
from frameworks.parts.losses.loss import LossPart

LIKELIHOOD = "McCullagh and Nelder 1989, section 6.2: the log-likelihood"


class Poisson(LossPart):
    """q − y log q, averaged over outputs and batch, as `scenarios.spec.Poisson` describes; 0 · log 0 is 0."""

    def value_and_gradient(self, y, z, p, last, of="outputs", log_offset=0.0, weights=1):
        if of == "powers_of_outputs":
            q = np.exp(p)
            return ((q - y * p) * weights).mean(), None, ((q - y) * weights / y.size).astype(p.dtype)
        log_q, pullback = log(p + np.asarray(log_offset, p.dtype), y > 0)
        return ((p - y * log_q) * weights).mean(), None, ((1 - pullback(y)) * weights / y.size).astype(p.dtype)

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        return (
            field("Poisson.of", "loss", rules=(
                keras(value="outputs", evidence="keras/src/losses/losses.py:2145"),
                torch(value="powers_of_outputs", convention=True, evidence="torch/nn/modules/loss.py:351",
                      explanation="`nn.PoissonNLLLoss` treats the outputs as logarithms of the rates",
                      fix="pass `log_input=False`"),
                reference(value="outputs", evidence=LIKELIHOOD))),
            field("Poisson.log_offset", "loss", rules=(
                keras(value=1e-7, evidence="keras/src/losses/losses.py:2144",
                      explanation="Keras adds 1e-7 to the outputs inside the logarithm",
                      fix="no change needed as long as no output is that small"),
                torch(value=1e-8, evidence="torch/nn/modules/loss.py:354",
                      explanation="`nn.PoissonNLLLoss` adds 1e-8 to the outputs inside the logarithm, Keras 1e-7",
                      fix="pass `eps=1e-7`"),
                reference(value=0.0, evidence=LIKELIHOOD))),
        )

    def examples(self):
        from scenarios.spec import Poisson
        return Poisson("outputs", 0.0), Poisson("outputs", 0.1), Poisson("powers_of_outputs", 0.1)


PART = Poisson()
