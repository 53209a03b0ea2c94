import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(embed_dim=8, num_heads=2)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        y = self.norm(x)
        y, _ = self.attention(y, y, y)
        return self.head((x + y).mean(1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
