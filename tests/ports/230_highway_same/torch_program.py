import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional as F


class Highway(nn.Module):
    def __init__(self, size, num_layers):
        super().__init__()
        self.nonlinear = nn.ModuleList([nn.Linear(size, size) for _ in range(num_layers)])
        self.gate = nn.ModuleList([nn.Linear(size, size) for _ in range(num_layers)])
        for g in self.gate:
            nn.init.constant_(g.bias, -2.0)

    def forward(self, x):
        for gate, nonlinear in zip(self.gate, self.nonlinear):
            g = torch.sigmoid(gate(x))
            x = g * F.relu(nonlinear(x)) + (1 - g) * x
        return x


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.highway = Highway(9, 2)
        self.out = nn.Linear(9, 1)

    def forward(self, x):
        return self.out(self.highway(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.binary_cross_entropy_with_logits(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5, momentum=0.9)
