import torch
import torch.nn.functional as F
from torch import nn


class TripletNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding_net = nn.Sequential(nn.Linear(10, 12), nn.ReLU(), nn.Linear(12, 4))

    def get_embedding(self, x):
        return F.normalize(self.embedding_net(x), p=2, dim=1)

    def forward(self, anchor, positive, negative):
        a, p, n = map(self.get_embedding, (anchor, positive, negative))
        distance_positive = (a - p).pow(2).sum(1).sqrt()
        distance_negative = (a - n).pow(2).sum(1).sqrt()
        return torch.stack([distance_positive, distance_negative], dim=1)


def triplet_loss(distances, _, margin=1.0):
    losses = F.relu(distances[:, 0] - distances[:, 1] + margin)
    return losses.mean()


def build():
    net = TripletNet()
    return net, triplet_loss, torch.optim.SGD(net.parameters(), lr=0.1)
