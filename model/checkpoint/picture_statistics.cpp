#include "model/checkpoint/picture_statistics.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "model/base/model_files.h"
#include "model/checkpoint/checkpoint_file.h"
#include "model/checkpoint/configuration.h"
#include "model/checkpoint/json_text.h"
#include "model/error.h"

namespace naclip {
namespace {

/// Differences below this do not show in eight bits.
constexpr double kSame = 1e-3;

using Numbers = std::array<double, 3>;

[[noreturn]] void refuse(const std::string &source, const char *name, const char *wanted) {
  throw Error(ErrorKind::kModel, source + " beside it: " + name + " is not three numbers " +
                                     wanted + "; mend it or take it away, then OpenAI's are taken");
}

Numbers numbers(const std::string &source, JsonObject *object, const char *name, double least,
                const char *wanted) {
  const auto found = numbers_member(object, name);
  if (!found || found->size() != 3 ||
      std::ranges::any_of(*found, [&](double number) { return !(number >= least && number <= 1); }))
    refuse(source, name, wanted);
  return {(*found)[0], (*found)[1], (*found)[2]};
}

bool same(const Numbers &one, const Numbers &other) {
  return std::ranges::equal(one, other, [](double a, double b) { return std::abs(a - b) < kSame; });
}

bool is_openais(const PictureStatistics &statistics) {
  return same(statistics.mean, kPictureMean) && same(statistics.deviation, kPictureDeviation);
}

std::optional<PictureStatistics> in_file(const std::string &path, const std::string &source) {
  try {
    const JsonText json = read_configuration(path);
    const bool hugging_face = source == kPreprocessorName;
    JsonObject *object = hugging_face ? json.root() : object_member(json.root(), "preprocess_cfg");
    const char *mean = hugging_face ? "image_mean" : "mean";
    const char *deviation = hugging_face ? "image_std" : "std";
    if (!has_member(object, mean) || !has_member(object, deviation)) return std::nullopt;
    return PictureStatistics{numbers(source, object, mean, 0, "from 0 to 1"),
                             numbers(source, object, deviation, 1e-3, "above 0 and up to 1"),
                             source};
  } catch (const JsonDamage &damage) {
    throw Error(ErrorKind::kModel, source + " beside it cannot be read as JSON (" + damage.what() +
                                       "); mend it or take it away");
  }
}

}  // namespace

std::optional<PictureStatistics> configured_statistics(const std::string &checkpoint) try {
  const std::filesystem::path folder = std::filesystem::path(checkpoint).parent_path();
  for (const char *name : kPictureConfigurationNames) {
    const std::string path = (folder / name).string();
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    const auto stated = in_file(path, name);
    if (stated) return is_openais(*stated) ? std::nullopt : stated;
  }
  return std::nullopt;
} catch (const Error &error) {
  throw unusable_model(checkpoint, error);
}

}  // namespace naclip
