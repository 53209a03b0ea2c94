import pytorch_lightning as pl
import torch
from torch import nn

VOCABULARY, TAGS = 30, 5


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 6)
        self.gru = nn.GRU(6, 8, batch_first=True)
        self.tags = nn.Linear(8, TAGS)
        self.criterion = nn.CrossEntropyLoss(ignore_index=0)

    def forward(self, words):
        x = self.embedding(words)
        x, _ = self.gru(x)
        return self.tags(x)

    def training_step(self, batch, batch_idx):
        words, tags = batch
        logits = self(words)
        return self.criterion(logits.transpose(1, 2), tags)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5)
