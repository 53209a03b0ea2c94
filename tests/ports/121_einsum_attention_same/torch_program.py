import torch
from torch import nn


class SelfAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.size = heads, dim // heads
        self.to_q = nn.Linear(dim, dim)
        self.to_k = nn.Linear(dim, dim)
        self.to_v = nn.Linear(dim, dim)
        self.to_out = nn.Linear(dim, dim)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (proj(x).view(b, t, self.heads, self.size) for proj in (self.to_q, self.to_k, self.to_v))
        scores = torch.einsum("bthd,bshd->bhts", q, k) * self.size ** -0.5
        mixed = torch.einsum("bhts,bshd->bthd", scores.softmax(-1), v)
        return self.to_out(mixed.reshape(b, t, -1))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = SelfAttention(8, 2)
        self.out = nn.Linear(8, 2)

    def forward(self, x):
        x = x + self.attention(x)
        return self.out(x.mean(1))


def build():
    net = Net()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), 0.1)
