import torch


def load(module, weights):
    w = [torch.tensor(v) for v in weights]
    block = module.encoder
    with torch.no_grad():
        block.self_attn.in_proj_weight.copy_(torch.cat([p.flatten(1).T for p in (w[0], w[2], w[4])]))
        block.self_attn.in_proj_bias.copy_(torch.cat([p.flatten() for p in (w[1], w[3], w[5])]))
        for layer, weight, bias in ((block.self_attn.out_proj, w[6].flatten(0, 1).T, w[7]), (block.norm1, w[8], w[9]),
                                    (block.linear1, w[10].T, w[11]), (block.linear2, w[12].T, w[13]),
                                    (block.norm2, w[14], w[15]), (module.head, w[16].T, w[17])):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
