import torch
from torch import nn


class Regression(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = torch.tensor([0.5, -1.0, 2.0, 0.0])
        self.std = torch.tensor([2.0, 0.5, 1.0, 3.0])
        self.hidden = nn.Linear(4, 6)
        self.out = nn.Linear(6, 1)

    def forward(self, x):
        return self.out(nn.functional.selu(self.hidden((x - self.mean) / self.std)))


def build():
    net = Regression()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
