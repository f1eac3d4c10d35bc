#include "model/kernels/scclip.h"

#include <algorithm>
#include <bit>

#include "model/kernels/lanes.h"

namespace naclip::kernels {

namespace {

// plain/scclip.cpp says what they are.
constexpr float kLeastDistance = 1e-12F;
constexpr float kLeastAlike = 0.4F;
constexpr float kAlikeScale = 3.0F;
constexpr float kRowSumFloor = 1e-6F;

template <class Lanes>
NACLIP_INLINE void scale_row(float *row, std::int64_t count, float factor) {
  for (std::int64_t i = 0; i < count; i += kLanes<Lanes>)
    store_up_to(row + i, load_up_to<Lanes>(row + i, count - i) * factor, count - i);
}

}  // namespace

float nearest_patches(const float *products, std::int64_t patches, std::int64_t own,
                      std::uint64_t *scratch, std::int32_t *index) {
  const std::int64_t wanted = std::min(kOutlierNeighbours, patches - 1);
  if (wanted == 0) return 0.0F;
  const float *row = products + own * patches;
  const float square = row[own];
  // The bits of positive floats rise as they do, so that one word holds distance and patch.
  std::uint64_t *end = scratch;
  for (std::int64_t other = 0; other < patches; ++other) {
    if (other == own) continue;
    const float distance = square + products[other * (patches + 1)] - 2.0F * row[other];
    const auto bits = std::bit_cast<std::uint32_t>(std::max(distance, kLeastDistance));
    *end++ = static_cast<std::uint64_t>(bits) << 32 | static_cast<std::uint32_t>(other);
  }
  std::nth_element(scratch, scratch + wanted - 1, end);
  for (std::int64_t i = 0; i < wanted; ++i)
    index[i] = static_cast<std::int32_t>(scratch[i] & 0xffffffffU);
  return std::bit_cast<float>(static_cast<std::uint32_t>(scratch[wanted - 1] >> 32));
}

void average_row(float *row, std::int64_t count) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    Lanes sum{};
    for (std::int64_t i = 0; i < count; i += kLanes<Lanes>) {
      const Lanes value = load_up_to<Lanes>(row + i, count - i);
      const Lanes kept = value < kLeastAlike ? Lanes{} : value;
      store_up_to(row + i, kept, count - i);
      sum += kept;
    }
    scale_row<Lanes>(row, count, 1.0F / (sum_of(sum) + kRowSumFloor));
  });
}

void attend_row(float *row, std::int64_t count, std::int64_t own, float mean) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    // Never below the mean but for rounding.
    row[own] = std::max(row[own], mean);
    Lanes sum{};
    for (std::int64_t i = 0; i < count; i += kLanes<Lanes>) {
      const Lanes excess = load_up_to<Lanes>(row + i, count - i) - mean;
      // At most 6, so that nothing has to be taken off against overflow.
      const IntLanes<Lanes> read = (excess >= 0.0F) & first_lanes<Lanes>(count - i);
      const Lanes weight = read ? exponential(excess * kAlikeScale) : Lanes{};
      store_up_to(row + i, weight, count - i);
      sum += weight;
    }
    scale_row<Lanes>(row, count, 1.0F / sum_of(sum));
  });
}

void normalise_length(const float *row, std::int64_t count, float *out) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    Lanes squares{};
    for (std::int64_t i = 0; i < count; i += kLanes<Lanes>) {
      const Lanes value = load_up_to<Lanes>(row + i, count - i);
      squares += value * value;
    }
    const float length = __builtin_sqrtf(sum_of(squares));
    const float factor = length > 0.0F ? 1.0F / length : 0.0F;
    for (std::int64_t i = 0; i < count; i += kLanes<Lanes>)
      store_up_to(out + i, load_up_to<Lanes>(row + i, count - i) * factor, count - i);
  });
}

double row_sum(const float *row, std::int64_t count) {
  return with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    Lanes sum{};
    for (std::int64_t i = 0; i < count; i += kLanes<Lanes>)
      sum += load_up_to<Lanes>(row + i, count - i);
    return static_cast<double>(sum_of(sum));
  });
}

}  // namespace naclip::kernels
