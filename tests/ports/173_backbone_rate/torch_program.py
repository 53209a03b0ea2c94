import torch
from torch import nn


class Transfer(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(torch.relu(self.backbone(x)).mean((2, 3)))


def build():
    net = Transfer()
    optimizer = torch.optim.SGD([
        {"params": net.backbone.parameters(), "lr": 0.02},
        {"params": net.head.parameters()},
    ], lr=0.2)
    return net, nn.CrossEntropyLoss(), optimizer
