#include "elements/segment/settings.h"

#include <algorithm>

#include "elements/support/ptr.h"
#include "model/base/dilations.h"
#include "model/base/file_error.h"
#include "model/base/published_models.h"
#include "model/base/quote.h"

namespace naclip {

namespace {

constexpr int kSmallestWindow = 32;

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
  options.refine_dilations = parse_dilations(settings.refine_dilations_text, "refine-dilations");
  return options;
}

}  // namespace naclip
