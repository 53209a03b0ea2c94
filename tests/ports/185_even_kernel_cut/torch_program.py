import torch
from torch import nn


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 4, padding=2)
        self.out = nn.Linear(192, 2)

    def forward(self, x):
        x = torch.relu(self.conv(x)[:, :, :-1, :-1])
        return self.out(x.movedim(1, -1).flatten(1))


def build():
    net = CNN()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1)
