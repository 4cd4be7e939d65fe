"""The forward pass of a grown reader while it is trained: what its `LlamaForCausalLM` computes, with less around it.

Products with weights can be taken in bfloat16 (twice as fast where the processor has it): they, logits and the
gradients of weights among them, are then rounded to it, while weights, norms, attention, what layers add up and the
softmax are in float32. Autocast would do much the same and is slower, since it takes attention in bfloat16, too, which
the fused kernel for a CPU does not like (LOG.md).
"""

import torch
from torch import Tensor
from torch.nn import functional
from transformers import LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaDecoderLayer


def logits(model: LlamaForCausalLM, tokens: Tensor, products: torch.dtype) -> Tensor:
    """Return logits, shape (batch * length, vocabulary), float32, for tokens of shape (batch, length).

    `products` is the type in which weights are multiplied. Padding must stand on the right. The model is one of
    `grow.new_reader`: as many keys as queries, no biases, rotary positions as they come.
    """
    length, eps = tokens.shape[1], model.config.rms_norm_eps
    turn = _turns(model, length)
    x = model.model.embed_tokens(tokens)
    for layer in model.model.layers:
        x = x + _attended(layer, _normed(x, layer.input_layernorm.weight, eps), turn, products)
        x = x + _fed_forward(layer, _normed(x, layer.post_attention_layernorm.weight, eps), products)
    return _times(_normed(x, model.model.norm.weight, eps), model.lm_head.weight, products).float().flatten(0, 1)


def _turns(model: LlamaForCausalLM, length: int) -> tuple[Tensor, Tensor]:
    """Return the cosines and signed sines of the rotary positions, shape (length, width of a head)."""
    pace = model.model.rotary_emb.inv_freq
    angles = torch.outer(torch.arange(length, dtype=torch.float32, device=pace.device), pace)
    sines = angles.sin()
    return torch.cat((angles.cos(), angles.cos()), -1), torch.cat((-sines, sines), -1)


def _attended(layer: LlamaDecoderLayer, x: Tensor, turn: tuple[Tensor, Tensor], products: torch.dtype) -> Tensor:
    attention, x = layer.self_attn, x.to(products)
    queries, keys, values = (
        _times(x, part.weight, products).float().unflatten(-1, (-1, attention.head_dim)).transpose(1, 2)
        for part in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    seen = functional.scaled_dot_product_attention(_turned(queries, turn), _turned(keys, turn), values, is_causal=True)
    return _times(seen.transpose(1, 2).flatten(2), attention.o_proj.weight, products)


def _turned(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    cosines, sines = turn
    return x * cosines + x.roll(x.shape[-1] // 2, -1) * sines


def _fed_forward(layer: LlamaDecoderLayer, x: Tensor, products: torch.dtype) -> Tensor:
    mlp, x = layer.mlp, x.to(products)
    gate, up = _times(x, mlp.gate_proj.weight, products), _times(x, mlp.up_proj.weight, products)
    return _times(functional.silu(gate) * up, mlp.down_proj.weight, products)


def _normed(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    return functional.rms_norm(x, weight.shape, weight, eps)


def _times(x: Tensor, weights: Tensor, products: torch.dtype) -> Tensor:
    return functional.linear(x.to(products), weights.to(products))
