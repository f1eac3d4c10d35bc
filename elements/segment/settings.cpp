#include "elements/segment/settings.h"

#include <algorithm>
#include <vector>

#include "elements/support/ptr.h"
#include "model/base/file_error.h"
#include "model/base/published_models.h"
#include "model/base/quote.h"

namespace naclip {

namespace {

constexpr int kSmallestWindow = 32;

std::vector<int> parse_dilations(const std::string &text) {
  std::vector<int> dilations;
  const GStrvPtr parts(g_strsplit(text.c_str(), ",", -1));
  for (gchar **part = parts.get(); *part != nullptr; ++part) {
    guint64 value = 0;
    if (!g_ascii_string_to_unsigned(g_strstrip(*part), 10, 1, 4096, &value, nullptr))
      throw Error(ErrorKind::kSettings,
                  "refine-dilations=" + quote(text) +
                      " is no list of pixels from 1 to 4096: write e.g. 8,16");
    dilations.push_back(static_cast<int>(value));
  }
  return dilations;
}

}  // namespace

void require_valid(const SegmentSettings &settings) {
  inference_options(settings);
}

Vocabulary read_vocabulary(const SegmentSettings &settings) {
  if (settings.vocabulary.empty() && settings.vocabulary_file.empty())
    throw Error(ErrorKind::kVocabulary,
                "No vocabulary: set the property vocabulary, e.g. vocabulary=\"person; car, truck; "
                "sky\", or vocabulary-file");
  return settings.vocabulary.empty() ? Vocabulary::parse_file(settings.vocabulary_file)
                                     : Vocabulary::parse(settings.vocabulary);
}

void check_files(const SegmentSettings &settings) {
  const std::string path = resolve_model(settings.model);
  require_regular_file(path, "Cannot use " + path + " as a model: ");
  if (!settings.merges.empty())
    require_regular_file(settings.merges, "Cannot read the merge file " + settings.merges + ": ");
}

ModelOptions model_options(const SegmentSettings &settings) {
  return {static_cast<const ModelChoice &>(settings), {}};
}

InferenceOptions inference_options(const SegmentSettings &settings) {
  if (settings.window_size > 0 && settings.window_size < kSmallestWindow)
    throw Error(ErrorKind::kSettings,
                "window-size must be 0, for the whole picture at once, or at least 32");
  InferenceOptions options = settings;
  options.window_stride = std::min(settings.window_stride, std::max(settings.window_size, 1));
  options.refine_dilations = parse_dilations(settings.refine_dilations_text);
  return options;
}

}  // namespace naclip
