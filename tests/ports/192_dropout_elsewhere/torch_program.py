import torch
import torch.nn.functional as F
from torch import nn


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(10, 12)
        self.hidden = nn.Linear(12, 12)
        self.out = nn.Linear(12, 2)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = F.relu(self.first(x))
        x = F.relu(self.hidden(x))
        x = self.dropout(x)
        return self.out(x)


def build():
    net = MLP()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
