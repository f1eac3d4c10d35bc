// Which classes an element is to work on.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elements/support/frame_mask.h"

namespace naclip {

/// The `classes` property: labels separated by `,` or `;`, white space around them dropped.
///
/// | text         | means                                        |
/// | ------------ | -------------------------------------------- |
/// | (empty)      | every region but 0                           |
/// | person, car  | these                                        |
/// | *            | every region, 0 included                     |
/// | !sky         | every region but 0 and sky                   |
/// | *, !sky      | every region but sky                         |
///
/// What is excluded stays so wherever it stands. Labels are compared as they are written.
class ClassSelection {
 public:
  ClassSelection() = default;
  /// Never fails: any text is a list of labels.
  explicit ClassSelection(std::string_view text);

  /// By region id: whether it is chosen.
  std::vector<bool> choose(std::span<const MaskRegion> regions) const;

  /// Whether every written label, excluded ones too, is a region's.
  bool knows_all(std::span<const MaskRegion> regions) const;

  /// One sentence that names the written labels that no region has, and the labels there are; empty
  /// where all are known. The same unknown labels are told once in this object's life.
  std::string unknown_labels(std::span<const MaskRegion> regions);

 private:
  bool everything_ = false;
  std::vector<std::string> included_;
  std::vector<std::string> excluded_;
  std::vector<std::string> told_;
};

}  // namespace naclip
