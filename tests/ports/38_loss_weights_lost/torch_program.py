import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.shared = nn.Linear(12, 16)
        self.age = nn.Linear(16, 1)
        self.emotion = nn.Linear(16, 3)

    def forward(self, face):
        x = F.relu(self.shared(face))
        return self.age(x), self.emotion(x)

    def training_step(self, batch, batch_idx):
        face, (age, emotion) = batch
        age_hat, emotion_hat = self(face)
        loss_age = F.mse_loss(age_hat, age)
        loss_emotion = F.cross_entropy(emotion_hat, emotion)
        self.log_dict({"age": loss_age, "emotion": loss_emotion})
        return loss_age + loss_emotion

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
