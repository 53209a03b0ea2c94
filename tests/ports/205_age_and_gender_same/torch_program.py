import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional as F


class Net(pl.LightningModule):
    def __init__(self, age_weight=0.25, gender_weight=10.0, lr=0.01):
        super().__init__()
        self.save_hyperparameters()
        self.conv1 = nn.Conv2d(1, 4, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(4, 8, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(kernel_size=2)
        self.shared = nn.Linear(3 * 3 * 8, 16)
        self.age = nn.Linear(16, 1)
        self.gender = nn.Linear(16, 1)

    def forward(self, face):
        x = face / 127.5 - 1
        x = self.pool(F.elu(self.conv1(x)))
        x = self.pool(F.elu(self.conv2(x)))
        x = torch.flatten(x.permute(0, 2, 3, 1), start_dim=1)
        x = F.elu(self.shared(x))
        return self.age(x), torch.sigmoid(self.gender(x))

    def training_step(self, batch, batch_idx):
        face, (age, gender) = batch
        age_hat, gender_hat = self(face)
        age_loss = F.l1_loss(age_hat, age)
        gender_loss = F.binary_cross_entropy(gender_hat, gender)
        return self.hparams.age_weight * age_loss + self.hparams.gender_weight * gender_loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)
