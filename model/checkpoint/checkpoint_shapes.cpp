#include "model/checkpoint/checkpoint_shapes.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>

#include "model/error.h"

namespace naclip {
namespace {

constexpr std::int64_t kHeadWidth = 64;
constexpr std::int64_t kHiddenFactor = 4;  // an MLP is so much wider than its tower

/// The vision towers whose heads are not 64 channels wide, which no shape tells. From OpenCLIP's
/// configurations ViT-H-14, ViT-g-14 and ViT-bigG-14.
struct LargeTower {
  std::int64_t width;
  std::int64_t layers;
  std::int64_t heads;
  std::int64_t hidden;  // channels within the MLP
};
constexpr LargeTower kLargeTowers[] = {
    {1280, 32, 16, 5120}, {1408, 40, 16, 6144}, {1664, 48, 16, 8192}};

const LargeTower *find_large_tower(std::int64_t width, std::int64_t layers) {
  for (const LargeTower &tower : kLargeTowers)
    if (tower.width == width && tower.layers == layers) return &tower;
  return nullptr;
}

[[noreturn]] void refuse(const std::string &message) {
  throw Error(ErrorKind::kModel, message);
}

/// Shapes by OpenAI's names, whatever the file's naming.
class Shapes {
 public:
  Shapes(const RawTensors &tensors, Naming naming) : tensors_(tensors), naming_(naming) {}

  /// The tensor's own name in the file, for messages.
  std::string name(const std::string &openai_name) const {
    return source_of(naming_, openai_name).names.front();
  }

  /// The shape in OpenAI's orientation, of that many dimensions, each at least 1.
  std::vector<std::int64_t> find(const std::string &openai_name, const char *meaning,
                                 std::size_t rank) const {
    const TensorSource source = source_of(naming_, openai_name);
    const auto found = tensors_.find(source.names.front());
    if (found == tensors_.end())
      refuse("tensor " + source.names.front() +
             " is missing; a checkpoint of a whole CLIP is needed");
    std::vector<std::int64_t> shape = found->second.shape;
    const bool positive =
        std::all_of(shape.begin(), shape.end(), [](auto size) { return size > 0; });
    if (shape.size() != rank || !positive)
      refuse("tensor " + source.names.front() + " has shape " + shape_text(shape) + ", but " +
             meaning + " was expected");
    if (source.transposed) std::reverse(shape.begin(), shape.end());
    return shape;
  }

 private:
  const RawTensors &tensors_;
  Naming naming_;
};

/// Names that only networks have which do not work here, and what to say of them.
struct OtherNetwork {
  std::string_view prefix;
  const char *what;
};
constexpr OtherNetwork kOtherNetworks[] = {
    {"visual.layer1.", "it is a CLIP with a ResNet"},
    {"visual.attnpool.", "it is a CLIP with a ResNet"},
    {"visual.trunk.", "its vision tower is not CLIP's own, but timm's (SigLIP, EVA, ConvNeXt)"},
    {"visual.blocks.", "its vision tower is not CLIP's own, but EVA's"},
    {"vision_model.head.", "it is a SigLIP"},
    {"text_decoder.", "it is a CoCa"},
    {"visual.attn_pool.", "its vision tower is not CLIP's own, but CoCa's"},
    {"text.transformer.embeddings.", "its text tower is not CLIP's own, but BERT's"},
    {"image_encoder.", "it is a MobileCLIP"},
};

void refuse_other_networks(const RawTensors &tensors) {
  for (const OtherNetwork &other : kOtherNetworks) {
    const auto found = tensors.lower_bound(std::string(other.prefix));
    if (found != tensors.end() && found->first.starts_with(other.prefix))
      refuse(std::string(other.what) + " (it has " + printable(found->first) +
             "); only CLIP's vision transformers work, such as ViT-B/16");
  }
}

std::int64_t count_heads(std::int64_t width, const std::string &name) {
  if (width % kHeadWidth != 0)
    refuse("tensor " + name + " says width " + std::to_string(width) +
           ", but a multiple of 64 was expected because heads have 64 channels");
  return width / kHeadWidth;
}

std::int64_t native_grid(const Shapes &shapes) {
  const auto shape = shapes.find("visual.positional_embedding", "[1 + patches, width]", 2);
  const std::int64_t patches = shape[0] - 1;
  const auto grid =
      static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(patches))));
  if (grid < 1 || grid * grid != patches)
    refuse("tensor " + shapes.name("visual.positional_embedding") + " has shape " +
           shape_text(shape) +
           ", but 1 + a square number of rows was expected because training pictures are square");
  return grid;
}

/// Collects the tensors of one tower's blocks.
void expect_blocks(std::vector<ExpectedTensor> &expected, const std::string &prefix,
                   std::int64_t layers, std::int64_t width, std::int64_t hidden,
                   const std::string &reason) {
  for (std::int64_t layer = 0; layer < layers; layer++) {
    const std::string block = prefix + std::to_string(layer) + ".";
    const auto expect = [&](const char *name, std::vector<std::int64_t> shape) {
      expected.push_back({block + name, std::move(shape), reason});
    };
    expect("attn.in_proj_weight", {3 * width, width});
    expect("attn.in_proj_bias", {3 * width});
    expect("attn.out_proj.weight", {width, width});
    expect("attn.out_proj.bias", {width});
    expect("ln_1.weight", {width});
    expect("ln_1.bias", {width});
    expect("ln_2.weight", {width});
    expect("ln_2.bias", {width});
    expect("mlp.c_fc.weight", {hidden, width});
    expect("mlp.c_fc.bias", {hidden});
    expect("mlp.c_proj.weight", {width, hidden});
    expect("mlp.c_proj.bias", {width});
  }
}

/// Checks one of the tensors in the file that an expected one is made of.
void check_tensor(const RawTensors &tensors, const std::string &name,
                  const std::vector<std::int64_t> &shape, const std::string &reason) {
  const auto found = tensors.find(name);
  if (found == tensors.end())
    refuse("tensor " + name + " is missing; shape " + shape_text(shape) + " was expected because " +
           reason);
  const RawTensor &tensor = found->second;
  if (tensor.shape != shape) {
    const bool transposed =
        std::equal(shape.rbegin(), shape.rend(), tensor.shape.begin(), tensor.shape.end());
    refuse("tensor " + name + " has shape " + shape_text(tensor.shape) + ", but " +
           shape_text(shape) + " was expected because " + reason +
           (transposed ? "; it looks transposed" : ""));
  }
  if (!is_floating(tensor.type))
    refuse("tensor " + name + " has dtype " + element_name(tensor.type) +
           ", but a floating-point one was expected; quantised checkpoints do not work");
}

}  // namespace

NetworkSizes derive_sizes(const RawTensors &tensors, Naming naming) {
  refuse_other_networks(tensors);
  const Shapes shapes(tensors, naming);
  NetworkSizes sizes;
  const auto convolution = shapes.find("visual.conv1.weight", "[width, 3, patch, patch]", 4);
  const std::string convolution_name = shapes.name("visual.conv1.weight");
  if (convolution[1] != 3 || convolution[2] != convolution[3])
    refuse("tensor " + convolution_name + " has shape " + shape_text(convolution) +
           ", but [width, 3, patch, patch] was expected");
  sizes.vision_width = convolution[0];
  sizes.patch = convolution[2];
  sizes.native_grid = native_grid(shapes);
  sizes.vision_layers = count_blocks(naming, Tower::kVision, tensors);
  const LargeTower *large = find_large_tower(sizes.vision_width, sizes.vision_layers);
  sizes.vision_heads =
      large != nullptr ? large->heads : count_heads(sizes.vision_width, convolution_name);
  sizes.embedding = shapes.find("visual.proj", "a matrix", 2)[1];

  const auto tokens = shapes.find("token_embedding.weight", "[vocabulary, width]", 2);
  sizes.vocabulary = tokens[0];
  sizes.text_width = tokens[1];
  sizes.text_layers = count_blocks(naming, Tower::kText, tensors);
  sizes.text_heads = count_heads(sizes.text_width, shapes.name("token_embedding.weight"));
  sizes.context_length = shapes.find("positional_embedding", "[context length, width]", 2)[0];
  if (sizes.vision_layers < 1 || sizes.text_layers < 1)
    refuse(std::string("its ") + (sizes.vision_layers < 1 ? "vision" : "text") +
           " tower has no blocks; a checkpoint of a whole CLIP is needed");
  return sizes;
}

std::vector<ExpectedTensor> expected_tensors(const NetworkSizes &sizes, Naming naming) {
  const auto says = [&](const char *name, const char *what, std::int64_t size) {
    return source_of(naming, name).names.front() + " says " + what + " " + std::to_string(size);
  };
  const std::int64_t vision = sizes.vision_width;
  const std::int64_t text = sizes.text_width;
  const std::string by_vision = says("visual.conv1.weight", "width", vision);
  const std::string by_text = says("token_embedding.weight", "width", text);
  const std::string by_embedding = " and " + says("visual.proj", "embedding size", sizes.embedding);
  std::vector<ExpectedTensor> expected{
      {"visual.conv1.weight", {vision, 3, sizes.patch, sizes.patch}, by_vision},
      {"visual.class_embedding", {vision}, by_vision},
      {"visual.positional_embedding",
       {1 + sizes.native_grid * sizes.native_grid, vision},
       by_vision},
      {"visual.ln_pre.weight", {vision}, by_vision},
      {"visual.ln_pre.bias", {vision}, by_vision},
      {"visual.ln_post.weight", {vision}, by_vision},
      {"visual.ln_post.bias", {vision}, by_vision},
      {"visual.proj", {vision, sizes.embedding}, by_vision},
      {"token_embedding.weight", {sizes.vocabulary, text}, by_text},
      {"positional_embedding", {sizes.context_length, text}, by_text},
      {"ln_final.weight", {text}, by_text},
      {"ln_final.bias", {text}, by_text},
      {"text_projection", {text, sizes.embedding}, by_text + by_embedding},
  };
  const LargeTower *large = find_large_tower(vision, sizes.vision_layers);
  expect_blocks(expected, "visual.transformer.resblocks.", sizes.vision_layers, vision,
                large != nullptr ? large->hidden : kHiddenFactor * vision, by_vision);
  expect_blocks(expected, "transformer.resblocks.", sizes.text_layers, text, kHiddenFactor * text,
                by_text);
  return expected;
}

void check_tensors(const RawTensors &tensors, Naming naming,
                   const std::vector<ExpectedTensor> &expected) {
  std::unordered_set<std::string> known{"logit_scale"};
  for (const ExpectedTensor &tensor : expected) {
    const TensorSource source = source_of(naming, tensor.name);
    std::vector<std::int64_t> shape = tensor.shape;
    shape[0] /= static_cast<std::int64_t>(source.names.size());
    if (source.transposed) std::reverse(shape.begin(), shape.end());
    for (const std::string &name : source.names) {
      check_tensor(tensors, name, shape, tensor.reason);
      known.insert(name);
    }
  }
  for (const auto &entry : tensors)
    if (!known.contains(entry.first) && !is_ignorable(entry.first))
      refuse("tensor " + printable(entry.first) + " of shape " + shape_text(entry.second.shape) +
             " belongs to no CLIP with a vision transformer; none of that name was expected");
}

}  // namespace naclip
