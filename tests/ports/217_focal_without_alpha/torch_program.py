import torch
import torch.nn.functional as F
from torch import nn


class FocalLoss(nn.Module):
    def __init__(self, gamma=2, weight=None):
        super().__init__()
        self.gamma = gamma
        self.weight = weight

    def forward(self, logits, target):
        ce = F.cross_entropy(logits, target.argmax(1), weight=self.weight, reduction="none")
        pt = torch.exp(-ce)
        return ((1 - pt) ** self.gamma * ce).mean()


def build():
    net = nn.Sequential(nn.Linear(7, 10), nn.ReLU(), nn.Linear(10, 4))
    return net, FocalLoss(), torch.optim.SGD(net.parameters(), lr=0.5)
