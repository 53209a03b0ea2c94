"""The vocabulary: a `Spec` describes one training without naming a framework.

A field that is `None` is *unset*: the framework decides, and `frameworks.quirks.resolution` knows how it does. Every
other value is the user's own choice. The meaning of a field stands right under it. An impossible spec is refused when
it is made.
"""

from scenarios.spec.activations import GELU as GELU
from scenarios.spec.activations import Activation as Activation
from scenarios.spec.activations import HardSigmoid as HardSigmoid
from scenarios.spec.activations import LeakyReLU as LeakyReLU
from scenarios.spec.activations import LeakyReLUByName as LeakyReLUByName
from scenarios.spec.layers import AveragePooling2D as AveragePooling2D
from scenarios.spec.layers import BatchNormalization as BatchNormalization
from scenarios.spec.layers import Conv2D as Conv2D
from scenarios.spec.layers import Dense as Dense
from scenarios.spec.layers import Dropout as Dropout
from scenarios.spec.layers import FanInUniform as FanInUniform
from scenarios.spec.layers import Flatten as Flatten
from scenarios.spec.layers import GlorotUniform as GlorotUniform
from scenarios.spec.layers import Initializer as Initializer
from scenarios.spec.layers import Layer as Layer
from scenarios.spec.layers import LayerNormalization as LayerNormalization
from scenarios.spec.layers import MaxPooling2D as MaxPooling2D
from scenarios.spec.layers import Normal as Normal
from scenarios.spec.layers import Zeros as Zeros
from scenarios.spec.losses import BinaryCrossentropy as BinaryCrossentropy
from scenarios.spec.losses import CategoricalCrossentropy as CategoricalCrossentropy
from scenarios.spec.losses import CategoricalHinge as CategoricalHinge
from scenarios.spec.losses import ClassWeights as ClassWeights
from scenarios.spec.losses import Hinge as Hinge
from scenarios.spec.losses import Huber as Huber
from scenarios.spec.losses import KLDivergence as KLDivergence
from scenarios.spec.losses import MeanSquaredError as MeanSquaredError
from scenarios.spec.losses import QuadraticCost as QuadraticCost
from scenarios.spec.optimizers import SGD as SGD
from scenarios.spec.optimizers import Accumulation as Accumulation
from scenarios.spec.optimizers import Adadelta as Adadelta
from scenarios.spec.optimizers import Adagrad as Adagrad
from scenarios.spec.optimizers import Adam as Adam
from scenarios.spec.optimizers import AdamW as AdamW
from scenarios.spec.optimizers import Clip as Clip
from scenarios.spec.optimizers import Nadam as Nadam
from scenarios.spec.optimizers import Optimizer as Optimizer
from scenarios.spec.optimizers import RMSprop as RMSprop
from scenarios.spec.optimizers import WeightDecay as WeightDecay
from scenarios.spec.schedules import CosineDecay as CosineDecay
from scenarios.spec.schedules import EarlyStopping as EarlyStopping
from scenarios.spec.schedules import ExponentialDecay as ExponentialDecay
from scenarios.spec.schedules import ReduceOnPlateau as ReduceOnPlateau
from scenarios.spec.training import CLASSES as CLASSES
from scenarios.spec.training import INFINITY as INFINITY
from scenarios.spec.training import OF_CLASSES as OF_CLASSES
from scenarios.spec.training import SIDE as SIDE
from scenarios.spec.training import Accuracy as Accuracy
from scenarios.spec.training import Data as Data
from scenarios.spec.training import Loss as Loss
from scenarios.spec.training import Rule as Rule
from scenarios.spec.training import Spec as Spec
from scenarios.spec.training import Training as Training
from scenarios.spec.training import last_activation as last_activation
from scenarios.spec.training import shapes as shapes
from scenarios.spec.training import width as width
