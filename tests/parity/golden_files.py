"""The files of a golden set: safetensors, and one checkpoint in several layouts."""

import json
import math
import re
import struct

import torch

from reference import CONTEXT

DTYPES = {"F16": torch.float16, "F32": torch.float32, "I64": torch.int64, "U8": torch.uint8}


def read_safetensors(path):
    """{name: tensor} of a file: header's length, header as JSON, the tensors' bytes."""
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            first, last = (start + offset for offset in entry["data_offsets"])
            flat = torch.frombuffer(bytearray(data[first:last]), dtype=DTYPES[entry["dtype"]])
            tensors[name] = flat.reshape(entry["shape"])
    return tensors


def write_safetensors(path, tensors, metadata=None):
    header, parts, offset = {}, [], 0
    if metadata:
        header["__metadata__"] = metadata
    names = {dtype: name for name, dtype in DTYPES.items()}
    for name, tensor in tensors.items():
        part = tensor.contiguous().numpy().tobytes()
        header[name] = {
            "dtype": names[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(part)],
        }
        parts.append(part)
        offset += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def random_weights(sizes, vocabulary, generator):
    """Weights of OpenAI's names and shapes, rounded to fp16; large enough that attention is not
    even and that words differ."""

    def normal(*shape, std):
        return (torch.randn(shape, generator=generator) * std).half()

    weights = {}

    def norm(name, width):
        weights[name + ".weight"] = (1 + normal(width, std=0.1)).half()
        weights[name + ".bias"] = normal(width, std=0.1)

    def tower(name, width, layers):
        for i in range(layers):
            block = f"{name}.resblocks.{i}."
            weights[block + "attn.in_proj_weight"] = normal(3 * width, width, std=1.3 * width**-0.5)
            weights[block + "attn.in_proj_bias"] = normal(3 * width, std=0.2)
            weights[block + "attn.out_proj.weight"] = normal(width, width, std=width**-0.5)
            weights[block + "attn.out_proj.bias"] = normal(width, std=0.1)
            norm(block + "ln_1", width)
            weights[block + "mlp.c_fc.weight"] = normal(4 * width, width, std=width**-0.5)
            weights[block + "mlp.c_fc.bias"] = normal(4 * width, std=0.1)
            weights[block + "mlp.c_proj.weight"] = normal(width, 4 * width, std=width**-0.5 / 2)
            weights[block + "mlp.c_proj.bias"] = normal(width, std=0.1)
            norm(block + "ln_2", width)

    vision, text, embedding = sizes.vision_width, sizes.text_width, sizes.embedding
    weights["positional_embedding"] = normal(CONTEXT, text, std=0.2)
    weights["text_projection"] = normal(text, embedding, std=text**-0.5)
    weights["logit_scale"] = torch.tensor(math.log(100.0)).half()
    weights["visual.class_embedding"] = normal(vision, std=0.5)
    weights["visual.positional_embedding"] = normal(sizes.grid**2 + 1, vision, std=0.3)
    weights["visual.proj"] = normal(vision, embedding, std=vision**-0.5)
    weights["visual.conv1.weight"] = normal(
        vision, 3, sizes.patch, sizes.patch, std=1.5 / sizes.patch
    )
    norm("visual.ln_pre", vision)
    tower("visual.transformer", vision, sizes.vision_layers)
    norm("visual.ln_post", vision)
    tower("transformer", text, sizes.text_layers)
    weights["token_embedding.weight"] = normal(vocabulary, text, std=0.5)
    norm("ln_final", text)
    return weights


def hugging_face(weights):
    """The same weights under the names of `openai/clip-vit-*` there."""
    renamed = {}
    for name, tensor in weights.items():
        tower = "vision_model." if name.startswith("visual.") else "text_model."
        block = re.fullmatch(r"(?:visual\.)?transformer\.resblocks\.(\d+)\.(.*)", name)
        if block:
            layer, part = tower + f"encoder.layers.{block[1]}.", block[2]
            if part.startswith("attn.in_proj"):
                kind = part.rpartition("_")[2]
                for which, each in zip("qkv", tensor.chunk(3)):
                    renamed[f"{layer}self_attn.{which}_proj.{kind}"] = each
                continue
            for ours, theirs in (
                ("attn.", "self_attn."),
                ("ln_", "layer_norm"),
                ("c_fc", "fc1"),
                ("c_proj", "fc2"),
            ):
                part = part.replace(ours, theirs)
            renamed[layer + part] = tensor
        elif name == "visual.proj":
            renamed["visual_projection.weight"] = tensor.t()
        elif name == "text_projection":
            renamed["text_projection.weight"] = tensor.t()
        elif name == "logit_scale":
            renamed[name] = tensor
        else:
            part = name.replace("visual.", "")
            for ours, theirs in (
                ("ln_pre", "pre_layrnorm"),  # spelt so there
                ("ln_post", "post_layernorm"),
                ("ln_final", "final_layer_norm"),
                ("class_embedding", "embeddings.class_embedding"),
                ("conv1", "embeddings.patch_embedding"),
                ("positional_embedding", "embeddings.position_embedding.weight"),
                ("token_embedding", "embeddings.token_embedding"),
            ):
                part = part.replace(ours, theirs)
            renamed[tower + part] = tensor
    return renamed


def save_torchscript(path, weights, numbers):
    """A module tree as OpenAI publishes it: LayerNorm float32, the rest fp16, sizes as buffers."""
    root = torch.nn.Module()
    for name, number in numbers.items():
        root.register_buffer(name, torch.tensor(number))
    for name, tensor in weights.items():
        *folders, leaf = name.split(".")
        module = root
        for folder in folders:
            if folder not in dict(module.named_children()):
                module.add_module(folder, torch.nn.Module())
            module = getattr(module, folder)
        tensor = tensor.float() if any(f.startswith("ln_") for f in folders) else tensor
        module.register_parameter(leaf, torch.nn.Parameter(tensor, requires_grad=False))
    torch.jit.save(torch.jit.script(root), str(path))
