import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, clip=0.1):
        super().__init__()
        self.clip = clip
        self.conv1 = nn.Conv1d(2, 6, 3)
        self.conv2 = nn.Conv1d(6, 6, 3)
        self.forecast = nn.Linear(6, 1)

    def forward(self, series):
        x = torch.relu(self.conv1(series.transpose(1, 2)))
        x = torch.relu(self.conv2(x))
        return self.forecast(x.mean(-1))

    def training_step(self, batch, batch_idx):
        series, target = batch
        return nn.functional.mse_loss(self(series), target)

    def configure_gradient_clipping(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
        torch.nn.utils.clip_grad_norm_(self.parameters(), self.clip)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
