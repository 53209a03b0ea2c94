import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class MixerLayer(nn.Module):
    def __init__(self, patches, dim):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.token_mlp = nn.Sequential(nn.Linear(patches, patches), nn.GELU(), nn.Linear(patches, patches))
        self.norm2 = nn.LayerNorm(dim)
        self.channel_mlp = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, dim))

    def forward(self, x):
        x = self.norm1(x)
        x = x + self.token_mlp(x.transpose(1, 2)).transpose(1, 2)
        return x + self.channel_mlp(self.norm2(x))


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(6, 8)
        self.mixer = MixerLayer(9, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.mixer(self.embed(x)).mean(dim=1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
