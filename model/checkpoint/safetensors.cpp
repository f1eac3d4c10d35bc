#include "model/checkpoint/safetensors.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "model/checkpoint/json_text.h"
#include "model/error.h"

namespace naclip {
namespace {

constexpr std::size_t kLengthBytes = 8;
// Of header; that of ViT-L has some 70 kB. The format allows 100 MB, for which a JSON parser would
// take gigabytes.
constexpr std::uint64_t kMaxHeader = 10u << 20;
constexpr int kMaxNesting = 4;  // the header, a tensor, its shape, and one to spare
constexpr const char *kMetadata = "__metadata__";

[[noreturn]] void damaged(const std::string &cause) {
  throw Error(ErrorKind::kFormat, "the safetensors file is damaged; fetch it again", cause);
}

[[noreturn]] void truncated(const std::string &cause) {
  throw Error(ErrorKind::kFormat, "the safetensors file is incomplete; fetch it again", cause);
}

std::uint64_t header_length(std::span<const std::uint8_t> bytes) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; i++) length |= std::uint64_t{bytes[i]} << (8 * i);
  return length;
}

std::optional<ElementType> element_type(std::string_view name) {
  constexpr std::pair<std::string_view, ElementType> kTypes[] = {
      {"F16", ElementType::kFloat16}, {"BF16", ElementType::kBfloat16},
      {"F32", ElementType::kFloat32}, {"F64", ElementType::kFloat64},
      {"I8", ElementType::kInt8},     {"U8", ElementType::kUint8},
      {"I16", ElementType::kInt16},   {"I32", ElementType::kInt32},
      {"I64", ElementType::kInt64},   {"BOOL", ElementType::kBool},
  };
  for (const auto &[known, type] : kTypes)
    if (known == name) return type;
  return std::nullopt;
}

/// A list of integers >= 0.
std::vector<std::int64_t> integers(JsonObject *object, const char *member,
                                   const std::string &name) {
  JsonNode *node = json_object_get_member(object, member);
  if (node == nullptr || !JSON_NODE_HOLDS_ARRAY(node))
    damaged(printable(name) + " has no " + member);
  JsonArray *array = json_node_get_array(node);
  if (json_array_get_length(array) > kMaxRank) damaged(printable(name) + ": too long a " + member);
  std::vector<std::int64_t> result;
  for (guint i = 0; i < json_array_get_length(array); i++) {
    JsonNode *element = json_array_get_element(array, i);
    if (!JSON_NODE_HOLDS_VALUE(element) || json_node_get_value_type(element) != G_TYPE_INT64 ||
        json_node_get_int(element) < 0)
      damaged(printable(name) + ": " + member + " holds something that is no size");
    result.push_back(json_node_get_int(element));
  }
  return result;
}

std::vector<std::int64_t> dense_strides(const std::vector<std::int64_t> &shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i > 1; i--)
    strides[i - 2] = strides[i - 1] * std::max<std::int64_t>(shape[i - 1], 1);
  return strides;
}

/// Where a tensor lies in the data, bytes.
struct Extent {
  std::int64_t begin;
  std::int64_t end;
  std::string name;
};

/// The header's text as tensors.
class Header {
 public:
  /// `data`: where the tensors begin in the file.
  Header(std::shared_ptr<const ByteSource> file, std::uint64_t data)
      : file_(std::move(file)), data_(data), size_(file_->size() - data) {}

  void add(const std::string &name, JsonNode *node) {
    if (!JSON_NODE_HOLDS_OBJECT(node)) damaged(printable(name) + " is no tensor");
    JsonObject *object = json_node_get_object(node);
    JsonNode *type_node = json_object_get_member(object, "dtype");
    if (type_node == nullptr || !JSON_NODE_HOLDS_VALUE(type_node) ||
        json_node_get_value_type(type_node) != G_TYPE_STRING)
      damaged(printable(name) + " has no dtype");
    const std::string type_name = json_node_get_string(type_node);
    const auto type = element_type(type_name);
    if (!type)
      throw Error(ErrorKind::kFormat, "tensor " + printable(name) + " has the unknown dtype " +
                                          printable(type_name) +
                                          "; save the weights as float16, bfloat16 or float32");

    std::vector<std::int64_t> shape = integers(object, "shape", name);
    const std::vector<std::int64_t> offsets = integers(object, "data_offsets", name);
    if (offsets.size() != 2 || offsets[0] > offsets[1])
      damaged(printable(name) + ": impossible data_offsets");
    if (static_cast<std::uint64_t>(offsets[1]) > size_)
      truncated(printable(name) + " ends after the file");
    const std::int64_t count = element_count(shape);
    std::int64_t bytes = 0;
    if (count < 0 || __builtin_mul_overflow(count, element_size(*type), &bytes) ||
        bytes != offsets[1] - offsets[0])
      damaged(printable(name) + ": shape and data_offsets contradict each other");

    std::vector<std::int64_t> strides = count > 0 ? dense_strides(shape) : shape;
    tensors_.emplace(
        name, RawTensor{*type, std::move(shape), std::move(strides), 0,
                        [file = file_, start = data_ + static_cast<std::uint64_t>(offsets[0]),
                         bytes = static_cast<std::uint64_t>(bytes)] {
                          return file->read(start, bytes);
                        }});
    extents_.push_back({offsets[0], offsets[1], name});
  }

  /// As the format demands, which finds damage that shapes do not show.
  RawTensors finish() {
    std::sort(extents_.begin(), extents_.end(), [](const Extent &a, const Extent &b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::int64_t end = 0;
    for (const Extent &extent : extents_) {
      if (extent.begin < end) damaged(printable(extent.name) + " overlaps another tensor");
      if (extent.begin > end) damaged("a gap before " + printable(extent.name));
      end = extent.end;
    }
    if (static_cast<std::uint64_t>(end) != size_) damaged("bytes after the last tensor");
    return std::move(tensors_);
  }

 private:
  std::shared_ptr<const ByteSource> file_;
  std::uint64_t data_, size_;
  RawTensors tensors_;
  std::vector<Extent> extents_;
};

std::unique_ptr<const JsonText> parse_header(std::string_view text) {
  try {
    return std::make_unique<const JsonText>(text, kMaxNesting);
  } catch (const JsonDamage &damage) {
    damaged(std::string("the header: ") + damage.what());
  }
}

/// The members that are texts, as the format wants all of them to be.
std::map<std::string, std::string> texts_of(JsonObject *object) {
  std::map<std::string, std::string> texts;
  if (object == nullptr) return texts;
  JsonObjectIter iterator;
  const char *name = nullptr;
  json_object_iter_init(&iterator, object);
  while (json_object_iter_next(&iterator, &name, nullptr))
    if (const auto text = text_member(object, name)) texts.emplace(name, *text);
  return texts;
}

}  // namespace

bool looks_like_safetensors(std::span<const std::uint8_t> bytes) {
  return bytes.size() > kLengthBytes && bytes[kLengthBytes] == '{' &&
         header_length(bytes) < (std::uint64_t{1} << 32);
}

RawTensors read_safetensors(const std::shared_ptr<const ByteSource> &file,
                            std::map<std::string, std::string> *metadata) {
  if (file->size() < kLengthBytes) truncated("no header");
  const std::uint64_t length = header_length({file->read(0, kLengthBytes).get(), kLengthBytes});
  if (length > kMaxHeader) damaged("a header of " + std::to_string(length) + " bytes");
  if (length > file->size() - kLengthBytes) truncated("the header ends after the file");
  const auto memory = file->read(kLengthBytes, length);
  const std::string_view text(reinterpret_cast<const char *>(memory.get()), length);
  const std::unique_ptr<const JsonText> json = parse_header(text);

  Header header(file, kLengthBytes + length);
  JsonObjectIter iterator;
  const char *name = nullptr;
  JsonNode *node = nullptr;
  json_object_iter_init(&iterator, json->root());
  while (json_object_iter_next(&iterator, &name, &node))
    if (std::string_view(name) != kMetadata) header.add(name, node);
  if (metadata != nullptr) *metadata = texts_of(object_member(json->root(), kMetadata));
  return header.finish();
}

}  // namespace naclip
