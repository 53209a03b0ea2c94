import torch
import torch.nn.functional as F
from torch import nn


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        a = torch.eye(5)
        for i, j in [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (4, 3)]:
            a[i, j] = a[j, i] = 1
        self.register_buffer("a", a / a.sum(1, keepdim=True), persistent=False)
        self.lin1 = nn.Linear(3, 6, bias=False)
        self.lin2 = nn.Linear(6, 6, bias=False)
        self.out = nn.Linear(6, 1)

    def forward(self, x):
        x = F.relu(self.a @ self.lin1(x))
        x = F.relu(self.a @ self.lin2(x))
        return self.out(x.mean(1))


def build():
    net = GCN()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.05)
