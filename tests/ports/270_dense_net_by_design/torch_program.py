import pytorch_lightning as pl
import torch
import torch.nn as nn
import torch.nn.functional as F


def bn(channels):
    return nn.BatchNorm2d(channels, eps=1.001e-5, momentum=0.01)


class Bottleneck(nn.Module):
    def __init__(self, in_planes, growth_rate):
        super().__init__()
        self.bn1 = bn(in_planes)
        self.conv1 = nn.Conv2d(in_planes, 2 * growth_rate, kernel_size=1, bias=False)
        self.bn2 = bn(2 * growth_rate)
        self.conv2 = nn.Conv2d(2 * growth_rate, growth_rate, kernel_size=3, padding=1, bias=False)

    def forward(self, x):
        out = self.conv1(F.relu(self.bn1(x)))
        out = self.conv2(F.relu(self.bn2(out)))
        return torch.cat([x, out], 1)


class Transition(nn.Module):
    def __init__(self, in_planes, out_planes):
        super().__init__()
        self.bn = bn(in_planes)
        self.conv = nn.Conv2d(in_planes, out_planes, kernel_size=1, bias=False)

    def forward(self, x):
        return F.avg_pool2d(self.conv(F.relu(self.bn(x))), 2)


class Net(pl.LightningModule):
    def __init__(self, growth_rate=3, num_classes=3, lr=0.02):
        super().__init__()
        self.save_hyperparameters()
        self.conv1 = nn.Conv2d(3, 4, kernel_size=3, padding=1, bias=False)
        self.dense1 = nn.Sequential(Bottleneck(4, growth_rate), Bottleneck(7, growth_rate))
        self.trans1 = Transition(10, 5)
        self.dense2 = nn.Sequential(Bottleneck(5, growth_rate))
        self.linear = nn.Linear(8, num_classes)

    def forward(self, x):
        out = self.dense2(self.trans1(self.dense1(self.conv1(x))))
        return self.linear(out.mean((2, 3)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)
