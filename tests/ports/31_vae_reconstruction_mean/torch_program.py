import torch
import torch.nn.functional as F
from torch import nn


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.ReLU(), nn.Conv2d(4, 2, 1))
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(2, 4, 4, stride=2), nn.ReLU(),
            nn.Conv2d(4, 1, 1), nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


def reconstruction_loss(x_hat, x):
    return F.mse_loss(x_hat, x)


def build():
    model = AutoEncoder()
    return model, reconstruction_loss, torch.optim.SGD(model.parameters(), lr=0.01)
