#include "engine_stages.h"

#include <algorithm>
#include <stdexcept>

#include "model/plain/score.h"
#include "model/stages/decode.h"
#include "model/stages/preprocess.h"
#include "model/stages/refine.h"
#include "model/stages/score_lines.h"
#include "model/stages/tlp.h"
#include "model/stages/windows.h"
#include "model/text/prompts.h"
#include "model/text/token_trie.h"
#include "model/text/tokenizer.h"
#include "tests/parity/golden.h"

namespace naclip::bench {

namespace {

constexpr std::int64_t kWindow = 224, kStride = 112;
constexpr int kFrameHeight = 720, kFrameWidth = 1280;
constexpr int kNetworkHeight = 336, kNetworkWidth = 597;  // the network's input for that frame

at::Tensor stretched(const at::Tensor &maps, std::int64_t height, std::int64_t width) {
  return at::upsample_bilinear2d(maps, {height, width}, false).contiguous();
}

/// [1, 3, H, W] as the network reads it.
at::Tensor normalised(const at::Tensor &pixels) {
  const at::Tensor mean = at::tensor({122.771F, 116.746F, 104.094F}).view({1, 3, 1, 1});
  const at::Tensor deviation = at::tensor({68.501F, 66.632F, 70.323F}).view({1, 3, 1, 1});
  return ((pixels.permute({2, 0, 1}).unsqueeze(0).to(at::kFloat) - mean) / deviation).contiguous();
}

Picture nv12_picture(const at::Tensor &planes) {
  Picture picture;
  picture.format = PixelFormat::kNv12;
  picture.width = static_cast<int>(planes.size(1));
  picture.height = static_cast<int>(planes.size(0) * 2 / 3);
  picture.planes = {planes.data_ptr<std::uint8_t>(),
                    planes.data_ptr<std::uint8_t>() + picture.height * picture.width, nullptr};
  picture.strides = {picture.width, picture.width, 0};
  picture.matrix = ColourMatrix::kBt709;
  return picture;
}

}  // namespace

// --- Arguments
// -------------------------------------------------------------------------------------

Arguments::Arguments(const std::vector<std::string> &words) {
  for (const std::string &word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) throw std::runtime_error("\"" + word + "\" has no value");
    values_[word.substr(0, equals)] = word.substr(equals + 1);
  }
}

std::string Arguments::text(const std::string &name, const std::string &otherwise) {
  read_[name] = true;
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

int Arguments::number(const std::string &name, int otherwise) {
  return std::stoi(text(name, std::to_string(otherwise)));
}

void Arguments::finish() const {
  for (const auto &[name, value] : values_)
    if (!read_.contains(name)) throw std::runtime_error("nothing here is called " + name);
}

// --- What stages share
// -----------------------------------------------------------------------------

Precision precision_of(const std::string &name) {
  for (const auto &one : kPrecisions)
    if (name == one.name) return one.value;
  throw std::runtime_error(name + " is no precision");
}

Stages::Stages(std::string folder) : folder_(std::move(folder)) {
  inputs_ = testing::read_tensors(path("inputs.safetensors"));
}

ClipVision &Stages::vision(const std::string &precision) {
  const auto found = visions_.find(precision);
  if (found != visions_.end()) return found->second;
  const Compute compute = choose_compute("cpu", precision_of(precision));
  const Checkpoint checkpoint = read_checkpoint(path("model.safetensors"));
  return visions_
      .emplace(precision,
               ClipVision(checkpoint, compute, Attention::kNaclip, Architecture::kReduced, 5.0))
      .first->second;
}

ModelOptions Stages::model_options(Arguments &arguments) const {
  ModelOptions options;
  options.model = path(arguments.text("model", "model.safetensors"));
  options.device = "cpu";
  options.precision = precision_of(arguments.text("precision", "float32"));
  return options;
}

/// Words without templates: what a frame costs does not depend on how they were encoded.
std::shared_ptr<Segmenter> Stages::bare_word_segmenter(Arguments &arguments) {
  ModelOptions options = model_options(arguments);
  options.prompts = Prompts::kNone;
  std::shared_ptr<Segmenter> &kept = segmenters_[{options.model, options.precision}];
  if (!kept) kept = load_segmenter(options);
  return kept;
}

Stages::Frames Stages::frames(Arguments &arguments) {
  Frames frames;
  frames.segmenter = bare_word_segmenter(arguments);
  const std::string vocabulary = arguments.text("vocabulary", "words-21.vocabulary");
  frames.vocabulary = frames.segmenter->encode(Vocabulary::parse_file(path(vocabulary)));
  frames.options.window_size = arguments.number("window", 224);
  frames.options.refine_steps = arguments.number("steps", 10);
  frames.options.mask_size =
      arguments.text("mask", "frame") == "frame" ? MaskSize::kFrame : MaskSize::kInput;
  const at::Tensor &frame = inputs_.at(arguments.text("frame", "frame"));
  const int height = arguments.number("height", static_cast<int>(frame.size(0)));
  const int width = arguments.number("width", static_cast<int>(frame.size(1)));
  const auto nearest = [](int size, std::int64_t from) {
    return at::arange(size, at::kLong).mul_(from).floor_divide_(size);
  };
  frames.pixels = frame.index_select(0, nearest(height, frame.size(0)))
                      .index_select(1, nearest(width, frame.size(1)))
                      .contiguous();
  return frames;
}

Segmentation Stages::Frames::segment() const {
  const Picture picture = testing::picture_of(pixels);
  return std::move(segmenter->segment({&picture, 1}, *vocabulary, options).at(0));
}

// --- The stages
// ------------------------------------------------------------------------------------

Stage Stages::preprocess(Arguments &) {
  const Picture picture = nv12_picture(inputs_.at("nv12"));
  const PictureSize size = network_input_size({picture.height, picture.width}, 336, 16);
  return {[picture, size] { return naclip::preprocess(picture, size); }, {}};
}

Stage Stages::encoder(Arguments &arguments) {
  ClipVision &vision = this->vision(arguments.text("precision", "float32"));
  const at::Tensor picture = inputs_.at("picture");
  return {[&vision, picture] { return vision.encode(picture); }, {}};
}

/// From the normalised picture to scores of its size, windows in one batch.
Stage Stages::slide(Arguments &arguments) {
  ClipVision &vision = this->vision(arguments.text("precision", "float32"));
  const at::Tensor picture = inputs_.at("picture"), queries = inputs_.at("queries");
  return {[&vision, picture, queries] {
            const auto windows = windows_of(picture.size(2), picture.size(3), kWindow, kStride);
            const at::Tensor crops = crop_windows(picture, windows);
            const at::Tensor scores =
                plain::patch_scores(plain::patch_directions(vision.encode(crops)), queries,
                                    crops.size(2) / vision.patch(), crops.size(3) / vision.patch());
            return stitch_windows(scores, windows, picture.size(2), picture.size(3));
          },
          {}};
}

Stage Stages::refine(Arguments &arguments) {
  const at::Tensor picture = normalised(inputs_.at("frame"));
  const at::Tensor scores =
      stretched(inputs_.at("scores-" + arguments.text("words", "21")), kFrameHeight, kFrameWidth);
  const int steps = arguments.number("steps", 10);
  const auto refiner = std::make_shared<Refiner>();  // keeps its memory, as a model does
  return {[refiner, picture, scores, steps] {
            return refiner->refine(picture, scores, kFrameHeight, kFrameWidth, steps, {8, 16});
          },
          {}};
}

/// From scores of the frame's size to scores of that size, as `refine` has them.
Stage Stages::propagate(Arguments &) {
  const at::Tensor picture = normalised(inputs_.at("frame")), words = inputs_.at("queries");
  const at::Tensor scores = stretched(inputs_.at("scores-21"), kFrameHeight, kFrameWidth);
  // Both keep their memory, as a Refiner does.
  const auto propagator = std::make_shared<Propagator>();
  const auto whole =
      std::make_shared<ScoreLines>(scores.size(1), kFrameHeight, kFrameWidth, /*border=*/0);
  return {[propagator, whole, picture, scores, words] {
            stretch(propagator->propagate(picture, scores, words, kFrameHeight, kFrameWidth),
                    *whole);
            return whole->tensor();
          },
          {}};
}

/// `from`: the scores are of the network's input, as sliding windows leave them, or still the grid
/// of its patches, as the whole picture at once does.
Stage Stages::decode(Arguments &arguments) {
  const at::Tensor patches = inputs_.at("scores-" + arguments.text("words", "21"));
  const bool input_sized = arguments.text("from", "input") == "input";
  const at::Tensor scores = input_sized ? stretched(patches, kNetworkHeight, kNetworkWidth)
                                        : patches.contiguous(at::MemoryFormat::ChannelsLast);
  DecodeOptions options;
  options.regions = static_cast<std::size_t>(scores.size(1));
  options.region_of_query = at::arange(scores.size(1), at::kInt);
  return {[scores, options] {
            return testing::labels_of(naclip::decode(scores, kFrameHeight, kFrameWidth, options));
          },
          {}};
}

Stage Stages::segment(Arguments &arguments) {
  const Frames frames = this->frames(arguments);
  return {[frames] { return testing::labels_of(frames.segment()); }, {}};
}

/// Of all words' sentences, those of equal beginnings counted once.
std::int64_t Stages::tokens_of(const ModelOptions &options, const Vocabulary &vocabulary) const {
  const Tokenizer tokenizer = Tokenizer::from_file(path("model.bpe.txt.gz"));
  std::vector<std::vector<int>> sentences;
  for (const VocabularyClass &one : vocabulary.classes())
    for (const std::string &word : one.synonyms)
      for (const std::string &sentence : prompts_for(options.prompts, word))
        sentences.push_back(tokenizer.tokenize(sentence).ids);
  return TokenTrie(sentences).size();
}

/// 80 sentences a word. Every turn has a model of its own, which knows no word yet; `cache` names a
/// folder whose words an earlier turn left.
Stage Stages::text(Arguments &arguments) {
  ModelOptions options = model_options(arguments);
  const std::string cache = arguments.text("cache", "");
  if (!cache.empty()) options.cache_dir = path(cache);
  const Vocabulary vocabulary =
      Vocabulary::parse_file(path(arguments.text("vocabulary", "voc21.vocabulary")));
  const auto segmenter = std::make_shared<std::unique_ptr<Segmenter>>();
  return {[segmenter, vocabulary] {
            (*segmenter)->encode(vocabulary);
            return at::empty({0});
          },
          [segmenter, options] { *segmenter = load_segmenter(options); },
          tokens_of(options, vocabulary)};
}

/// One more word of 80 sentences, by a model that has encoded another.
Stage Stages::more_text(Arguments &arguments) {
  const ModelOptions options = model_options(arguments);
  const auto segmenter = std::make_shared<std::unique_ptr<Segmenter>>();
  return {[segmenter] {
            (*segmenter)->encode(Vocabulary::parse("umbrella"));
            return at::empty({0});
          },
          [segmenter, options] {
            *segmenter = load_segmenter(options);
            (*segmenter)->encode(Vocabulary::parse("lighthouse"));
          }};
}

/// `words=1`: and a word is encoded, before which the text's network is not laid out.
Stage Stages::load(Arguments &arguments) {
  const ModelOptions options = model_options(arguments);
  const bool with_text = arguments.number("words", 0) > 0;
  const auto segmenter = std::make_shared<std::unique_ptr<Segmenter>>();
  return {[segmenter, options, with_text] {
            *segmenter = load_segmenter(options);
            if (with_text) (*segmenter)->encode(Vocabulary::parse("umbrella"));
            return at::empty({0});
          },
          [segmenter] { segmenter->reset(); }};
}

Stage Stages::make(const std::string &name, Arguments &arguments) {
  if (name == "preprocess") return preprocess(arguments);
  if (name == "encoder") return encoder(arguments);
  if (name == "slide") return slide(arguments);
  if (name == "pamr") return refine(arguments);
  if (name == "tlp") return propagate(arguments);
  if (name == "decode") return decode(arguments);
  if (name == "segment") return segment(arguments);
  if (name == "text") return text(arguments);
  if (name == "more_text") return more_text(arguments);
  if (name == "load") return load(arguments);
  throw std::runtime_error("there is no stage " + name);
}

}  // namespace naclip::bench
