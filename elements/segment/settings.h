// What a user may set on naclipsegment.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "elements/support/properties.h"
#include "model/base/dilations.h"
#include "model/options.h"
#include "model/vocabulary.h"

namespace naclip {

/// When a frame gets its mask.
enum class Mode { kAuto, kSync, kAsync };
/// Whether masks follow what moves between inferences.
enum class Carry { kAuto, kOff, kOn };
/// What becomes of the stream where a frame cannot be segmented.
enum class OnError { kFail, kPassthrough };

/// The properties' values; a default-constructed one holds the defaults, which are the paper's
/// where the paper has one.
struct SegmentSettings : ModelChoice, InferenceOptions {
  std::string vocabulary;
  std::string vocabulary_file;
  std::string refine_dilations_text = dilations_text(InferenceOptions{}.refine_dilations);
  int interval = 1;
  Mode mode = Mode::kAuto;
  Carry carry = Carry::kAuto;
  OnError on_error = OnError::kFail;
  int batch_timeout = 5;
  bool presence = false;
  double presence_share = 0.005;
  int presence_time = 200;
  int stats_interval = 0;
  bool post_messages = false;
};

/// The settings for reading without a copy; another object whenever they have changed. Thread-safe.
class SettingsSnapshot {
 public:
  std::shared_ptr<const SegmentSettings> get() const {
    const std::lock_guard lock(mutex_);
    return settings_;
  }
  void set(const SegmentSettings &settings) {
    auto copy = std::make_shared<const SegmentSettings>(settings);
    const std::lock_guard lock(mutex_);
    settings_.swap(copy);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const SegmentSettings> settings_ = std::make_shared<SegmentSettings>();
};

inline constexpr EnumTable kPromptsType{"GstNaclipSegmentPrompts", kPrompts};
inline constexpr EnumTable kPrecisionType{"GstNaclipSegmentPrecision", kPrecisions};
inline constexpr EnumTable kAttentionType{"GstNaclipSegmentAttention", kAttentions};
inline constexpr EnumTable kArchitectureType{"GstNaclipSegmentArchitecture", kArchitectures};
inline constexpr EnumTable kRefineType{"GstNaclipSegmentRefine", kRefinements};
inline constexpr EnumTable kActivationType{"GstNaclipSegmentActivation", kActivations};
inline constexpr EnumTable kMaskSizeType{"GstNaclipSegmentMaskSize", kMaskSizes};
inline constexpr EnumTable<Mode, 3> kModeType{
    "GstNaclipSegmentMode",
    {{{Mode::kAuto, "auto", "async where the pipeline is live, else sync"},
      {Mode::kSync, "sync", "A frame waits for its own mask; nothing is dropped"},
      {Mode::kAsync, "async", "A frame takes the newest mask and never waits"}}}};
inline constexpr EnumTable<Carry, 3> kCarryType{
    "GstNaclipSegmentCarry",
    {{{Carry::kAuto, "auto", "In async mode"},
      {Carry::kOff, "off", "Frames between inferences have the last mask as it is"},
      {Carry::kOn, "on", "The last mask is moved along the optical flow"}}}};
inline constexpr EnumTable<OnError, 2> kOnErrorType{
    "GstNaclipSegmentOnError",
    {{{OnError::kFail, "fail", "The stream ends with an error"},
      {OnError::kPassthrough, "passthrough",
       "Frames go on without masks, with a warning at most once a minute"}}}};

inline constexpr std::array kSegmentProperties{
    Property<SegmentSettings>{"model", "Model",
                              "Checkpoint of CLIP: OpenAI's TorchScript archive, a pickled state "
                              "dict, or safetensors; the folder of one, as Hugging Face has them; "
                              "or the name of one that naclip-model fetched, such as ViT-B/16",
                              &SegmentSettings::model, Change::kStopped},
    Property<SegmentSettings>{
        "merges", "Merges",
        "The model's byte-pair merges, plain or gzip (empty: found beside the model)",
        &SegmentSettings::merges, Change::kStopped},
    Property<SegmentSettings>{"vocabulary", "Vocabulary",
                              "What to look for: classes separated by ';', synonyms by ',', e.g. "
                              "\"person; car, truck; background: sky\"",
                              &SegmentSettings::vocabulary},
    Property<SegmentSettings>{
        "vocabulary-file", "Vocabulary file",
        "A file that holds the vocabulary, read where the property vocabulary is empty",
        &SegmentSettings::vocabulary_file},
    Property<SegmentSettings>{
        "prompts", "Prompts", "Sentences that a word is put into",
        enum_field<&SegmentSettings::prompts, kPromptsType, SegmentSettings>(), Change::kStopped},
    Property<SegmentSettings>{"device", "Device", "Where to compute: auto, cpu, cuda or cuda:N",
                              &SegmentSettings::device, Change::kStopped},
    Property<SegmentSettings>{
        "precision", "Precision", "Precision of the network",
        enum_field<&SegmentSettings::precision, kPrecisionType, SegmentSettings>(),
        Change::kStopped},
    Property<SegmentSettings>{
        "attention", "Attention", "What the last block attends by",
        enum_field<&SegmentSettings::attention, kAttentionType, SegmentSettings>(),
        Change::kStopped},
    Property<SegmentSettings>{
        "architecture", "Architecture", "The last block's form",
        enum_field<&SegmentSettings::architecture, kArchitectureType, SegmentSettings>(),
        Change::kStopped},
    Property<SegmentSettings>{"gaussian-std", "Gaussian's standard deviation",
                              "Reach of the neighbourhood, in patches",
                              &SegmentSettings::gaussian_std, Change::kStopped, 0.01, 1000},
    Property<SegmentSettings>{"pearl-alpha", "PEARL's alpha",
                              "Weight of the key-key similarity in attention=pearl",
                              &SegmentSettings::pearl_alpha, Change::kStopped, 0, 1000},
    Property<SegmentSettings>{
        "activation", "Activation", "What the model was trained with between its layers",
        enum_field<&SegmentSettings::activation, kActivationType, SegmentSettings>(),
        Change::kStopped},
    Property<SegmentSettings>{"input-size", "Input size",
                              "Short side of the network's input, in pixels",
                              &SegmentSettings::input_size, Change::kAlways, 32, 2048},
    Property<SegmentSettings>{
        "window-size", "Window size",
        "Side of the sliding window, in pixels of the input (0: the whole picture at once)",
        &SegmentSettings::window_size, Change::kAlways, 0, 2048},
    Property<SegmentSettings>{
        "window-stride", "Window stride",
        "From one window to the next, in pixels of the input (at most window-size)",
        &SegmentSettings::window_stride, Change::kAlways, 1, 2048},
    Property<SegmentSettings>{"refine", "Refinement", "What makes masks follow the picture's edges",
                              enum_field<&SegmentSettings::refine, kRefineType, SegmentSettings>()},
    Property<SegmentSettings>{"tlp-grid", "Grid of TLP",
                              "Samples along each side of the grid that refine=tlp works on, about",
                              &SegmentSettings::tlp_grid, Change::kAlways, 1, 4096},
    Property<SegmentSettings>{"refine-steps", "Refinement steps",
                              "Steps of pixel-adaptive mask refinement (0: none), where refine is "
                              "pamr or tlp+pamr",
                              &SegmentSettings::refine_steps, Change::kAlways, 0, 1000},
    Property<SegmentSettings>{
        "refine-dilations", "Refinement dilations",
        "Distances of the neighbours that refinement looks at, in pixels, separated by ','",
        &SegmentSettings::refine_dilations_text},
    Property<SegmentSettings>{
        "logit-scale", "Logit scale",
        "Multiplies the similarities before the softmax: more is more decided",
        &SegmentSettings::logit_scale, Change::kAlways, 0.001, 10000},
    Property<SegmentSettings>{"threshold", "Threshold",
                              "Least probability of a label; pixels below it are background. A "
                              "class of the vocabulary may have its own: \"smoke >0.6\"",
                              &SegmentSettings::threshold, Change::kAlways, 0, 1},
    Property<SegmentSettings>{"area-threshold", "Area threshold",
                              "Least share that a class has to have of all pixels that are not "
                              "background, else they go to the next best class; needs a class "
                              "named background (0: off)",
                              &SegmentSettings::area_threshold, Change::kAlways, 0, 1},
    Property<SegmentSettings>{
        "mask-size", "Mask size", "Size of the masks",
        enum_field<&SegmentSettings::mask_size, kMaskSizeType, SegmentSettings>()},
    Property<SegmentSettings>{"interval", "Interval",
                              "Infer every n-th frame; those between have the last mask",
                              &SegmentSettings::interval, Change::kAlways, 1},
    Property<SegmentSettings>{"mode", "Mode", "When a frame gets its mask",
                              enum_field<&SegmentSettings::mode, kModeType>(), Change::kStopped},
    Property<SegmentSettings>{
        "smoothing", "Smoothing",
        "Weight of the past in an exponential mean of the scores: steadier masks (0: none)",
        &SegmentSettings::smoothing, Change::kAlways, 0, 1},
    Property<SegmentSettings>{"presence", "Presence",
                              "Show a class only once its share of the picture has been over "
                              "presence-share for presence-time, until it has been under half of "
                              "it as long; till then it is background",
                              &SegmentSettings::presence},
    Property<SegmentSettings>{"presence-share", "Presence share",
                              "Share of the picture that a class has to have (presence)",
                              &SegmentSettings::presence_share, Change::kAlways, 0, 1},
    Property<SegmentSettings>{"presence-time", "Presence time",
                              "How long it has to have it, in milliseconds of the stream",
                              &SegmentSettings::presence_time},
    Property<SegmentSettings>{"carry", "Carry",
                              "Whether masks follow what moves between inferences",
                              enum_field<&SegmentSettings::carry, kCarryType>()},
    Property<SegmentSettings>{"on-error", "On error",
                              "What to do where a frame cannot be segmented",
                              enum_field<&SegmentSettings::on_error, kOnErrorType>()},
    Property<SegmentSettings>{
        "batch-timeout", "Batch timeout",
        "How long a frame waits at most for those of other streams on its model, in milliseconds",
        &SegmentSettings::batch_timeout, Change::kAlways, 0, 10000},
    Property<SegmentSettings>{"stats-interval", "Statistics interval",
                              "Post an element message naclip-stats every so many milliseconds (0: "
                              "never)",
                              &SegmentSettings::stats_interval},
    Property<SegmentSettings>{"post-messages", "Post messages",
                              "Post an element message naclip-segmentation for each inferred frame",
                              &SegmentSettings::post_messages},
    Property<SegmentSettings>{
        "cache-dir", "Cache folder",
        "Keeps encoded words from one run to the next (empty: in memory only)",
        &SegmentSettings::cache_dir, Change::kStopped},
};

/// Refuses what no row's range can: throws Error{kSettings} for dilations that are no list of
/// numbers and windows smaller than a patch of any published model.
void require_valid(const SegmentSettings &settings);

/// The vocabulary named by the settings. Throws Error{kVocabulary | kNotFound | kRead}.
Vocabulary read_vocabulary(const SegmentSettings &settings);

/// Refuses a model or merges that are no file that can be read. Throws Error{kSettings | kNotFound
/// | kRead | kMemory}.
void check_files(const SegmentSettings &settings);

ModelOptions model_options(const SegmentSettings &settings);

/// Throws Error{kSettings} as require_valid() does.
InferenceOptions inference_options(const SegmentSettings &settings);

}  // namespace naclip
