// Every tensor of the golden set, from every layout of checkpoint, at float32.
// Relative error <= 1e-4; label maps equal on >= 99.9 % of pixels, >= 99.5 % from the 8-bit picture
// on.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

#include "golden.h"
#include "model/network/checkpoint.h"
#include "model/network/clip_text.h"
#include "model/network/clip_vision.h"
#include "model/network/word_embeddings.h"
#include "model/plain/attention.h"
#include "model/plain/refine.h"
#include "model/plain/score.h"
#include "model/segmenter.h"
#include "model/stages/decode.h"
#include "model/stages/preprocess.h"
#include "model/stages/refine.h"
#include "model/stages/windows.h"
#include "model/text/prompts.h"
#include "model/text/tokenizer.h"

namespace naclip::testing {
namespace {

constexpr double kRelativeError = 1e-4;
constexpr double kLabelsEqual = 0.999;
constexpr double kLabelsEqualFromPicture = 0.995;

/// The value that golden files call so, as properties do.
template <class Enum, std::size_t kCount>
Enum named(const std::array<Choice<Enum>, kCount> &choices, const std::string &name) {
  for (const Choice<Enum> &choice : choices)
    if (name == choice.name) return choice.value;
  throw std::out_of_range("there is no " + name);
}

/// The one file of the golden folder whose name holds this text: another set may spell the rest
/// otherwise.
std::string golden_file(const std::string &part) {
  g_autoptr(GDir) dir = g_dir_open(test::golden_folder().c_str(), 0, nullptr);
  std::string found;
  while (const char *name = dir != nullptr ? g_dir_read_name(dir) : nullptr)
    if (std::string(name).find(part) != std::string::npos)
      found = test::golden_folder() + "/" + name;
  EXPECT_NE(found, "") << "no file named like *" << part << "* in " << test::golden_folder();
  return found;
}

std::string merges_file() {
  return golden_file("bpe");
}

class Parity : public ::testing::TestWithParam<const char *> {
 protected:
  std::string path() const { return golden_file(GetParam()); }

  const Checkpoint &checkpoint() {
    // Reading is not what is measured here: once a file for all tests of the program.
    static std::map<std::string, Checkpoint> read;
    const std::string file = path();
    const auto found = read.find(file);
    return found != read.end() ? found->second
                               : read.emplace(file, read_checkpoint(file)).first->second;
  }

  at::Tensor features(const std::string &architecture, const std::string &attention,
                      double deviation, const std::string &image) {
    ClipVision vision(checkpoint(), Compute{}, named(kAttentions, attention),
                      named(kArchitectures, architecture), deviation);
    return vision.encode(golden().at("image/" + image));
  }

  /// Scores of the paper's form, as the patches' grid.
  at::Tensor scores(const at::Tensor &pictures) {
    ClipVision vision(checkpoint(), Compute{}, Attention::kNaclip, Architecture::kReduced,
                      parameter("gaussian_std"));
    return plain::patch_scores(plain::patch_directions(vision.encode(pictures)), query_features(),
                               pictures.size(2) / vision.patch(),
                               pictures.size(3) / vision.patch());
  }

  at::Tensor query_features() {
    WordEmbeddings bank(ClipText(checkpoint(), Compute{}), Tokenizer::from_file(merges_file()),
                        Prompts::kImageNet, "", "");
    return bank.encode(golden_words());
  }

  /// Labels of the whole chain from the 8-bit picture.
  at::Tensor segment(int window, int stride, int steps);
};

TEST_P(Parity, SizesFollowFromTheTensors) {
  const NetworkSizes &sizes = checkpoint().sizes;
  EXPECT_EQ(sizes.patch, parameter("patch"));
  EXPECT_EQ(sizes.native_grid, parameter("native_grid"));
  EXPECT_EQ(sizes.vision_heads, parameter("vision_heads"));
  EXPECT_EQ(sizes.text_heads, parameter("text_heads"));
}

TEST_P(Parity, TokensOfSentencesAreEqual) {
  const Tokenizer tokenizer = Tokenizer::from_file(merges_file());
  const at::Tensor expected = golden().at("text/tokens");
  const auto words = golden_words();
  at::Tensor actual = at::zeros_like(expected);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Tokens tokens = tokenizer.tokenize("a photo of a " + words[i] + ".");
    std::copy(tokens.ids.begin(), tokens.ids.end(),
              actual[static_cast<std::int64_t>(i)].data_ptr<std::int64_t>());
  }
  EXPECT_TRUE(actual.equal(expected));
}

TEST_P(Parity, TextEmbeddingsAreEqual) {
  const Tokenizer tokenizer = Tokenizer::from_file(merges_file());
  std::vector<std::vector<int>> sentences;
  for (const std::string &word : golden_words())
    sentences.push_back(tokenizer.tokenize("a photo of a " + word + ".").ids);
  for (const ClipText::Form form : {ClipText::Form::kShared, ClipText::Form::kPlain})
    EXPECT_LE(relative_error(ClipText(checkpoint(), Compute{}, form).encode(sentences),
                             golden().at("text/embedding")),
              kRelativeError);
}

TEST_P(Parity, QueryFeaturesOfThePromptEnsembleAreEqual) {
  EXPECT_LE(relative_error(query_features(), golden().at("text/query_features")), kRelativeError);
}

TEST_P(Parity, FeaturesOfEveryArchitectureAndAttentionAreEqual) {
  const auto names = golden().names("features/");
  ASSERT_FALSE(names.empty());
  for (const std::string &name : names) {
    // features/{architecture}/{attention}[-std{N}]/{image}
    g_auto(GStrv) parts = g_strsplit(name.c_str(), "/", 4);
    std::string attention = parts[2];
    double deviation = parameter("gaussian_std");
    if (const auto at = attention.find("-std"); at != std::string::npos) {
      deviation = std::stod(attention.substr(at + 4));
      attention.resize(at);
    }
    // `nonly` of the set was computed picture by picture: its batches hold the first picture alone.
    const at::Tensor expected = golden().at(name);
    const at::Tensor actual =
        features(parts[1], attention, deviation, parts[3]).slice(0, 0, expected.size(0));
    EXPECT_LE(relative_error(actual, expected), kRelativeError) << name;
  }
}

TEST_P(Parity, GaussianBiasIsEqual) {
  for (const std::string &name : golden().names("gaussian_bias/")) {
    const auto grid = numbers_in(last_part(name));
    EXPECT_LE(
        relative_error(plain::gaussian_bias(grid.at(0), grid.at(1), parameter("gaussian_std")),
                       golden().at(name)),
        kRelativeError);
  }
}

TEST_P(Parity, LogitsAreEqual) {
  const auto names = golden().names("logits/");
  ASSERT_FALSE(names.empty());
  for (const std::string &name : names) {
    const at::Tensor image = golden().at("image/" + last_part(name));
    const at::Tensor grids = scores(image);
    std::vector<at::Tensor> stretched;
    for (const at::Tensor &grid : grids.split(1))
      stretched.push_back(stitch_windows(grid, windows_of(image.size(2), image.size(3), 0, 0),
                                         image.size(2), image.size(3)));
    EXPECT_LE(relative_error(at::cat(stretched), golden().at(name)), kRelativeError) << name;
  }
}

TEST_P(Parity, SlidingWindowLogitsAreEqual) {
  const auto names = golden().names("slide_logits/");
  ASSERT_FALSE(names.empty());
  for (const std::string &name : names) {
    const std::string what = last_part(name);
    const at::Tensor image = golden().at("image/" + what.substr(0, what.find('-')));
    const auto sizes = numbers_in(what);
    const auto windows = windows_of(image.size(2), image.size(3), sizes.at(0), sizes.at(1));
    const at::Tensor actual =
        stitch_windows(scores(crop_windows(image, windows)), windows, image.size(2), image.size(3));
    EXPECT_LE(relative_error(actual, golden().at(name)), kRelativeError) << name;
  }
}

TEST_P(Parity, RefinementIsEqualFusedAndPlain) {
  const auto names = golden().names("pamr/steps");
  ASSERT_FALSE(names.empty());
  for (const std::string &name : names) {
    auto numbers = numbers_in(last_part(name));
    const int steps = numbers.at(0);
    numbers.erase(numbers.begin());
    const at::Tensor image = golden().at("pamr/image"), logits = golden().at("pamr/logits");
    EXPECT_LE(relative_error(refine(image, logits, steps, numbers), golden().at(name)),
              kRelativeError)
        << name;
    EXPECT_LE(relative_error(plain::refine(image, logits, steps, numbers), golden().at(name)),
              kRelativeError)
        << name;
  }
}

at::Tensor class_of_query() {
  return golden().at("text/class_index");
}

TEST_P(Parity, ProbabilitiesAndLabelsOfTheGoldenLogitsAreEqual) {
  const auto classes = static_cast<std::int64_t>(golden_classes().size());
  const at::Tensor logits = golden().at("logits/ragged");
  EXPECT_LE(relative_error(plain::class_probabilities(logits[0], class_of_query(), classes,
                                                      parameter("logit_scale")),
                           golden().at("post/probabilities")),
            kRelativeError);
  const auto names = golden().names("post/labels-threshold");
  ASSERT_FALSE(names.empty());
  for (const std::string &name : names) {
    const std::string digits = name.substr(name.find("threshold") + 9);  // "0", "03" for 0.3
    DecodeOptions options;
    options.region_of_query = class_of_query().to(at::kInt);
    options.regions = static_cast<std::size_t>(classes);
    options.logit_scale = parameter("logit_scale");
    options.threshold = std::stod(digits.substr(0, 1) + "." + digits.substr(1) + "0");
    const auto height = static_cast<int>(logits.size(2)), width = static_cast<int>(logits.size(3));
    EXPECT_GE(agreement(labels_of(decode(logits, height, width, options)), golden().at(name)),
              kLabelsEqual)
        << name;
    EXPECT_GE(
        agreement(labels_of(plain::decode(logits, height, width, options)), golden().at(name)),
        kLabelsEqual)
        << name;
  }
}

TEST_P(Parity, ModelInputFromTheEightBitPictureIsEqual) {
  const at::Tensor rgb = golden().at("e2e/rgb"), expected = golden().at("e2e/model_input");
  const Picture picture = picture_of(rgb);
  const PictureSize size = network_input_size({picture.height, picture.width},
                                              static_cast<int>(parameter("e2e_short_side")),
                                              static_cast<int>(parameter("patch")));
  const at::Tensor actual = preprocess(picture, size);
  ASSERT_EQ(actual.sizes(), expected.sizes());
  // Resizers round differently by one 8-bit step here and there.
  EXPECT_LE((actual - expected).abs().max().item<double>(), 1.01 / 66.632);
  EXPECT_GE((actual - expected).abs().le(1e-4).to(at::kDouble).mean().item<double>(), 0.9);
}

at::Tensor Parity::segment(int window, int stride, int steps) {
  return segmented(path(), merges_file(), Precision::kFloat32, window, stride, steps);
}

TEST_P(Parity, LabelsFromTheEightBitPictureAreEqual) {
  const auto names = golden().names("e2e/");
  int checked = 0;
  for (const std::string &name : names) {
    const std::string what = last_part(name);
    if (!what.starts_with("labels")) continue;
    // e2e/whole/… or e2e/slide-crop{size}-stride{stride}/…
    const auto sizes = numbers_in(name.substr(4, name.size() - 4 - what.size()));
    const int steps = what == "labels-pamr" ? static_cast<int>(parameter("pamr_steps")) : 0;
    const at::Tensor labels =
        sizes.empty() ? segment(0, 0, steps) : segment(sizes.at(0), sizes.at(1), steps);
    const double equal = agreement(labels, golden().at(name));
    RecordProperty(name, std::to_string(equal));
    EXPECT_GE(equal, kLabelsEqualFromPicture) << name;
    ++checked;
  }
  EXPECT_GT(checked, 0);
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Parity,
                         ::testing::Values("openai-torchscript", "openai-state-dict",
                                           "openai.safetensors", "huggingface.safetensors"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return c == '-' || c == '.'; }, '_');
                           return name;
                         });

TEST(GoldenSet, HoldsNothingThatIsNotChecked) {
  const std::vector<std::string> checked{
      "text/",         "image/", "features/",   "gaussian_bias/",     "logits/",
      "slide_logits/", "pamr/",  "post/labels", "post/probabilities", "e2e/"};
  for (const std::string &name : golden().names(""))
    EXPECT_TRUE(std::any_of(checked.begin(), checked.end(), [&](const auto &prefix) {
      return name.starts_with(prefix);
    })) << name;
}

}  // namespace
}  // namespace naclip::testing
