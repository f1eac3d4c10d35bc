#include "model/kernels/decode.h"

#include "model/kernels/lanes.h"

namespace naclip::kernels {

NACLIP_TARGETS
void decode_row(const float *scores, std::int64_t pitch, std::int64_t words, std::int64_t width,
                float scale, std::int32_t *best, float *probability) {
  for (std::int64_t x = 0; x < width; x += kLanes) {
    Lanes greatest = load(scores + x);
    IntLanes index{};
    for (std::int64_t word = 1; word < words; ++word) {
      const Lanes score = load(scores + word * pitch + x);
      const IntLanes better = score > greatest;
      greatest = better ? score : greatest;
      index = better ? IntLanes{} + static_cast<std::int32_t>(word) : index;
    }
    Lanes total{};
    for (std::int64_t word = 0; word < words; ++word)
      total += exponential((load(scores + word * pitch + x) - greatest) * scale);
    store(best + x, index);
    store(probability + x, 1.0F / total);
  }
}

}  // namespace naclip::kernels
