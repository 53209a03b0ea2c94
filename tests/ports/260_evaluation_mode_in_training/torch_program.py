import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 10)
        self.bn = nn.BatchNorm1d(10)
        self.fc2 = nn.Linear(10, 1)

    def forward(self, x):
        return torch.sigmoid(self.fc2(F.relu(self.bn(self.fc1(x)))))

    @torch.no_grad()
    def predict(self, x):
        self.eval()
        return self(x) > 0.5

    def training_step(self, batch, batch_idx):
        x, y = batch
        accuracy = (self.predict(x) == y).double().mean()
        loss = F.binary_cross_entropy(self(x), y)
        self.log_dict({"loss": loss, "accuracy": accuracy})
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2)
