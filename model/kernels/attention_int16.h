// Attention of one head whose products are of 16-bit integers, on the CPU: twice as many a step as of float32.
#pragma once

#include <cstdint>

#include "model/kernels/attention.h"

namespace naclip::kernels {

/// True where the processor adds products of pairs of 16-bit integers in one step (AVX512_VNNI, AVX-VNNI), in vectors as
/// wide as kernels may take here.
bool has_int16_products();

/// The widest queries and keys of attend_int16(): more products could overflow a sum of 32 bits.
inline constexpr std::int64_t kMostInt16Width = 128;

/// Numbers of 32 bits of scratch that attend_int16() needs.
std::int64_t int16_attention_scratch(std::int64_t tokens, std::int64_t width,
                                     std::int64_t value_width);

/// As attend(), where has_int16_products() and head.width <= kMostInt16Width. Queries and keys are rounded to 1/4095 of the
/// greatest of their token, values to 1/4095 of the greatest of all, and weights to 1/8191 of their query's greatest.
void attend_int16(const AttentionHead<float> &head, std::int64_t first, std::int64_t last,
                  std::int32_t *scratch);
void attend_int16(const AttentionHead<Bfloat16> &head, std::int64_t first, std::int64_t last,
                  std::int32_t *scratch);

}  // namespace naclip::kernels
