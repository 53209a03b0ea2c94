import pytorch_lightning as pl
import torch
import torch.nn as nn
import torch.nn.functional as F


def mlp(hidden):
    return nn.Sequential(nn.Flatten(), nn.Linear(36, hidden), nn.ReLU(), nn.Linear(hidden, 5))


class Net(pl.LightningModule):
    def __init__(self, alpha=0.1, temperature=4.0):
        super().__init__()
        self.teacher = mlp(32)
        self.student = mlp(8)
        for p in self.teacher.parameters():
            p.requires_grad = False
        self.alpha = alpha
        self.T = temperature

    def forward(self, x):
        return self.student(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        with torch.no_grad():
            teacher = self.teacher(x)
        student = self(x)
        soft = F.kl_div(F.log_softmax(student / self.T, dim=1), F.softmax(teacher / self.T, dim=1),
                        reduction="batchmean")
        hard = F.cross_entropy(student, y)
        return self.alpha * hard + (1 - self.alpha) * soft

    def configure_optimizers(self):
        return torch.optim.SGD(self.student.parameters(), lr=0.1)
