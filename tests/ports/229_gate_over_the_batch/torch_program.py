import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, n_experts=3, units=5):
        super().__init__()
        self.experts = nn.ModuleList(nn.Linear(8, units) for _ in range(n_experts))
        self.gate = nn.Linear(8, n_experts)
        self.click = nn.Linear(units, 1)

    def forward(self, x):
        outputs = torch.stack([F.relu(expert(x)) for expert in self.experts], dim=1)
        weights = F.softmax(self.gate(x), dim=0)
        h = (weights.unsqueeze(-1) * outputs).sum(dim=1)
        return torch.sigmoid(self.click(h))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.binary_cross_entropy(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
