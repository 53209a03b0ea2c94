"""By name of the Keras layer: model.weights holds the block's own order (attention, norm1, ffn1, ffn2, norm2, head)."""
import torch


def load(module, weights):
    q, qb, k, kb, v, vb, o, ob, g1, b1, f1, f1b, f2, f2b, g2, b2, kernel, bias = [torch.tensor(w) for w in weights]
    block = module.block
    with torch.no_grad():
        block.self_attn.in_proj_weight.copy_(torch.cat([w.flatten(1).T for w in (q, k, v)]))
        block.self_attn.in_proj_bias.copy_(torch.cat([b.flatten() for b in (qb, kb, vb)]))
        block.self_attn.out_proj.weight.copy_(o.flatten(0, 1).T)
        block.self_attn.out_proj.bias.copy_(ob)
        for layer, w, b in ((block.norm1, g1, b1), (block.norm2, g2, b2), (block.linear1, f1.T, f1b),
                            (block.linear2, f2.T, f2b), (module.head, kernel.T, bias)):
            layer.weight.copy_(w)
            layer.bias.copy_(b)
