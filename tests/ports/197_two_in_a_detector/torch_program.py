import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.features = nn.Conv2d(3, 4, 3)
        self.score = nn.Linear(64, 2)
        self.box = nn.Linear(64, 4)

    def forward(self, x):
        x = torch.relu(self.features(x)).permute(0, 2, 3, 1).flatten(1)
        return self.score(x), self.box(x)

    def training_step(self, batch, batch_idx):
        x, (scores, boxes) = batch
        score, box = self(x)
        return F.binary_cross_entropy_with_logits(score, scores) + F.smooth_l1_loss(box, boxes, beta=0.5)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
