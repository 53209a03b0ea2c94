import torch
import torch.nn.functional as F
from torch import nn


class Luong(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.v, self.k = nn.Linear(4, 6), nn.Linear(4, 6), nn.Linear(4, 6)
        self.out = nn.Linear(6, 2)

    def forward(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.out(x.mean(dim=1))


def build():
    net = Luong()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
