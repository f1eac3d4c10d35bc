// Stretches of equal region ids.
#pragma once

#include <cstdint>
#include <cstring>

namespace naclip {

/// Calls `run(begin, end, id)` for each stretch of equal ids among `count`, in order; `end` is
/// beyond its last one.
template <class Id, class Run>
void for_each_run(const Id *ids, std::int64_t count, Run &&run) {
  constexpr std::int64_t kAtOnce = sizeof(std::uint64_t) / sizeof(Id);
  constexpr std::uint64_t kOnes = sizeof(Id) == 1 ? 0x0101010101010101U : 0x0001000100010001U;
  for (std::int64_t begin = 0; begin < count;) {
    const Id id = ids[begin];
    std::int64_t end = begin + 1;
    for (; end + kAtOnce <= count; end += kAtOnce) {
      std::uint64_t word = 0;
      std::memcpy(&word, ids + end, sizeof word);
      if (word != kOnes * id) break;
    }
    while (end < count && ids[end] == id) ++end;
    run(begin, end, static_cast<std::size_t>(id));
    begin = end;
  }
}

}  // namespace naclip
