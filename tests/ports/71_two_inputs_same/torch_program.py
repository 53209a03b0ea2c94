import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, users=20, items=15, dim=4):
        super().__init__()
        self.users = nn.Embedding(users, dim)
        self.items = nn.Embedding(items, dim)
        self.hidden = nn.Linear(2 * dim + 2, 16)
        self.rating = nn.Linear(16, 1)

    def forward(self, user, item, hour):
        x = torch.cat([self.users(user).squeeze(1), self.items(item).squeeze(1), hour], dim=-1)
        return self.rating(self.hidden(x).relu())

    def training_step(self, batch, batch_idx):
        (user, item, hour), rating = batch
        loss = nn.functional.mse_loss(self(user, item, hour), rating)
        self.log("mse", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
