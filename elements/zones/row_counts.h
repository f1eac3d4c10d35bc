// How often a label occurs before any place of a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

namespace naclip {

/// The counts of one row at a time. Cells are looked at in blocks of eight, of which each has a byte
/// of one word: the product of such a word of zeros and ones with kOnes has their sum on top.
class RowCounts {
 public:
  /// Room for rows of so many cells.
  void resize(int width) {
    const auto blocks = static_cast<std::size_t>(width) / kBlock + 2;
    found_.resize(blocks);
    before_.resize(blocks);
  }

  /// Looks at cells [begin, end) of a row. A label at or above `regions` counts as 0.
  template <class Label>
  void count(const Label *labels, std::size_t region, std::size_t regions, int begin, int end) {
    const auto wanted = static_cast<Label>(region), others = static_cast<Label>(regions);
    const bool with_others = region == 0 && regions <= std::numeric_limits<Label>::max();
    const auto first = static_cast<std::size_t>(begin) / kBlock;
    const auto cells = static_cast<std::size_t>(end);
    std::uint32_t sum = 0;
    std::size_t block = first;
    for (; (block + 1) * kBlock <= cells; ++block)
      sum = add(block, found_in(labels + block * kBlock, wanted, with_others, others), sum);
    Label rest[kBlock] = {};
    std::memcpy(rest, labels + block * kBlock, (cells - block * kBlock) * sizeof(Label));
    add(block, found_in(rest, wanted, with_others, others), sum);
  }

  /// How many of the cells counted are before this one, which is in [begin, end].
  std::uint32_t before(int cell) const {
    const auto block = static_cast<std::size_t>(cell) / kBlock;
    const auto bytes = static_cast<unsigned>(cell) % kBlock;
    return before_[block] +
           static_cast<std::uint32_t>((found_[block] << 8 * (7 - bytes) << 8) * kOnes >> 56);
  }

 private:
  static constexpr std::size_t kBlock = 8;
  static constexpr std::uint64_t kOnes = 0x0101010101010101;
  // Vectors of GCC's, of a block's labels.
  using Bytes = std::uint8_t __attribute__((vector_size(kBlock)));
  using Words = std::uint16_t __attribute__((vector_size(2 * kBlock)));

  template <class Label>
  static std::uint64_t found_in(const Label *labels, Label wanted, bool with_others, Label others) {
    std::conditional_t<sizeof(Label) == 1, Bytes, Words> block;
    std::memcpy(&block, labels, sizeof block);
    auto same = block == wanted;
    if (with_others) same |= block >= others;
    const Bytes bytes = __builtin_convertvector(same, Bytes) & 1;
    std::uint64_t word;
    std::memcpy(&word, &bytes, sizeof word);
    return word;
  }

  std::uint32_t add(std::size_t block, std::uint64_t found, std::uint32_t sum) {
    found_[block] = found;
    before_[block] = sum;
    return sum + static_cast<std::uint32_t>(found * kOnes >> 56);
  }

  std::vector<std::uint64_t> found_;   // by block: a byte a cell, 1 or 0
  std::vector<std::uint32_t> before_;  // by block: those before it
};

}  // namespace naclip
