import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 6)
        self.hidden = nn.Linear(6, 8)
        self.score = nn.Linear(8, 1)

    def forward(self, words):
        x = self.embedding(words).mean(2)
        return self.score(torch.tanh(self.hidden(x)))

    def training_step(self, batch, batch_idx):
        words, label = batch
        return F.binary_cross_entropy_with_logits(self(words), label, reduction="sum")

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5, momentum=0.9, weight_decay=1e-3)
