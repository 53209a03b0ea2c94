import math

import pytorch_lightning as pl
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(pl.LightningModule):
    def __init__(self, lr=3e-3, weight_decay=0.5, warmup=3, total=10):
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
        hp = self.hparams
        decay = [p for p in self.parameters() if p.ndim > 1]
        no_decay = [p for p in self.parameters() if p.ndim <= 1]
        optimizer = torch.optim.AdamW([{"params": decay}, {"params": no_decay, "weight_decay": 0.0}],
                                      lr=hp.lr, weight_decay=hp.weight_decay, eps=1e-7)

        def factor(step):
            if step < hp.warmup:
                return 0.1 + 0.9 * step / hp.warmup
            return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - hp.warmup) / hp.total)))

        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
