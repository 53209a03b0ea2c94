import torch
from torch import nn


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 5, 3, padding=1)
        self.slope = nn.LeakyReLU()
        self.pool = nn.AvgPool2d(3, stride=2, padding=1)
        self.logits = nn.Linear(80, 1)

    def forward(self, x):
        x = self.pool(self.slope(self.conv(x)))
        return self.logits(x.permute(0, 2, 3, 1).flatten(1))


def loss_fn(logits, real):
    return nn.functional.binary_cross_entropy_with_logits(logits, real)


def build():
    net = Discriminator()
    return net, loss_fn, torch.optim.RMSprop(net.parameters(), lr=0.01, eps=1e-3)
