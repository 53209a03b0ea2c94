import pytorch_lightning as pl
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(pl.LightningModule):
    def __init__(self, lr=3e-3, weight_decay=0.5):
        super().__init__()
        self.save_hyperparameters()
        self.dw = nn.Conv2d(4, 4, 5, padding=2, groups=4)
        self.norm = nn.LayerNorm(4, eps=1e-6)
        self.pw1 = nn.Linear(4, 16)
        self.pw2 = nn.Linear(16, 4)
        self.head_norm = nn.LayerNorm(4, eps=1e-6)
        self.head = nn.Linear(4, 6)

    def forward(self, x):
        shortcut = x
        x = self.dw(x).permute(0, 2, 3, 1)
        x = self.pw2(F.gelu(self.pw1(self.norm(x))))
        x = shortcut + x.permute(0, 3, 1, 2)
        return self.head(self.head_norm(x.mean((-2, -1))))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def configure_optimizers(self):
        decay, no_decay = [], []
        for name, p in self.named_parameters():
            (no_decay if name.endswith(".bias") else decay).append(p)
        return torch.optim.AdamW([{"params": decay, "weight_decay": self.hparams.weight_decay},
                                  {"params": no_decay, "weight_decay": 0.0}], lr=self.hparams.lr, eps=1e-7)
