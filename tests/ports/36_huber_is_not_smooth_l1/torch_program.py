import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, n_state=4, n_actions=2, delta=0.5):
        super().__init__()
        self.delta = delta
        self.q = nn.Sequential(
            nn.Linear(n_state, 24), nn.ReLU(),
            nn.Linear(24, 24), nn.ReLU(),
            nn.Linear(24, n_actions),
        )

    def forward(self, state):
        return self.q(state)

    def training_step(self, batch, batch_idx):
        state, target = batch
        return nn.functional.smooth_l1_loss(self(state), target, beta=self.delta)

    def configure_optimizers(self):
        return torch.optim.SGD(self.q.parameters(), lr=0.05)
