import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(d_model=8, nhead=4, dim_feedforward=16, dropout=0.0,
                                                  activation="gelu", layer_norm_eps=1e-6,
                                                  batch_first=True)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.encoder(x).mean(1))


def build():
    net = Net()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
