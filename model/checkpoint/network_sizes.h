// The sizes of a network, apart from its weights.
#pragma once

#include <cstdint>

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

}  // namespace naclip
