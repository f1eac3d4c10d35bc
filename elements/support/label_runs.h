// What finding connected parts takes: runs of equal labels, and which runs belong together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace naclip {

/// Where the run of equal labels that begins at `begin` ends. Label: of 8 or 16 bits.
template <class Label>
int end_of_run(const Label *row, int begin, int width) {
  constexpr int kLabels = sizeof(std::uint64_t) / sizeof(Label);
  // A word of the label, again and again.
  const std::uint64_t same = row[begin] * (~std::uint64_t{0} / static_cast<Label>(-1));
  int end = begin + 1;
  for (; end + kLabels <= width; end += kLabels) {
    std::uint64_t labels = 0;
    std::memcpy(&labels, row + end, sizeof labels);
    if (labels != same) break;
  }
  while (end < width && row[end] == row[begin]) ++end;
  return end;
}

/// The item at the root of the tree that the one at `index` is in: each has a `parent`, which is
/// the root's own index. Shortens the way there.
template <class Items>
std::size_t root_of(Items &items, std::size_t index) {
  while (items[index].parent != index)
    index = items[index].parent = items[items[index].parent].parent;
  return index;
}

}  // namespace naclip
