// Finds the pictures of a data set and the ground truth of each.
#pragma once

#include <string>
#include <vector>

#include "model/tools/naclip-eval/problems.h"

namespace naclip::eval {

/// Where the files of a data set lie, in the folders that mmsegmentation's tools prepare.
struct Layout {
  /// The data set's folder as mmsegmentation nests it; looked for below the folder that is named,
  /// which may also be that folder itself.
  std::vector<std::string> nested_in;
  std::string pictures;        ///< folder
  std::string picture_suffix;  ///< e.g. ".jpg"
  std::string masks;           ///< folder
  std::string mask_suffix;     ///< stands in place of the picture's suffix
  /// File with the names of the pictures, one a line, without suffix; empty: all pictures below
  /// their folder.
  std::string list;
};

/// One picture and its ground truth.
struct Pair {
  std::string name;  ///< of the picture, within the folder of pictures
  std::string picture;
  std::string mask;
};

/// What was found, in the list's order or else by name.
struct Dataset {
  std::vector<Pair> pairs;
  /// Pictures without ground truth and the reverse.
  Problems problems;

  /// Changes when a file is added, removed or changed: the hash of names, sizes and times.
  std::string fingerprint() const;
};

/// Finds a benchmark's validation set. `title` is for the error. Throws Error{kNotFound} that says
/// what was looked for and what is there, where the folder is no such data set or no picture has
/// ground truth.
Dataset find_dataset(const Layout &layout, const std::string &title, const std::string &folder);

/// Pictures and masks in two folders: MASKS/a/b.png belongs to PICTURES/a/b.jpg. Throws
/// Error{kNotFound} likewise.
Dataset find_pairs(const std::string &pictures, const std::string &masks);

}  // namespace naclip::eval
