import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


class Sentiment(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 4)
        self.lstm = nn.LSTM(4, 5, batch_first=True)
        self.out = nn.Linear(5, 1)
        nn.init.zeros_(self.lstm.bias_hh_l0)
        self.lstm.bias_hh_l0.requires_grad_(False)

    def forward(self, tokens):
        lengths = tokens.ne(0).sum(dim=1).cpu()
        packed = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.out(h[0])


def build():
    net = Sentiment()
    trained = filter(lambda p: p.requires_grad, net.parameters())
    return net, nn.BCEWithLogitsLoss(), torch.optim.SGD(trained, lr=0.3)
