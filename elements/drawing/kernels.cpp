#include "elements/drawing/kernels.h"

#include <algorithm>
#include <cstring>

#include "elements/drawing/vectorised.h"

namespace naclip {
namespace {

// Two bytes as one number, so that no vector has to be widened and narrowed again. Number is
// uint16_t or a vector of it.
template <typename Number>
inline __attribute__((always_inline)) Number blend_two(Number target, Number colour, Number alpha) {
  const auto kept = static_cast<Number>(~alpha);
  const auto low = static_cast<Number>((target & 255) * (kept & 255) + 128);
  const auto high = static_cast<Number>((target >> 8) * (kept >> 8) + 128);
  // Division by 255, rounded, exact for every product of two bytes.
  const auto low_part = static_cast<Number>(static_cast<Number>(low + (low >> 8)) >> 8);
  const auto high_part = static_cast<Number>((high + (high >> 8)) & 0xff00);
  // Since colour <= alpha, no sum is above 255.
  return static_cast<Number>((low_part | high_part) + colour);
}

template <typename Number>
inline __attribute__((always_inline)) void blend_at(std::uint8_t *target,
                                                    const std::uint8_t *colour,
                                                    const std::uint8_t *alpha) {
  Number result, colours, alphas;
  std::memcpy(&result, target, sizeof result);
  std::memcpy(&colours, colour, sizeof colours);
  std::memcpy(&alphas, alpha, sizeof alphas);
  result = blend_two(result, colours, alphas);
  std::memcpy(target, &result, sizeof result);
}

inline __attribute__((always_inline)) void blend(std::uint8_t *__restrict target,
                                                 const std::uint8_t *__restrict colour,
                                                 const std::uint8_t *__restrict alpha,
                                                 std::size_t count) {
  for (std::size_t i = 0; i + 1 < count; i += 2)
    blend_at<std::uint16_t>(target + i, colour + i, alpha + i);
  if (count % 2 == 0) return;
  const std::size_t last = count - 1;
  target[last] =
      static_cast<std::uint8_t>(blend_two<std::uint16_t>(target[last], colour[last], alpha[last]));
}

/// Writes the lowest bytes of one word for each paint, and as many times its alpha.
template <typename Word, int kStep>
inline __attribute__((always_inline)) void take(const Paint *__restrict paints, std::size_t count,
                                                const std::array<int, 3> &shifts,
                                                std::uint8_t *__restrict colour,
                                                std::uint8_t *__restrict alpha) {
  constexpr int kBytes = std::min(kStep, 3);
  // A fourth byte holds no colour.
  constexpr Paint kOnes = kBytes == 1 ? 1 : kBytes == 2 ? 0x0101 : 0x010101;
  for (std::size_t done = 0; done < count; done += kBlock / kStep)
    for (std::size_t i = 0; i < kBlock / kStep; ++i) {
      const Paint paint = paints[done + i];
      Paint word = paint >> shifts[0] & 255;
      if (kBytes > 1) word |= (paint >> shifts[1] & 255) << 8;
      if (kBytes > 2) word |= (paint >> shifts[2] & 255) << 16;
      const auto colours = static_cast<Word>(word),
                 alphas = static_cast<Word>((paint & 255) * kOnes);
      std::memcpy(colour + (done + i) * kStep, &colours, sizeof colours);
      std::memcpy(alpha + (done + i) * kStep, &alphas, sizeof alphas);
    }
}

// A vector of GCC's, since loops of fixed length are not reliably made into one.
using Block = std::uint16_t __attribute__((vector_size(kBlock)));

}  // namespace

NACLIP_VECTORISED
void blend_bytes(std::uint8_t *target, const std::uint8_t *colour, const std::uint8_t *alpha,
                 std::size_t count) {
  std::size_t done = 0;
  for (; done + kBlock <= count; done += kBlock)
    blend_at<Block>(target + done, colour + done, alpha + done);
  if (done < count) blend(target + done, colour + done, alpha + done, count - done);
}

NACLIP_VECTORISED
void blend_pattern(std::uint8_t *target, const std::uint8_t *colour, const std::uint8_t *alpha,
                   std::size_t period, std::size_t count) {
  for (std::size_t done = 0; done < count; done += period)
    blend(target + done, colour, alpha, std::min(period, count - done));
}

NACLIP_VECTORISED
void take_samples(const Paint *paints, std::size_t count, int bytes,
                  const std::array<int, 3> &shifts, std::uint8_t *colour, std::uint8_t *alpha) {
  switch (bytes) {
    case 1:
      take<std::uint8_t, 1>(paints, count, shifts, colour, alpha);
      break;
    case 2:
      take<std::uint16_t, 2>(paints, count, shifts, colour, alpha);
      break;
    case 3:
      take<std::uint32_t, 3>(paints, count, shifts, colour, alpha);
      break;
    default:
      take<std::uint32_t, 4>(paints, count, shifts, colour, alpha);
  }
  const std::size_t end = count * static_cast<std::size_t>(bytes);
  std::memset(colour + end, 0, kBlock);
  std::memset(alpha + end, 0, kBlock);
}

NACLIP_VECTORISED
void halve_rows(const Paint *__restrict above, const Paint *__restrict below,
                Paint *__restrict means, std::size_t count) {
  // Two bytes of a word at a time, with room above each for the sum.
  constexpr Paint kBytes = 0x00ff00ff, kHalf = 0x00020002;
  for (std::size_t done = 0; done < count; done += kHalvedPaints)
    for (std::size_t i = done; i < done + kHalvedPaints; ++i) {
      const Paint a = above[2 * i], b = above[2 * i + 1], c = below[2 * i], d = below[2 * i + 1];
      const Paint even = (a & kBytes) + (b & kBytes) + (c & kBytes) + (d & kBytes) + kHalf;
      const Paint odd =
          (a >> 8 & kBytes) + (b >> 8 & kBytes) + (c >> 8 & kBytes) + (d >> 8 & kBytes) + kHalf;
      means[i] = (even >> 2 & kBytes) | (odd >> 2 & kBytes) << 8;
    }
}

}  // namespace naclip
