import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn

MAX_WORDS, MAX_LEN, DIM = 40, 10, 10


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(MAX_WORDS, DIM)
        self.conv = nn.Conv1d(DIM, 12, kernel_size=3)
        self.fc = nn.Linear(12, 1)

    def forward(self, words):
        x = self.embedding(words)
        x = F.relu(self.conv(x))
        x = x.max(dim=-1).values
        return torch.sigmoid(self.fc(x))

    def training_step(self, batch, _):
        words, label = batch
        loss = F.binary_cross_entropy(self(words), label)
        self.log("loss", loss, prog_bar=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2)
