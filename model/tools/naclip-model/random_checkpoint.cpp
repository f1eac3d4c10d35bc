#include "model/tools/naclip-model/random_checkpoint.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "model/checkpoint/checkpoint_shapes.h"
#include "model/error.h"
#include "model/process/interrupted.h"
#include "model/tools/common/json_writer.h"
#include "model/tools/naclip-model/descriptor.h"

namespace naclip {
namespace {

constexpr std::size_t kBytesAtOnce = std::size_t{1} << 20;

/// What the sizes of OpenAI's models have in common: heads are 64 wide, 77 tokens, 49,408 ids.
NetworkSizes clip_sizes(std::int64_t patch, std::int64_t grid, std::int64_t vision_width,
                        std::int64_t vision_layers, std::int64_t text_width) {
  NetworkSizes sizes;
  sizes.patch = patch;
  sizes.native_grid = grid;
  sizes.vision_width = vision_width;
  sizes.vision_layers = vision_layers;
  sizes.vision_heads = vision_width / 64;
  sizes.text_width = text_width;
  sizes.text_layers = 12;
  sizes.text_heads = text_width / 64;
  sizes.embedding = text_width;
  sizes.context_length = 77;
  sizes.vocabulary = 49408;
  return sizes;
}

// --- What is drawn
// ---------------------------------------------------------------------------------

/// A bell curve about `mean`.
struct Spread {
  double mean = 0.0;
  double deviation = 0.0;
};

double width_of(const ExpectedTensor &tensor) {
  return static_cast<double>(tensor.shape.back());
}

/// A matrix that keeps the scale of its input has the deviation 1 / sqrt(inputs).
Spread spread_of(const ExpectedTensor &tensor) {
  const std::string &name = tensor.name;
  const bool bias = name.ends_with("bias");
  if (name.find("ln_") != std::string::npos) return {bias ? 0.0 : 1.0, 0.1};
  // Queries and keys of deviation 1.3: attention on some thirtieth of the tokens.
  if (name.ends_with("in_proj_weight")) return {0.0, 1.3 / std::sqrt(width_of(tensor))};
  if (name.ends_with("in_proj_bias")) return {0.0, 0.2};
  if (bias) return {0.0, 0.1};
  if (name == "visual.conv1.weight") return {0.0, 1.5 / width_of(tensor)};
  if (name == "visual.class_embedding" || name == "token_embedding.weight") return {0.0, 0.5};
  if (name == "visual.positional_embedding") return {0.0, 0.3};
  if (name == "positional_embedding") return {0.0, 0.2};
  // Stored [in, out].
  if (name == "visual.proj" || name == "text_projection")
    return {0.0, 1.0 / std::sqrt(static_cast<double>(tensor.shape.front()))};
  return {0.0, 1.0 / std::sqrt(width_of(tensor))};
}

/// Numbers by chance. The standard's distributions differ between libraries, and so do logarithms
/// in their last bit; a sum of four evenly spread whole numbers is near enough to a bell curve (it
/// ends at 3.46 deviations) and is exact everywhere.
class Bell {
 public:
  explicit Bell(std::uint64_t seed) : engine_(seed) {}

  /// Of mean 0 and deviation 1.
  double operator()() {
    const std::uint64_t bits = engine_();
    std::int64_t sum = 0;
    for (int part = 0; part < 4; ++part)
      sum += static_cast<std::int64_t>(bits >> (16 * part) & 0xffff);
    return static_cast<double>(sum - 2 * 0xffff) * kUnit;
  }

 private:
  // Four whole numbers of 0 .. 65,535 have together the variance (65,536^2 - 1) / 3.
  static constexpr double kUnit = 2.6428997921303014e-05;
  std::mt19937_64 engine_;
};

// --- The file
// --------------------------------------------------------------------------------------

/// A file beside `path` that takes its name when all is written, and goes where that fails.
class NewFile {
 public:
  explicit NewFile(const std::string &path) : path_(path), part_(path + ".XXXXXX") {
    file_ = Descriptor(g_mkstemp_full(part_.data(), O_WRONLY | O_CLOEXEC, 0666));
    if (!file_) {
      part_.clear();
      fail();
    }
    buffer_.reserve(kBytesAtOnce);
  }
  ~NewFile() {
    if (!part_.empty()) g_unlink(part_.c_str());
  }
  NewFile(const NewFile &) = delete;
  NewFile &operator=(const NewFile &) = delete;

  /// True where bytes went to the disk, which is where a long writing may pause to look around.
  bool put(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.size() < kBytesAtOnce) return false;
    flush();
    return true;
  }

  void finish() {
    flush();
    if (fsync(file_.get()) != 0 || g_rename(part_.c_str(), path_.c_str()) != 0) fail();
    part_.clear();
  }

 private:
  void flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t written = write(file_.get(), rest.data(), rest.size());
      if (written < 0 && errno != EINTR) fail();
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
  }

  [[noreturn]] void fail() const {
    const std::string cause = g_strerror(errno);
    if (!part_.empty()) g_unlink(part_.c_str());
    throw Error(ErrorKind::kWrite,
                "The file " + path_ + " cannot be written (" + cause +
                    "): choose an existing folder that you may write to and that has enough "
                    "space");
  }

  std::string path_, part_, buffer_;
  Descriptor file_;
};

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::vector<ExpectedTensor> tensors_of(const NetworkSizes &sizes) {
  std::vector<ExpectedTensor> tensors = expected_tensors(sizes, Naming::kOpenAi);
  tensors.push_back({"logit_scale", {}, {}});
  return tensors;
}

/// The header with its length in front.
std::string header_of(const std::vector<ExpectedTensor> &tensors) {
  JsonWriter json;
  // Speed does not depend on it, so that it is the published models'.
  json.object("__metadata__", [&] { json.text("activation", "quick_gelu"); });
  std::uint64_t offset = 0;
  for (const ExpectedTensor &tensor : tensors) {
    const std::uint64_t end = offset + 2 * static_cast<std::uint64_t>(element_count(tensor.shape));
    json.object(tensor.name.c_str(), [&] {
      json.text("dtype", "F16");
      json.integers("shape", {tensor.shape.begin(), tensor.shape.end()});
      json.integers("data_offsets", {offset, end});
    });
    offset = end;
  }
  std::string text = json.finish(false);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return little_endian(text.size(), 8) + text;
}

}  // namespace

std::optional<NetworkSizes> published_sizes(std::string_view name) {
  static const std::array<std::pair<std::string_view, NetworkSizes>, 4> table{{
      {"ViT-B/32", clip_sizes(32, 7, 768, 12, 512)},
      {"ViT-B/16", clip_sizes(16, 14, 768, 12, 512)},
      {"ViT-L/14", clip_sizes(14, 16, 1024, 24, 768)},
      {"ViT-L/14@336px", clip_sizes(14, 24, 1024, 24, 768)},
  }};
  const auto found = std::ranges::find(table, name, &decltype(table)::value_type::first);
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

std::uint16_t half_bits(double value) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (value == 0.0) return sign;
  int exponent = 0;
  std::frexp(value, &exponent);
  // Ten bits behind the first; below 2^-14 the steps stay 2^-24.
  const int step = std::max(exponent - 11, -24);
  const auto steps = static_cast<int>(std::nearbyint(std::ldexp(std::abs(value), -step)));
  // A float16 counts its steps and the doublings of a step in one number; a carry runs over
  // rightly.
  return static_cast<std::uint16_t>(sign | (((step + 24) << 10) + steps));
}

void write_random_checkpoint(const std::string &path, const NetworkSizes &sizes,
                             const RandomCheckpointOptions &options) {
  if (!options.replace && g_file_test(path.c_str(), G_FILE_TEST_EXISTS))
    throw Error(ErrorKind::kWrite,
                "The file " + path + " exists already: delete it, name another, or give --force");
  const std::vector<ExpectedTensor> tensors = tensors_of(sizes);
  NewFile file(path);
  file.put(header_of(tensors));
  Bell bell(options.seed);
  for (const ExpectedTensor &tensor : tensors) {
    // CLIP's own: the logarithm of 100.
    const Spread spread = tensor.shape.empty() ? Spread{4.60517, 0.0} : spread_of(tensor);
    for (std::int64_t left = element_count(tensor.shape); left > 0; --left) {
      // One rounding, whether or not the processor multiplies and adds at once.
      const std::uint16_t bits = half_bits(std::fma(bell(), spread.deviation, spread.mean));
      const std::array<char, 2> bytes{static_cast<char>(bits & 0xff), static_cast<char>(bits >> 8)};
      if (file.put({bytes.data(), bytes.size()}) && options.give_up && options.give_up())
        throw Interrupted();
    }
  }
  file.finish();
}

}  // namespace naclip
