// A row of scores -> the best word of each pixel and its probability. arXiv 2404.08181, section
// 4.1.
#pragma once

#include <cstdint>

namespace naclip::kernels {

/// scores: line q at scores + q * pitch. -> best: [width] the word with the greatest score, the first of equals;
/// probability: [width] its softmax of scale x scores over the words, 0..1. All have room for padded(width).
void decode_row(const float *scores, std::int64_t pitch, std::int64_t words, std::int64_t width,
                float scale, std::int32_t *best, float *probability);

/// The same among the words that are not struck, one at least; the softmax is over all of them.
/// struck: [words], 0 or 1.
void decode_row_without(const std::uint8_t *struck, const float *scores, std::int64_t pitch,
                        std::int64_t words, std::int64_t width, float scale, std::int32_t *best,
                        float *probability);

}  // namespace naclip::kernels
