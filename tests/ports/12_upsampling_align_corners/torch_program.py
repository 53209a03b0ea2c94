import torch
from torch import nn


def block(n_in, n_out):
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 3, padding=1),
        nn.ReLU(),
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
    )


def build():
    decoder = nn.Sequential(block(2, 4), block(4, 4), nn.Conv2d(4, 1, 1))
    return decoder, nn.BCEWithLogitsLoss(), torch.optim.SGD(decoder.parameters(), lr=0.1)
