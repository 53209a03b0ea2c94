import torch
from torch import nn


def make_backbone():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(),
        nn.Conv2d(4, 6, 3), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )


class Transfer(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = make_backbone()
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        return self.head(self.backbone(x))


def build():
    model = Transfer()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    return model, nn.CrossEntropyLoss(), optimizer
