import torch
from torch import nn


def dice_loss(p, y):
    inter = (p * y).sum()
    return 1 - (2 * inter + 1) / (p.sum() + y.sum() + 1)


def build():
    net = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 1, 1), nn.Sigmoid())
    return net, dice_loss, torch.optim.SGD(net.parameters(), lr=0.5)
