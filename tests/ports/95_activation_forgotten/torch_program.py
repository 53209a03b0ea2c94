import torch
from torch import nn


class AnomalyDetector(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(14, 20), nn.ReLU(),
            nn.Linear(20, 14), nn.ReLU(),
            nn.Linear(14, 8),
        )
        self.decoder = nn.Sequential(
            nn.Linear(8, 14), nn.ReLU(),
            nn.Linear(14, 20), nn.ReLU(),
            nn.Linear(20, 14),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


def build():
    model = AnomalyDetector()
    return model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1)
