import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, n_items=20, dim=4):
        super().__init__()
        self.items = nn.Embedding(n_items, dim, padding_idx=0)
        self.hidden = nn.Linear(6 * dim, 8)
        self.rating = nn.Linear(8, 1)

    def forward(self, items):
        x = self.items(items).flatten(1)
        x = torch.relu(self.hidden(x))
        return self.rating(x)

    def training_step(self, batch, batch_idx):
        items, rating = batch
        loss = nn.functional.mse_loss(self(items), rating)
        self.log("mse", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
