// What the processors could do at most: the roofs that stages are set against ("Roofline: an insightful visual
// performance model", Williams et al., CACM 2009).
#pragma once

#include <cstddef>
#include <string>

namespace naclip::bench {

/// Products with their sums that all threads of libtorch's together do in a second, on registers alone. kind: "float32",
/// "bfloat16" or "int8"; 0 where the processor has no instruction for it that this knows (AMX is none of them).
double products_a_second(const std::string &kind);

/// Bytes that these many threads read and write in a second while they change a buffer of `bytes` in place, both counted.
/// A small one stays in a cache.
double bytes_a_second(std::size_t bytes, int threads);

}  // namespace naclip::bench
