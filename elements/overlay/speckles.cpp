#include "elements/overlay/speckles.h"

#include "elements/support/label_runs.h"

namespace naclip {

void SpeckleFinder::join(std::size_t one, std::size_t other) {
  one = root_of(parts_, one);
  other = root_of(parts_, other);
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
    if (parts_[root_of(parts_, i)].cells < least) found_.push_back(parts_[i].run);
  return found_;
}

}  // namespace naclip
