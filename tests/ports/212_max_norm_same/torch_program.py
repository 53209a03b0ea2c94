import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 10)
        self.fc2 = nn.Linear(10, 6)
        self.fc3 = nn.Linear(6, 1)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.mse_loss(self(x), y)

    def on_train_batch_end(self, outputs, batch, batch_idx):
        with torch.no_grad():
            norm = self.fc1.weight.norm(dim=1, keepdim=True)
            self.fc1.weight.mul_(norm.clamp(max=1.0) / (norm + 1e-7))
            self.fc2.weight.clamp_(min=0)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
