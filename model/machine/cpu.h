// What the machine's processors can do for this process.
#pragma once

namespace naclip {

/// Cores that this process may use, at least 1: processors of its affinity mask that share no core,
/// and no more than its control group's quota. A second thread on one core only slows matrix
/// products.
int available_cores();

/// True where bfloat16 products are quicker than float32's: by AMX_BF16, and by AVX512_BF16 on other
/// processors than Intel's.
bool has_fast_bfloat16();

/// True where products of 8 bits are summed without overflow, four at once (AVX512_VNNI or AVX-VNNI).
bool has_int8_products();

}  // namespace naclip
