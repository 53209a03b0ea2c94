"""One bias in Keras: the second of PyTorch is zero. Gates z, r, h against r, z, n."""
import torch


def load(module, weights):
    kernel, recurrent, bias, dense, dense_bias = [torch.tensor(w) for w in weights]

    def gates(a):
        update, reset, new = a.T.chunk(3) if a.ndim == 2 else a.chunk(3)
        return torch.cat([reset, update, new])
    with torch.no_grad():
        module.gru.weight_ih_l0.copy_(gates(kernel))
        module.gru.weight_hh_l0.copy_(gates(recurrent))
        module.gru.bias_ih_l0.copy_(gates(bias))
        module.gru.bias_hh_l0.zero_()
        module.out.weight.copy_(dense.T)
        module.out.bias.copy_(dense_bias)
