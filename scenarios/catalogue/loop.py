"""What changes in the course of a training, and when."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.measures import rate_after, second_step
from scenarios.catalogue.optimizers import with_optimizer
from scenarios.spec import SGD, CosineDecay, ExponentialDecay

FAMILY = Family("loop", __doc__, (
    Row("lr_schedule_granularity", "a rate that is to be halved is half of it in the second step",
        with_optimizer(SGD(ExponentialDecay(0.1, 0.5))), rate_after(1), high=0.75, belongs_to="defaults differ",
        gate="update", fields=("optimizer.learning_rate.per",)),
    Row("cosine_after_end", "after the end of a cosine nothing moves",
        with_optimizer(SGD(CosineDecay(0.1, 1, per="step"))), rate_after(2), high=0.1, belongs_to="defaults differ",
        gate="update", fields=("optimizer.learning_rate.after",)),
    Row("momentum_keeps_the_rate", "a momentum goes on when the rate has fallen to a hundredth",
        with_optimizer(SGD(ExponentialDecay(0.1, 0.01, per="step"), 0.9)), second_step, low=0.5,
        belongs_to="textbook; PyTorch departs", gate="update", fields=("optimizer.learning_rate.in_momentum",)),
    Row("schedule_aligned", "a rate that is halved in every step is a quarter in the third",
        with_optimizer(SGD(ExponentialDecay(0.1, 0.5, per="step"))), rate_after(2), low=0.24, high=0.26),
))
