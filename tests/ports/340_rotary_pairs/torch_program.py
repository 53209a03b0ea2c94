import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


def rotary(x, base=10000.0):
    b, t, h, d = x.shape
    freqs = base ** (-torch.arange(0, d, 2, dtype=x.dtype) / d)
    angles = torch.outer(torch.arange(t, dtype=x.dtype), freqs)
    cos, sin = angles.cos()[None, :, None], angles.sin()[None, :, None]
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.wq = nn.Linear(dim, dim, bias=False)
        self.wk = nn.Linear(dim, dim, bias=False)
        self.wv = nn.Linear(dim, dim, bias=False)
        self.wo = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (w(x).view(b, t, self.heads, d // self.heads) for w in (self.wq, self.wk, self.wv))
        q, k = rotary(q), rotary(k)
        out = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
        return self.wo(out.transpose(1, 2).reshape(b, t, d))


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(19, 8)
        self.attention = Attention(8, 2)
        self.norm = nn.LayerNorm(8)
        self.logits = nn.Linear(8, 19)

    def forward(self, tokens):
        x = self.embedding(tokens)
        return self.logits(self.norm(x + self.attention(x)))

    def training_step(self, batch, batch_idx):
        tokens, target = batch
        return F.cross_entropy(self(tokens).transpose(1, 2), target.long())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
