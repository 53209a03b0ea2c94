import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, vocab=25, dim=5, hidden=6):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim)
        self.gru = nn.GRU(dim, hidden, batch_first=True, bidirectional=True)
        self.sentiment = nn.Linear(2 * hidden, 1)

    def forward(self, tokens):
        x = self.embedding(tokens)
        out, h = self.gru(x)
        x = out[:, -1]
        return self.sentiment(x)

    def training_step(self, batch, batch_idx):
        tokens, label = batch
        loss = F.binary_cross_entropy_with_logits(self(tokens), label)
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5)
