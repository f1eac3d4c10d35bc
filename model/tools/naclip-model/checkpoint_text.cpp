#include "model/tools/naclip-model/checkpoint_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <vector>

#include "model/base/published_models.h"
#include "model/checkpoint/activation_in_use.h"
#include "model/checkpoint/checkpoint_file.h"
#include "model/checkpoint/picture_statistics.h"
#include "model/checkpoint/stated_activation.h"
#include "model/text/merge_file.h"
#include "model/tools/common/progress.h"

namespace naclip {
namespace {

// CLIP's ids: 256 bytes, the same at a word's end, one for each merge, start and end of a text.
constexpr std::int64_t kTokensBesideMerges = 2 * 256 + 2;
constexpr std::int64_t kOpenAiTokens = 49408;

std::string text(std::int64_t number) {
  return std::to_string(number);
}

/// "149.6 million".
std::string count_text(std::int64_t count) {
  if (count < 1000000) return text(count);
  const std::int64_t tenths = (count + 50000) / 100000;
  return text(tenths / 10) + "." + text(tenths % 10) + " million";
}

/// The types of the weights, that of most first: "float16", or "float16 (99.5 %), float32".
std::string precision_text(const std::vector<const RawTensor *> &tensors) {
  std::map<ElementType, std::int64_t> counts;
  for (const RawTensor *tensor : tensors) counts[tensor->type] += element_count(tensor->shape);
  std::vector<std::pair<std::int64_t, ElementType>> order;
  order.reserve(counts.size());
  for (const auto &[type, count] : counts) order.emplace_back(count, type);
  std::sort(order.rbegin(), order.rend());
  std::string types;
  for (const auto &[count, type] : order)
    types += (types.empty() ? "" : ", then ") + std::string(element_name(type));
  return types;
}

std::string tower_text(std::int64_t layers, std::int64_t width, std::int64_t heads) {
  return text(layers) + " layers, width " + text(width) + ", " + text(heads) +
         (heads == 1 ? " head" : " heads");
}

/// Whether the merges are here, and are the model's.
std::string merges_text(const std::string &path, std::int64_t tokens) {
  const std::string &published = published_vocabulary().file;
  const std::string needed = tokens == kOpenAiTokens
                                 ? "OpenAI's " + published
                                 : std::string("the byte-pair merges that it was trained with");
  std::string merges;
  try {
    merges = find_merges(path, {});
    const std::int64_t given =
        static_cast<std::int64_t>(read_merges(merges).size()) + kTokensBesideMerges;
    if (given == tokens) return needed + ", found: " + merges;
    return needed + ", and not " + merges + ", which gives " + text(given) + " tokens";
  } catch (const Error &error) {
    if (!merges.empty()) return needed + "; " + error.what();
  }
  return needed + ", which was not found" +
         (tokens == kOpenAiTokens ? "; type: naclip-model fetch vocabulary" : "");
}

std::string activation_row(const ActivationInUse &activation) {
  const std::string name = activation_text(activation.activation);
  if (activation.warning.empty()) return name + " (" + activation.source + ")";
  return name +
         " is assumed, as in OpenAI's models; nothing says so. The property activation sets it";
}

std::string row(const std::string &name, const std::string &value) {
  constexpr std::size_t kNameWidth = 12;
  return name + std::string(kNameWidth - name.size(), ' ') + value + "\n";
}

std::string numbers_text(const std::array<double, 3> &numbers) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.4g %.4g %.4g", numbers[0], numbers[1], numbers[2]);
  return text.data();
}

/// Where pictures are not normalised as OpenAI's models want it.
std::string statistics_row(const std::string &path) {
  const auto statistics = configured_statistics(path);
  if (!statistics) return "";
  return row("normalised", "by mean " + numbers_text(statistics->mean) + ", deviation " +
                               numbers_text(statistics->deviation) + " (" + statistics->source +
                               ")");
}

}  // namespace

std::string checkpoint_text(const std::string &path) {
  const CheckpointFile file = open_checkpoint(path);
  const NetworkSizes &sizes = file.sizes;
  const std::vector<const RawTensor *> tensors = file.parameter_tensors();
  std::int64_t parameters = 0;
  for (const RawTensor *tensor : tensors) parameters += element_count(tensor->shape);

  const std::string side = text(sizes.patch * sizes.native_grid), patch = text(sizes.patch);
  const ActivationInUse activation = activation_in_use(file, path, Activation::kAuto);
  return row("file", path + ", " + size_text(file.bytes)) + row("layout", file.layout) +
         row("precision", precision_text(tensors)) + row("parameters", count_text(parameters)) +
         row("pictures",
             "trained on " + side + " x " + side + " pixels, patches of " + patch + " x " + patch) +
         statistics_row(path) +
         row("vision", tower_text(sizes.vision_layers, sizes.vision_width, sizes.vision_heads)) +
         row("text", tower_text(sizes.text_layers, sizes.text_width, sizes.text_heads) + ", " +
                         text(sizes.context_length) + " tokens a sentence") +
         row("embedding", text(sizes.embedding) + " numbers") +
         row("activation", activation_row(activation)) +
         row("vocabulary",
             text(sizes.vocabulary) + " tokens: " + merges_text(path, sizes.vocabulary));
}

}  // namespace naclip
