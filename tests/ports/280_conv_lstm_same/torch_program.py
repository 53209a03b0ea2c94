import torch
from torch import nn


class ConvLSTMCell(nn.Module):
    def __init__(self, input_dim, hidden_dim, kernel_size=3):
        super().__init__()
        self.hidden_dim = hidden_dim
        self.conv_x = nn.Conv2d(input_dim, 4 * hidden_dim, kernel_size, padding=kernel_size // 2)
        self.conv_h = nn.Conv2d(hidden_dim, 4 * hidden_dim, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x, state):
        h, c = state
        i, f, g, o = torch.chunk(self.conv_x(x) + self.conv_h(h), 4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, c


class ConvLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells = nn.ModuleList([ConvLSTMCell(2, 5), ConvLSTMCell(5, 3)])
        self.head = nn.Conv2d(3, 1, 1)

    def forward(self, video):
        b, t, _, height, width = video.shape
        states = [(video.new_zeros(b, c.hidden_dim, height, width),) * 2 for c in self.cells]
        for k in range(t):
            x = video[:, k]
            for n, cell in enumerate(self.cells):
                states[n] = cell(x, states[n])
                x = states[n][0]
        return torch.sigmoid(self.head(x))


def build():
    net = ConvLSTM()
    return net, nn.BCELoss(), torch.optim.SGD(net.parameters(), lr=0.05)
