#include "golden.h"

#include <glib.h>

#include <cctype>
#include <limits>
#include <stdexcept>

#include "model/checkpoint/regular_file.h"
#include "model/checkpoint/safetensors.h"

namespace naclip::testing {

namespace {

at::ScalarType scalar_type(ElementType type) {
  switch (type) {
    case ElementType::kInt64:
      return at::kLong;
    case ElementType::kUint8:
      return at::kByte;
    case ElementType::kFloat32:
      return at::kFloat;
    default:
      throw std::runtime_error(std::string("the golden set holds a ") + element_name(type));
  }
}

JsonNode *read_json(const std::string &file) {
  g_autoptr(JsonParser) parser = json_parser_new();
  g_autoptr(GError) error = nullptr;
  if (!json_parser_load_from_file(parser, (test::golden_folder() + "/" + file).c_str(), &error))
    throw std::runtime_error(error->message);
  return json_parser_steal_root(parser);
}

}  // namespace

std::map<std::string, at::Tensor> read_tensors(const std::string &path) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto &[name, raw] : read_safetensors(RegularFile::open(path))) {
    const auto bytes = raw.storage();
    const auto type = scalar_type(raw.type);
    auto *start = const_cast<std::uint8_t *>(bytes.get()) + raw.offset * element_size(raw.type);
    tensors[name] = at::from_blob(start, raw.shape, at::TensorOptions(type)).clone();
  }
  return tensors;
}

Golden::Golden() : tensors_(read_tensors(test::golden_folder() + "/expected.safetensors")) {}

bool Golden::has(const std::string &name) const {
  return tensors_.contains(name);
}

at::Tensor Golden::at(const std::string &name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw std::runtime_error("the golden set has no " + name);
  return found->second.clone();
}

std::vector<std::string> Golden::names(const std::string &prefix) const {
  std::vector<std::string> result;
  for (const auto &[name, tensor] : tensors_)
    if (name.starts_with(prefix)) result.push_back(name);
  return result;
}

const Golden &golden() {
  static const Golden instance;
  return instance;
}

double parameter(const std::string &name) {
  g_autoptr(JsonNode) root = read_json("parameters.json");
  JsonObject *object = json_node_get_object(root);
  if (!json_object_has_member(object, name.c_str()))
    throw std::runtime_error("parameters.json has no " + name);
  return json_object_get_double_member(object, name.c_str());
}

std::vector<int> parameters(const std::string &name) {
  g_autoptr(JsonNode) root = read_json("parameters.json");
  JsonArray *array = json_object_get_array_member(json_node_get_object(root), name.c_str());
  std::vector<int> result;
  for (guint i = 0; i < json_array_get_length(array); ++i)
    result.push_back(static_cast<int>(json_array_get_int_element(array, i)));
  return result;
}

std::vector<std::vector<std::string>> golden_classes() {
  g_autoptr(JsonNode) root = read_json("vocabulary.json");
  JsonArray *classes = json_object_get_array_member(json_node_get_object(root), "classes");
  std::vector<std::vector<std::string>> result(json_array_get_length(classes));
  for (guint i = 0; i < result.size(); ++i) {
    JsonArray *words = json_array_get_array_element(classes, i);
    for (guint k = 0; k < json_array_get_length(words); ++k)
      result[i].emplace_back(json_array_get_string_element(words, k));
  }
  return result;
}

std::vector<std::string> golden_words() {
  std::vector<std::string> words;
  for (const auto &synonyms : golden_classes())
    words.insert(words.end(), synonyms.begin(), synonyms.end());
  return words;
}

double relative_error(const at::Tensor &actual, const at::Tensor &expected) {
  if (actual.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor difference =
      (actual.to(at::kCPU, at::kDouble) - expected.to(at::kDouble)).abs().max();
  const double error = (difference / expected.to(at::kDouble).abs().max()).item<double>();
  return error == error ? error : std::numeric_limits<double>::infinity();
}

double agreement(const at::Tensor &actual, const at::Tensor &expected) {
  if (actual.sizes() != expected.sizes()) return 0.0;
  return actual.to(at::kLong).eq(expected.to(at::kLong)).to(at::kDouble).mean().item<double>();
}

Picture picture_of(const at::Tensor &rgb) {
  Picture picture;
  picture.format = PixelFormat::kRgb;
  picture.height = static_cast<int>(rgb.size(0));
  picture.width = static_cast<int>(rgb.size(1));
  picture.planes[0] = rgb.data_ptr<std::uint8_t>();
  picture.strides[0] = rgb.size(1) * 3;
  return picture;
}

at::Tensor labels_of(const Segmentation &segmentation) {
  if (segmentation.bytes_per_label != 1) throw std::runtime_error("labels of more than 8 bits");
  return at::from_blob(const_cast<std::uint8_t *>(segmentation.labels.data()),
                       {segmentation.height, segmentation.width}, at::kByte)
      .clone();
}

at::Tensor segmented(const std::string &model, const std::string &merges, Precision precision,
                     int window, int stride, int steps) {
  ModelOptions options;
  options.model = model;
  options.merges = merges;
  options.gaussian_std = parameter("gaussian_std");
  options.precision = precision;
  options.device = "cpu";
  // The reference has label 0 below the threshold, so its first class is our background.
  std::string text;
  for (const auto &synonyms : golden_classes()) {
    text += text.empty() ? "background: " : "; ";
    for (std::size_t i = 0; i < synonyms.size(); ++i) text += (i > 0 ? ", " : "") + synonyms[i];
  }
  const auto segmenter = load_segmenter(options);
  const auto vocabulary = segmenter->encode(Vocabulary::parse(text));
  InferenceOptions inference;
  inference.input_size = static_cast<int>(parameter("e2e_short_side"));
  inference.window_size = window;
  inference.window_stride = stride;
  inference.refine_steps = steps;
  inference.refine_dilations = parameters("pamr_dilations");
  inference.logit_scale = parameter("logit_scale");
  inference.mask_size = MaskSize::kFrame;
  const at::Tensor rgb = golden().at("e2e/rgb");
  const Picture picture = picture_of(rgb);
  return labels_of(segmenter->segment({&picture, 1}, *vocabulary, inference).at(0));
}

std::vector<int> numbers_in(const std::string &text) {
  std::vector<int> result;
  bool inside = false;
  for (const char c : text) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (digit && !inside) result.push_back(0);
    if (digit) result.back() = result.back() * 10 + (c - '0');
    inside = digit;
  }
  return result;
}

std::string last_part(const std::string &name) {
  return name.substr(name.rfind('/') + 1);
}

}  // namespace naclip::testing
