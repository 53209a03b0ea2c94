import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.body = nn.Linear(6, 10)
        self.head = nn.Linear(10, 2)

    def forward(self, x):
        return self.head(self.body(x).relu())

    def training_step(self, batch, batch_idx):
        body, head = self.optimizers()
        x, y = batch
        loss = nn.functional.mse_loss(self(x), y)
        body.zero_grad()
        head.zero_grad()
        self.manual_backward(loss)
        body.step()
        head.step()
        return loss

    def configure_optimizers(self):
        return (torch.optim.SGD(self.body.parameters(), lr=0.1, momentum=0.9),
                torch.optim.SGD(self.head.parameters(), lr=0.1, momentum=0.9))
