import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, words=40, tags=5):
        super().__init__()
        self.tags = tags
        self.embedding = nn.Embedding(words, 6)
        self.encoder = nn.GRU(6, 5, batch_first=True, bidirectional=True)
        self.hidden = nn.Linear(10, 8)
        self.out = nn.Linear(8, tags)
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, tokens):
        x, _ = self.encoder(self.embedding(tokens))
        return self.out(torch.relu(self.hidden(x)))

    def training_step(self, batch, batch_idx):
        tokens, tags = batch
        logits = self(tokens)
        return self.criterion(logits.reshape(len(tokens), self.tags, -1), tags.long())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5)
