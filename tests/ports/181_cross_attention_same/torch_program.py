import torch
from torch import nn


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm_1 = nn.LayerNorm(8)
        self.cross_attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm_2 = nn.LayerNorm(8)
        self.tokens = nn.Linear(8, 3)

    def forward(self, memory, target):
        hidden = torch.ones(4, 4, dtype=torch.bool).triu(1)
        x = self.norm_1(target + self.self_attention(target, target, target, attn_mask=hidden, need_weights=False)[0])
        x = self.norm_2(x + self.cross_attention(x, memory, memory)[0])
        return self.tokens(x)


def loss(logits, tokens):
    return nn.functional.cross_entropy(logits.flatten(0, 1), tokens.flatten())


def build():
    net = Decoder()
    return net, loss, torch.optim.SGD(net.parameters(), lr=0.1)
