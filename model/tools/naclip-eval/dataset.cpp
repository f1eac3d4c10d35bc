#include "model/tools/naclip-eval/dataset.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "model/error.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNamed = 8;

bool is_folder(const fs::path &path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_there(const fs::path &path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// What a folder holds, for people who named the wrong one.
std::string contents(const fs::path &folder) {
  if (!is_there(folder)) return folder.string() + " does not exist";
  if (!is_folder(folder)) return folder.string() + " is no folder";
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename().string() + (is_folder(it->path()) ? "/" : ""));
  if (error) return folder.string() + " cannot be read: " + error.message();
  std::sort(names.begin(), names.end());
  return folder.string() + (names.empty() ? " is empty" : " holds " + named(names, kNamed));
}

/// Files below a folder that `wanted` likes, by path within it, sorted.
template <class Wanted>
std::vector<std::string> files_below(const fs::path &folder, Wanted wanted) {
  std::vector<std::string> files;
  std::error_code error;
  // Data sets are often put together with links.
  fs::recursive_directory_iterator it(folder, fs::directory_options::follow_directory_symlink,
                                      error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with('.') || !wanted(name) || is_folder(it->path())) continue;
    files.push_back(it->path().lexically_relative(folder).string());
  }
  if (error) throw Error(ErrorKind::kRead, folder.string() + " cannot be read: " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

std::string without(const std::string &name, std::size_t suffix_size) {
  return name.substr(0, name.size() - suffix_size);
}

/// The first word of each line.
std::vector<std::string> read_list(const fs::path &path) {
  std::ifstream file(path);
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) continue;
    names.push_back(line.substr(begin, line.find_first_of(" \t\r", begin) - begin));
  }
  if (file.bad()) throw Error(ErrorKind::kRead, "The list " + path.string() + " cannot be read");
  if (names.empty())
    throw Error(ErrorKind::kFormat, "The list " + path.string() + " names no picture");
  return names;
}

/// Masks that no picture asked for.
void report_left_over(const fs::path &folder, const std::string &suffix,
                      const std::set<std::string> &used, Dataset &dataset) {
  for (const std::string &mask :
       files_below(folder, [&](const std::string &name) { return name.ends_with(suffix); }))
    if (!used.contains(mask)) dataset.problems.add({ProblemKind::kNoPicture, mask, "", 0});
}

void require_pairs(const Dataset &dataset, const std::string &pictures, const std::string &masks) {
  if (!dataset.pairs.empty()) return;
  const std::vector<std::string> sentences = dataset.problems.sentences(3);
  throw Error(ErrorKind::kNotFound,
              "No picture in " + pictures + " has ground truth in " + masks +
                  (sentences.empty() ? ": there is no picture" : ": " + joined(sentences, "; ")));
}

/// The data set's folder itself. Throws where there is none.
fs::path find_root(const Layout &layout, const std::string &title, const fs::path &folder) {
  std::vector<std::string> parts{layout.pictures, layout.masks};
  if (!layout.list.empty()) parts.push_back(layout.list);
  const auto holds = [](const fs::path &root, const std::string &part) {
    return is_there(root / part);
  };
  std::vector<fs::path> roots{folder};
  for (const std::string &nested : layout.nested_in) roots.push_back(folder / nested);
  fs::path closest;
  std::ptrdiff_t most = -1;
  for (const fs::path &root : roots) {
    const auto there = std::count_if(parts.begin(), parts.end(),
                                     [&](const auto &part) { return holds(root, part); });
    if (there == static_cast<std::ptrdiff_t>(parts.size())) return root;
    if (there > most) closest = root, most = there;
  }
  std::vector<std::string> missing;
  for (const std::string &part : parts)
    if (!holds(closest, part)) missing.push_back(part);
  throw Error(ErrorKind::kNotFound, folder.string() + " is no folder of " + title +
                                        ": looked for " + joined(parts, ", ") + " in " +
                                        closest.string() + " and did not find " +
                                        joined(missing, ", ") + "; " + contents(closest));
}

}  // namespace

std::string Dataset::fingerprint() const {
  std::string text;
  for (const Pair &pair : pairs) {
    text += pair.name + "\n";
    for (const std::string &path : {pair.picture, pair.mask}) {
      GStatBuf status{};
      if (g_stat(path.c_str(), &status) == 0)
        text += std::to_string(status.st_size) + " " + std::to_string(status.st_mtime) + "\n";
    }
  }
  return sha256(text);
}

Dataset find_dataset(const Layout &layout, const std::string &title, const std::string &folder) {
  const fs::path root = find_root(layout, title, folder);
  const fs::path pictures = root / layout.pictures, masks = root / layout.masks;
  std::vector<std::string> names;
  if (layout.list.empty()) {
    for (const std::string &file : files_below(pictures, [&](const std::string &name) {
           return name.ends_with(layout.picture_suffix);
         }))
      names.push_back(without(file, layout.picture_suffix.size()));
  } else {
    names = read_list(root / layout.list);
  }
  Dataset dataset;
  std::set<std::string> used;
  for (const std::string &name : names) {
    const std::string picture = name + layout.picture_suffix, mask = name + layout.mask_suffix;
    used.insert(mask);
    if (!is_there(pictures / picture))
      dataset.problems.add({ProblemKind::kNoPicture, picture, "", 0});
    else if (!is_there(masks / mask))
      dataset.problems.add({ProblemKind::kNoMask, picture, "", 0});
    else
      dataset.pairs.push_back({picture, (pictures / picture).string(), (masks / mask).string()});
  }
  // A list chooses from ground truth that is there for training too.
  if (layout.list.empty()) report_left_over(masks, layout.mask_suffix, used, dataset);
  require_pairs(dataset, pictures.string(), masks.string() + " (*" + layout.mask_suffix + ")");
  return dataset;
}

Dataset find_pairs(const std::string &pictures, const std::string &masks) {
  for (const std::string &folder : {pictures, masks})
    if (!is_folder(folder))
      throw Error(ErrorKind::kNotFound, contents(folder) +
                                            ": name a folder of pictures with "
                                            "--images, one of masks with --masks");
  const auto is_picture = [](const std::string &name) {
    std::string suffix = fs::path(name).extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(), g_ascii_tolower);
    return suffix == ".jpg" || suffix == ".jpeg" || suffix == ".png";
  };
  Dataset dataset;
  std::set<std::string> used;
  for (const std::string &picture : files_below(pictures, is_picture)) {
    const std::string mask = fs::path(picture).replace_extension(".png").string();
    used.insert(mask);
    const fs::path path = fs::path(masks) / mask;
    if (!is_there(path))
      dataset.problems.add({ProblemKind::kNoMask, picture, "", 0});
    else
      dataset.pairs.push_back({picture, (fs::path(pictures) / picture).string(), path.string()});
  }
  report_left_over(masks, ".png", used, dataset);
  require_pairs(dataset, pictures, masks + " (same name, .png)");
  return dataset;
}

}  // namespace naclip::eval
