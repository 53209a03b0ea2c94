"""Kernels of Keras's attention are (in, heads, key) and (heads, key, out)."""
import torch


def load(module, weights):
    q, qb, k, kb, v, vb, o, ob, kernel, bias = [torch.tensor(w) for w in weights]
    a = module.attention
    with torch.no_grad():
        for layer, w, b in ((a.query, q, qb), (a.key, k, kb), (a.value, v, vb)):
            layer.weight.copy_(w.flatten(1).T)
            layer.bias.copy_(b.flatten())
        a.output.weight.copy_(o.flatten(0, 1).T)
        a.output.bias.copy_(ob)
        module.head.weight.copy_(kernel.T)
        module.head.bias.copy_(bias)
