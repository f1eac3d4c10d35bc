#include "model/kernels/decode.h"

#include "model/kernels/lanes.h"

namespace naclip::kernels {

namespace {

template <class Lanes, bool kStriking>
NACLIP_INLINE void decide(const std::uint8_t *struck, const float *scores, std::int64_t pitch,
                          std::int64_t words, std::int64_t width, float scale, std::int32_t *best,
                          float *probability) {
  for (std::int64_t x = 0; x < width; x += kLanes<Lanes>) {
    Lanes greatest = load<Lanes>(scores + x);
    IntLanes<Lanes> index{};
    for (std::int64_t word = 1; word < words; ++word) {
      const Lanes score = load<Lanes>(scores + word * pitch + x);
      const IntLanes<Lanes> better = score > greatest;
      greatest = better ? score : greatest;
      index = better ? IntLanes<Lanes>{} + static_cast<std::int32_t>(word) : index;
    }
    Lanes total{};
    for (std::int64_t word = 0; word < words; ++word)
      total += exponential((load<Lanes>(scores + word * pitch + x) - greatest) * scale);
    Lanes part = splat<Lanes>(1.0F);
    if (kStriking) {
      Lanes chosen = splat<Lanes>(-__builtin_inff());
      for (std::int64_t word = 0; word < words; ++word) {
        if (struck[word] != 0) continue;
        const Lanes score = load<Lanes>(scores + word * pitch + x);
        const IntLanes<Lanes> better = score > chosen;
        chosen = better ? score : chosen;
        index = better ? IntLanes<Lanes>{} + static_cast<std::int32_t>(word) : index;
      }
      part = exponential((chosen - greatest) * scale);
    }
    store(best + x, index);
    store(probability + x, part / total);
  }
}

}  // namespace

void decode_row(const float *scores, std::int64_t pitch, std::int64_t words, std::int64_t width,
                float scale, std::int32_t *best, float *probability) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    decide<Lanes, false>(nullptr, scores, pitch, words, width, scale, best, probability);
  });
}

void decode_row_without(const std::uint8_t *struck, const float *scores, std::int64_t pitch,
                        std::int64_t words, std::int64_t width, float scale, std::int32_t *best,
                        float *probability) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    decide<Lanes, true>(struck, scores, pitch, words, width, scale, best, probability);
  });
}

}  // namespace naclip::kernels
