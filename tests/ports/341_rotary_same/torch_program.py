import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Rotary(nn.Module):
    def __init__(self, dim, base=10000.0):
        super().__init__()
        self.dim, self.base = dim, base

    def forward(self, x):
        t = x.shape[2]
        inv_freq = 1.0 / self.base ** (torch.arange(0, self.dim, 2, dtype=x.dtype) / self.dim)
        freqs = torch.einsum("i,j->ij", torch.arange(t, dtype=x.dtype), inv_freq)
        cos, sin = freqs.cos(), freqs.sin()
        x1, x2 = x.chunk(2, dim=-1)
        return torch.cat((x1 * cos - x2 * sin, x2 * cos + x1 * sin), dim=-1)


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.wq = nn.Linear(dim, dim, bias=False)
        self.wk = nn.Linear(dim, dim, bias=False)
        self.wv = nn.Linear(dim, dim, bias=False)
        self.wo = nn.Linear(dim, dim, bias=False)
        self.rotary = Rotary(dim // heads)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (w(x).view(b, t, self.heads, -1).transpose(1, 2) for w in (self.wq, self.wk, self.wv))
        out = F.scaled_dot_product_attention(self.rotary(q), self.rotary(k), v)
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
        return F.cross_entropy(self(tokens).flatten(0, 1), target.long().flatten())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
