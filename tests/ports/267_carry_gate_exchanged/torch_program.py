import torch
from torch import nn


class Highway(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.gate = nn.Linear(size, size)
        self.transform = nn.Linear(size, size)
        nn.init.constant_(self.gate.bias, -2.0)

    def forward(self, x):
        h = torch.relu(self.transform(x))
        t = torch.sigmoid(self.gate(x))
        return x * t + h * (1 - t)


def build():
    model = nn.Sequential(Highway(8), Highway(8), nn.Linear(8, 1))
    return model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1)
