"""Two small programs that compute the same, as a user writes them, for tests of `check`."""

KERAS = """
import keras
def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
"""
TORCH = """
import torch
from torch import nn
import pytorch_lightning as pl
class Net(pl.LightningModule):
    def __init__(self, slope=0.0):
        super().__init__()
        self.one, self.two, self.slope = nn.Linear(4, 3), nn.Linear(3, 1), slope
    def forward(self, x):
        return self.two(nn.functional.leaky_relu(self.one(x), self.slope))
    def training_step(self, batch, index):
        return nn.functional.mse_loss(self(batch[0]), batch[1])
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)
"""
