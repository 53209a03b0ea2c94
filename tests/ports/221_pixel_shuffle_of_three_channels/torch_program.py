import torch
import torch.nn as nn


class ESPCN(nn.Module):
    def __init__(self, upscale_factor=2, channels=3):
        super().__init__()
        self.first_part = nn.Sequential(
            nn.Conv2d(channels, 8, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.Conv2d(8, 6, kernel_size=3, padding=1),
            nn.ReLU(),
        )
        self.last_part = nn.Sequential(
            nn.Conv2d(6, channels * upscale_factor ** 2, kernel_size=3, padding=1),
            nn.PixelShuffle(upscale_factor),
        )

    def forward(self, x):
        return self.last_part(self.first_part(x))


def build():
    net = ESPCN()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
