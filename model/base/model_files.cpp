#include "model/base/model_files.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "model/error.h"

namespace naclip {
namespace {

namespace files = std::filesystem;

// Safetensors first: no pickle, and read quicker.
constexpr std::array<const char *, 6> kCheckpointNames{
    "model.safetensors", "model.safetensors.index.json", "open_clip_model.safetensors",
    "pytorch_model.bin", "pytorch_model.bin.index.json", "open_clip_pytorch_model.bin"};

bool is_file(const files::path &path) {
  std::error_code ignored;
  return files::is_regular_file(path, ignored);
}

std::vector<std::string> possible_shards(const files::path &folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (files::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string extension = entry->path().extension().string();
    if (extension == ".safetensors" || extension == ".bin") found.push_back(entry->path().string());
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

std::string checkpoint_in(const std::string &folder) {
  std::string names;
  for (const char *name : kCheckpointNames) {
    const files::path path = files::path(folder) / name;
    if (is_file(path)) return path.string();
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  throw Error(ErrorKind::kNotFound, "There is no model in the folder " + folder +
                                        ": it has none of " + names +
                                        "; name the checkpoint's file");
}

std::vector<std::string> files_of_model(const std::string &checkpoint) {
  const files::path folder = files::path(checkpoint).parent_path();
  std::vector<std::string> all{checkpoint};
  const auto add = [&](const char *name) {
    if (is_file(folder / name)) all.push_back((folder / name).string());
  };
  std::ranges::for_each(kConfigurationNames, add);
  add(kPreprocessorName);
  if (std::string_view(checkpoint).ends_with(".index.json"))
    for (std::string &shard : possible_shards(folder.empty() ? "." : folder))
      all.push_back(std::move(shard));
  return all;
}

}  // namespace naclip
