import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.label = nn.Linear(16, 2)
        nn.init.xavier_uniform_(self.label.weight)
        nn.init.zeros_(self.label.bias)

    def forward(self, words):
        return self.label(self.embedding(words).mean(1))

    def training_step(self, batch, batch_idx):
        words, label = batch
        return nn.functional.cross_entropy(self(words), label)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)
