#include "elements/objects/parts.h"

#include <algorithm>

#include "elements/support/label_runs.h"

namespace naclip {
namespace {

/// Cells of one region in one row, closer to one another than the gap.
struct Run {
  int row;
  Stretch columns;
  int cells;
  std::size_t parent;  // another run of its part, found before it; its own index at the root
};

/// One region's, row by row and from left to right.
using Runs = std::vector<Run>;

template <class Label>
void add_row(const Label *labels, int row, int width, const std::vector<bool> &chosen, int gap,
             std::vector<Runs> &regions) {
  for (int begin = 0, end = 0; begin < width; begin = end) {
    end = end_of_run(labels, begin, width);
    const std::size_t region = labels[begin];
    if (region >= chosen.size() || !chosen[region]) continue;
    Runs &runs = regions[region];
    if (!runs.empty() && runs.back().row == row && begin <= runs.back().columns.end + gap) {
      runs.back().columns.end = end;
      runs.back().cells += end - begin;
    } else {
      runs.push_back({row, {begin, end}, end - begin, runs.size()});
    }
  }
}

std::vector<Runs> runs_of(const LabelView &mask, const std::vector<bool> &chosen, int gap) {
  std::vector<Runs> regions(chosen.size());
  for (int row = 0; row < mask.height; ++row) {
    const std::uint8_t *labels = mask.labels + row * mask.stride;
    if (mask.bytes_per_label == 1)
      add_row(labels, row, mask.width, chosen, gap, regions);
    else
      add_row(reinterpret_cast<const std::uint16_t *>(labels), row, mask.width, chosen, gap,
              regions);
  }
  return regions;
}

void join(Runs &runs, std::size_t one, std::size_t other) {
  one = root_of(runs, one);
  other = root_of(runs, other);
  runs[std::max(one, other)].parent = std::min(one, other);
}

/// Joins the runs [upper, upper_end) of one row with [lower, lower_end) of another where they are
/// as near as the gap. In a row runs lie farther apart than it, so that one which ends first is not
/// near to any later one of the other row.
void join_rows(Runs &runs, std::size_t upper, std::size_t upper_end, std::size_t lower,
               std::size_t lower_end, int gap) {
  while (upper < upper_end && lower < lower_end) {
    const Stretch &above = runs[upper].columns, &below = runs[lower].columns;
    if (above.begin <= below.end + gap && below.begin <= above.end + gap) join(runs, upper, lower);
    if (above.end < below.end)
      ++upper;
    else
      ++lower;
  }
}

void join_near(Runs &runs, Gap gap) {
  const int first = runs.front().row;
  std::vector<std::size_t> begins;  // of each row from `first`, and behind the last
  for (std::size_t index = 0; index < runs.size(); ++index)
    while (first + static_cast<int>(begins.size()) <= runs[index].row) begins.push_back(index);
  begins.push_back(runs.size());
  for (std::size_t row = 1; row + 1 < begins.size(); ++row) {
    const std::size_t farthest = std::min<std::size_t>(row, static_cast<std::size_t>(gap.down) + 1);
    for (std::size_t up = 1; up <= farthest; ++up)
      join_rows(runs, begins[row - up], begins[row - up + 1], begins[row], begins[row + 1],
                gap.across);
  }
}

void add_parts(Runs &runs, std::size_t region, std::vector<Part> &parts) {
  std::vector<std::size_t> part_of(runs.size());  // of roots
  for (std::size_t index = 0; index < runs.size(); ++index) {
    const Run &run = runs[index];
    const std::size_t top = root_of(runs, index);
    if (top == index) {
      part_of[index] = parts.size();
      parts.push_back({region, run.columns, {run.row, run.row + 1}, run.cells});
      continue;
    }
    Part &part = parts[part_of[top]];
    part.columns.begin = std::min(part.columns.begin, run.columns.begin);
    part.columns.end = std::max(part.columns.end, run.columns.end);
    part.rows.end = run.row + 1;
    part.cells += run.cells;
  }
}

}  // namespace

std::vector<Part> find_parts(const LabelView &mask, const std::vector<bool> &chosen, Gap gap,
                             std::int64_t least) {
  std::vector<Runs> regions = runs_of(mask, chosen, gap.across);
  std::vector<Part> parts;
  for (std::size_t region = 0; region < regions.size(); ++region) {
    if (regions[region].empty()) continue;
    join_near(regions[region], gap);
    add_parts(regions[region], region, parts);
  }
  std::erase_if(parts, [&](const Part &part) { return part.cells < least; });
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part &one, const Part &other) { return one.cells > other.cells; });
  return parts;
}

}  // namespace naclip
