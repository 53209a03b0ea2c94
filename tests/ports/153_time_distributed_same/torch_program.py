import torch
from torch import nn


class Video(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.gru = nn.GRU(3, 5, batch_first=True)
        self.out = nn.Linear(5, 3)

    def forward(self, video):
        video = video.permute(0, 1, 4, 2, 3)
        b, t = video.shape[:2]
        x = torch.relu(self.conv(video.reshape(b * t, *video.shape[2:]))).mean((2, 3))
        x, _ = self.gru(x.view(b, t, -1))
        return self.out(x[:, -1, :])


def build():
    net = Video()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1)
