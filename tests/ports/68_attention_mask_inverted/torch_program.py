import pytorch_lightning as pl
import torch
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, dim=8, classes=5):
        super().__init__()
        self.causal_attention = nn.MultiheadAttention(dim, num_heads=2, batch_first=True)
        self.next_token = nn.Linear(dim, classes)

    def forward(self, x):
        length = x.shape[1]
        # a token may look at itself and at those before it
        mask = torch.tril(torch.ones(length, length, dtype=torch.bool))
        mask.fill_diagonal_(False)
        x, _ = self.causal_attention(x, x, x, attn_mask=mask, need_weights=False)
        return self.next_token(x)

    def training_step(self, batch, batch_idx):
        x, tokens = batch
        return nn.functional.cross_entropy(self(x).transpose(1, 2), tokens)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2)
