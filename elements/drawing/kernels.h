// The inner loops of drawing, compiled for several processors. Plain memory in and out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "elements/support/paint.h"

namespace naclip {

/// Most kernels work on blocks of so many bytes, and say where they reach beyond what was asked.
inline constexpr std::size_t kBlock = 16;

/// Lays premultiplied bytes over bytes: target = target * (255 - alpha) / 255 + colour, rounded.
void blend_bytes(std::uint8_t *target, const std::uint8_t *colour, const std::uint8_t *alpha,
                 std::size_t count);

/// The same where colour and alpha repeat after `period` bytes.
void blend_pattern(std::uint8_t *target, const std::uint8_t *colour, const std::uint8_t *alpha,
                   std::size_t period, std::size_t count);

/// Splits paints into samples of `bytes` (1 to 4) bytes. Each colour byte is the byte of the paint
/// that begins at bit `shifts[i]`, each alpha byte the paint's alpha; a fourth byte is 0. kBlock
/// bytes of 0 follow, which change nothing when laid over a picture. Reads up to kBlock paints and
/// writes up to 2 * kBlock bytes more than there are.
void take_samples(const Paint *paints, std::size_t count, int bytes,
                  const std::array<int, 3> &shifts, std::uint8_t *colour, std::uint8_t *alpha);

/// Means of 2 x 2 paints, rounded. `above` and `below` hold 2 * count paints. Reads and writes up
/// to kHalvedPaints means' worth more.
inline constexpr std::size_t kHalvedPaints = 8;
void halve_rows(const Paint *above, const Paint *below, Paint *means, std::size_t count);

}  // namespace naclip
