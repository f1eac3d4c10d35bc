// SC-CLIP's comparisons of patches on the CPU, from matrices of products. The plain forms are in
// plain/scclip.h.
#pragma once

#include <cstdint>

namespace naclip::kernels {

/// A patch is compared with so many nearest others, or with all where there are fewer.
inline constexpr std::int64_t kOutlierNeighbours = 30;

/// The others nearest to patch `own`, by squared Euclidean distance. products: [N, N], the patches'
/// inner products; scratch: N 64-bit words. Returns the distance to the last of them, at least
/// 1e-12; `index` takes min(30, N - 1) patches in any order.
float nearest_patches(const float *products, std::int64_t patches, std::int64_t own,
                      std::uint64_t *scratch, std::int32_t *index);

/// A row of similarities, in place: those below 0.4 become 0, then all are divided by their sum.
void average_row(float *row, std::int64_t count);

/// A row of similarities, in place: softmax(3 (similarity - mean)) over those not below `mean`, and
/// always over the row's own.
void attend_row(float *row, std::int64_t count, std::int64_t own, float mean);

/// A row divided by its length.
void normalise_length(const float *row, std::int64_t count, float *out);

/// The row's sum.
double row_sum(const float *row, std::int64_t count);

}  // namespace naclip::kernels
