// Finds out what a checkpoint file is and reads it. Internal to libnaclip.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <unordered_map>

namespace naclip {

/// The sizes of a CLIP with a vision transformer, derived from its tensors' shapes. A head has 64
/// channels, so heads = width / 64; the only others are the vision towers of OpenCLIP's ViT-H-14,
/// ViT-g-14 and ViT-bigG-14, which are known by their width and depth.
struct NetworkSizes {
  std::int64_t patch = 0;          ///< side of a patch, pixels
  std::int64_t native_grid = 0;    ///< patches along the side of a picture that it was trained on
  std::int64_t vision_width = 0;   ///< channels of the vision tower
  std::int64_t vision_layers = 0;  ///< blocks of the vision tower
  std::int64_t vision_heads = 0;
  std::int64_t text_width = 0;   ///< channels of the text tower
  std::int64_t text_layers = 0;  ///< blocks of the text tower
  std::int64_t text_heads = 0;
  std::int64_t embedding = 0;       ///< length of the vectors that both towers project to
  std::int64_t context_length = 0;  ///< tokens of the longest text, start and end included
  std::int64_t vocabulary = 0;      ///< number of token ids
};

/// A checked checkpoint, whatever its file's layout.
struct Checkpoint {
  std::string layout;  ///< for people, e.g. "OpenAI TorchScript archive"
  NetworkSizes sizes;
  /// By OpenAI's names and in OpenAI's orientation, on the CPU, in the file's own floating-point
  /// dtypes (they may differ from tensor to tensor). Every tensor that the network needs is there,
  /// has the shape that `sizes` says and is finite; `logit_scale` only where the file has it.
  /// Tensors may share a read-only mapping of the file: never write to them in place.
  std::unordered_map<std::string, at::Tensor> tensors;
  std::int64_t parameters = 0;  ///< elements of all tensors

  /// The tensor of that name; throws Error{kModel} where there is none.
  const at::Tensor &at(const std::string &name) const;
};

/// Reads OpenAI's TorchScript archives, pickled state dicts (torch.save; OpenCLIP's training
/// checkpoints among them) and safetensors with OpenAI's, OpenCLIP's or Hugging Face's names. The
/// layout is told from the content alone. Nothing in the file is run. Throws Error{kNotFound |
/// kRead} where the file cannot be opened, kFormat where it is none of these or damaged, kModel
/// where a tensor is missing, unknown, misshapen or not finite.
Checkpoint read_checkpoint(const std::string &path);

}  // namespace naclip
