import pytorch_lightning as pl
import torch
from torch import nn
from torchmetrics.classification import MulticlassAccuracy


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 7))
        self.topk = MulticlassAccuracy(num_classes=7, top_k=3, average="micro")

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch, batch_idx):
        self.topk(self(batch[0]), batch[1])
        self.log("val_topk", self.topk)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
