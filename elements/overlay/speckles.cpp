#include "elements/overlay/speckles.h"

#include <cstring>

namespace naclip {
namespace {

/// Where the run of equal cells that begins at `begin` ends.
int end_of_run(const std::uint16_t *row, int begin, int width) {
  constexpr int kCells = 4;
  const std::uint64_t same = row[begin] * std::uint64_t{0x0001000100010001};
  int end = begin + 1;
  for (; end + kCells <= width; end += kCells) {
    std::uint64_t cells = 0;
    std::memcpy(&cells, row + end, sizeof cells);
    if (cells != same) break;
  }
  while (end < width && row[end] == row[begin]) ++end;
  return end;
}

}  // namespace

std::size_t SpeckleFinder::root(std::size_t index) {
  while (parts_[index].parent != index)
    index = parts_[index].parent = parts_[parts_[index].parent].parent;
  return index;
}

void SpeckleFinder::join(std::size_t one, std::size_t other) {
  one = root(one);
  other = root(other);
  if (one == other) return;
  parts_[other].parent = one;
  parts_[one].cells += parts_[other].cells;
}

std::span<const CellRun> SpeckleFinder::find(const std::uint16_t *cells, std::ptrdiff_t stride,
                                             int width, int height, int least) {
  parts_.clear();
  found_.clear();
  std::size_t above = 0, above_end = 0;  // the runs of the row above
  for (int y = 0; y < height; ++y) {
    const std::uint16_t *row = cells + y * stride;
    const std::size_t first = parts_.size();
    for (int begin = 0; begin < width;) {
      const int end = end_of_run(row, begin, width);
      const std::size_t index = parts_.size();
      parts_.push_back({{y, begin, end}, index, end - begin});
      while (above < above_end && parts_[above].run.end < begin) ++above;
      for (std::size_t i = above; i < above_end && parts_[i].run.begin <= end; ++i)
        if (row[parts_[i].run.begin - stride] == row[begin]) join(i, index);
      begin = end;
    }
    above = first;
    above_end = parts_.size();
  }
  for (std::size_t i = 0; i < parts_.size(); ++i)
    if (parts_[root(i)].cells < least) found_.push_back(parts_[i].run);
  return found_;
}

}  // namespace naclip
