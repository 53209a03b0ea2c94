import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(25, 6, padding_idx=0)
        self.rnn1 = nn.GRU(6, 5, batch_first=True, bidirectional=True)
        self.rnn2 = nn.GRU(10, 4, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(8, 6)
        self.out = nn.Linear(6, 1)

    def forward(self, words):
        x, _ = self.rnn1(self.emb(words))
        _, h = self.rnn2(x)
        x = torch.relu(self.fc(torch.cat([h[0], h[1]], 1)))
        return self.out(x)


def build():
    net = Net()
    return net, nn.BCEWithLogitsLoss(), torch.optim.SGD(net.parameters(), lr=0.05)
