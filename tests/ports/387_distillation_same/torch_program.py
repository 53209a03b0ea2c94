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
        self.teacher.eval().requires_grad_(False)
        self.alpha = alpha
        self.T = temperature

    def forward(self, x):
        return self.student(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        student = self(x)
        with torch.no_grad():
            soft_labels = (self.teacher(x) / self.T).log_softmax(1)
        soft = F.kl_div((student / self.T).log_softmax(1), soft_labels, log_target=True, reduction="batchmean")
        return torch.lerp(soft * self.T ** 2, F.cross_entropy(student, y), self.alpha)

    def configure_optimizers(self):
        return torch.optim.SGD(filter(lambda p: p.requires_grad, self.parameters()), lr=0.1)
