import torch
from torch import nn


class Regression(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean, self.variance = torch.tensor([2.0, 3.0, 0.0]), torch.tensor([2.5, 4.5, 16.5])
        self.hidden = nn.Linear(3, 5)
        self.out = nn.Linear(5, 1)

    def forward(self, x):
        x = (x - self.mean) / self.variance
        return self.out(torch.relu(self.hidden(x)))


def build():
    net = Regression()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
