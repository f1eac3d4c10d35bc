#include "model/tools/naclip-eval/benchmark.h"

#include <gio/gio.h>
#include <glib.h>

#include <vector>

#include "model/error.h"
#include "model/tools/naclip-eval/text.h"

// glib-compile-resources writes it for C.
extern "C" {
#include "model/tools/naclip-eval/benchmark_vocabularies.h"
}

namespace naclip::eval {

namespace {

constexpr int kIgnored = 255;

Layout voc_layout() {
  return {{"VOC2012", "VOCdevkit/VOC2012"}, "JPEGImages", ".jpg", "SegmentationClass", ".png",
          "ImageSets/Segmentation/val.txt"};
}

Layout context_layout() {
  return {{"VOC2010", "VOCdevkit/VOC2010"}, "JPEGImages", ".jpg",
          "SegmentationClassContext",       ".png",       "ImageSets/SegmentationContext/val.txt"};
}

Layout coco_layout(const std::string &folder, const std::string &mask_suffix) {
  return {{folder}, "images/val2017", ".jpg", "annotations/val2017", mask_suffix, ""};
}

std::vector<Benchmark> make_benchmarks() {
  return {
      {.name = "voc21",
       .title = "PASCAL VOC, 21 classes",
       .layout = voc_layout(),
       .window_size = 0,
       .threshold = 0.1,
       .published = 64.07},
      {.name = "context60",
       .title = "PASCAL Context, 60 classes",
       .layout = context_layout(),
       .threshold = 0.1,
       .published = 34.99},
      {.name = "coco-object",
       .title = "COCO-Object",
       .layout = coco_layout("coco_object", "_instanceTrainIds.png"),
       .threshold = 0.1,
       .published = 36.19},
      {.name = "voc20",
       .title = "PASCAL VOC, 20 classes",
       .layout = voc_layout(),
       .window_size = 0,
       .reduce_zero_label = true,
       .published = 83.03},
      {.name = "cityscapes",
       .title = "Cityscapes",
       .layout = {{"cityscapes"},
                  "leftImg8bit/val",
                  "_leftImg8bit.png",
                  "gtFine/val",
                  "_gtFine_labelTrainIds.png",
                  ""},
       .input_size = 560,
       .published = 38.27},
      {.name = "context59",
       .title = "PASCAL Context, 59 classes",
       .layout = context_layout(),
       .reduce_zero_label = true,
       .published = 38.35},
      {.name = "ade20k",
       .title = "ADE20K",
       .layout = {{"ADEChallengeData2016", "ade/ADEChallengeData2016"},
                  "images/validation",
                  ".jpg",
                  "annotations/validation",
                  ".png",
                  ""},
       .reduce_zero_label = true,
       .published = 19.05},
      {.name = "coco-stuff",
       .title = "COCO-Stuff 164k",
       .layout = coco_layout("coco_stuff164k", "_labelTrainIds.png"),
       .published = 25.69},
  };
}

bool has_background(const Vocabulary &vocabulary) {
  return vocabulary.regions().size() == vocabulary.classes().size();
}

}  // namespace

std::span<const Benchmark> benchmarks() {
  static const std::vector<Benchmark> all = make_benchmarks();
  return all;
}

const Benchmark &benchmark_named(const std::string &name) {
  std::vector<std::string> names;
  for (const Benchmark &one : benchmarks()) {
    if (one.name == name) return one;
    names.push_back(one.name);
  }
  throw Error(ErrorKind::kSettings,
              "There is no benchmark called " + name + ": take one of " + joined(names, ", "));
}

std::size_t index_of(const Benchmark &benchmark) {
  return static_cast<std::size_t>(&benchmark - benchmarks().data());
}

Vocabulary vocabulary_of(const Benchmark &benchmark) {
  const std::string path = "/naclip/benchmarks/" + benchmark.name + ".vocabulary";
  g_autoptr(GError) error = nullptr;
  g_autoptr(GBytes) bytes = g_resource_lookup_data(
      benchmark_vocabularies_get_resource(), path.c_str(), G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  if (bytes == nullptr)
    throw Error(ErrorKind::kNotFound, "The program lacks the vocabulary of " + benchmark.name,
                error->message);
  gsize size = 0;
  const auto *text = static_cast<const char *>(g_bytes_get_data(bytes, &size));
  return Vocabulary::parse({text, size});
}

Labelling labelling_of(const Benchmark &benchmark, const Vocabulary &vocabulary) {
  Labelling labelling{vocabulary.regions().size(), has_background(vocabulary), 0, {kIgnored}};
  // Without a background, region 1 is the first class. Where label 0 is reduced away, that is also
  // the number in the file.
  if (benchmark.reduce_zero_label)
    labelling.ignored.push_back(0);
  else if (!labelling.background)
    labelling.shift = 1;
  return labelling;
}

Labelling labelling_of(const Vocabulary &vocabulary, const std::vector<int> &ignored) {
  Labelling labelling{vocabulary.regions().size(), has_background(vocabulary), 0, ignored};
  for (const int value : ignored)
    if (value < 0 || value > 65535)
      throw Error(ErrorKind::kSettings, "--ignore-label must be between 0 and 65535");
  if (!ignored.empty()) return labelling;
  if (labelling.regions <= kIgnored) labelling.ignored.push_back(kIgnored);
  if (!labelling.background) labelling.ignored.push_back(0);
  return labelling;
}

InferenceOptions inference_of(const Benchmark &benchmark) {
  InferenceOptions options;
  options.input_size = benchmark.input_size;
  options.window_size = benchmark.window_size;
  options.threshold = benchmark.threshold;
  options.mask_size = MaskSize::kFrame;
  return options;
}

}  // namespace naclip::eval
