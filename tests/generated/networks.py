"""Small specs and their parts, from which the specs of generated programs are changed."""

from scenarios.spec import (
    SGD,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    ClassWeights,
    Data,
    Dense,
    FanInUniform,
    Flatten,
    GlorotUniform,
    Normal,
    SampleWeights,
    Spec,
    Training,
    WeightDecay,
    Zeros,
    metrics,
)
from scenarios.spec import regularizers as vocabulary
from scenarios.spec.fields import changed

MULTI = Spec(Data((7, 3, 1), first=200, divisor=255.0), (Flatten(), Dense(3), Activation("sigmoid")),
             CategoricalCrossentropy(), SGD(0.1), Training(2, 32))
ONE_OUTPUT = Spec(Data((0, 1), first=200, divisor=0.5, flatten=True, labels="index"), (Dense(1), Activation("sigmoid")),
                  BinaryCrossentropy(), SGD(0.001), Training(1, 32))
LINEAR = changed(ONE_OUTPUT, {"layers": (Dense(1),), "data.divisor": 255.0})
DRAWN = (Flatten(), Dense(4, Normal(0.0, 0.1), Zeros()), Activation("relu"), Activation("tanh"),
         Dense(4, GlorotUniform(), FanInUniform()), Dense(3, FanInUniform(), Normal(0.1, 0.1)), Activation("softmax"))
CLIP, L2 = 0.2, WeightDecay(1.0, False)
REGULARIZED = (Flatten(), Dense(4, None, None, True, vocabulary.L2(0.1), vocabulary.L1(0.2), vocabulary.L1(0.1)),
               Activation("tanh"), Dense(3, Zeros(), None, True, vocabulary.L1(0.1), "none", vocabulary.L2(0.3)),
               Activation("softmax"))
IMAGE = Data((7, 3, 1), first=200, divisor=255.0, channel=True)
METRICS = (metrics.MeanAbsoluteError(), metrics.MeanSquaredError())
HEAVY = ClassWeights((0.5, 2.0, 8.0))
UNEVEN = Training(2, 32, sample_weight=SampleWeights((0.5, 2.0, 8.0, 1.0)))
NUMBERS = Data((7, 3, 1), first=200, divisor=255.0, labels="index")


def of(base, **parts):
    return changed(base, parts)
