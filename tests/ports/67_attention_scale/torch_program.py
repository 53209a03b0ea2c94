import math

import torch
from torch import nn


class SelfAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.output = nn.Linear(dim, dim)

    def forward(self, x):
        n, length, dim = x.shape
        split = lambda t: t.view(n, length, self.heads, -1).transpose(1, 2)
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        weights = torch.softmax(q @ k.mT / math.sqrt(dim), dim=-1)
        return self.output((weights @ v).transpose(1, 2).reshape(n, length, dim))


class Encoder(nn.Module):
    def __init__(self, dim=8, heads=2):
        super().__init__()
        self.attention = SelfAttention(dim, heads)
        self.head = nn.Linear(dim, 2)

    def forward(self, tokens):
        x = tokens + self.attention(tokens)
        return self.head(x.mean(1))


def build():
    encoder = Encoder()
    return encoder, nn.CrossEntropyLoss(), torch.optim.SGD(encoder.parameters(), lr=0.1)
