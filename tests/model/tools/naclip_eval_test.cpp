// The program on tiny data sets in each benchmark's folders, against mIoU computed another way.
#include <gtest/gtest.h>
#include <json-glib/json-glib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "eval_files.h"
#include "model/segmenter.h"
#include "model/tools/naclip-eval/benchmark.h"
#include "model/tools/naclip-eval/label_map.h"
#include "model/tools/naclip-eval/picture_file.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {
namespace {

using test::holds;
using test::own_arguments;
using test::Samples;
using test::TemporaryFolder;
using test::with;
using test::write_own;

/// What the figures depend on, written down apart from the program's own table.
struct Kind {
  std::string name;
  int classes;
  bool background;       ///< label 0 is the background, and the vocabulary has one
  bool zero_is_ignored;  ///< labels count from 1 in the files
  double threshold;
  int input_size;   ///< small, yet more than one window wide where there are windows
  int window_size;  ///< 0: the whole picture, the benchmark's own setting
  test::MaskKind mask;
};

const std::vector<Kind> kKinds{
    {"voc21", 21, true, false, 0.1, 240, 0, test::MaskKind::kPalette},
    {"context60", 60, true, false, 0.1, 64, 48, test::MaskKind::kGrey},
    {"coco-object", 81, true, false, 0.1, 64, 48, test::MaskKind::kGrey},
    {"voc20", 20, false, true, 0.0, 240, 0, test::MaskKind::kPalette},
    {"cityscapes", 19, false, false, 0.0, 64, 48, test::MaskKind::kGrey},
    {"context59", 59, false, true, 0.0, 64, 48, test::MaskKind::kGrey},
    {"ade20k", 150, false, true, 0.0, 64, 48, test::MaskKind::kGrey},
    {"coco-stuff", 171, false, false, 0.0, 64, 48, test::MaskKind::kGrey},
};

/// Paths of picture and mask within the data set's folder.
struct Place {
  std::string picture, mask;
};

std::vector<Place> places_of(const Kind &kind) {
  std::vector<Place> places;
  for (const std::string name : {"a", "b", "c"}) {
    if (kind.name.starts_with("voc"))
      places.push_back({"JPEGImages/" + name + ".jpg", "SegmentationClass/" + name + ".png"});
    else if (kind.name.starts_with("context"))
      places.push_back(
          {"JPEGImages/" + name + ".jpg", "SegmentationClassContext/" + name + ".png"});
    else if (kind.name == "ade20k")
      places.push_back(
          {"images/validation/" + name + ".jpg", "annotations/validation/" + name + ".png"});
    else if (kind.name == "cityscapes")
      places.push_back({"leftImg8bit/val/ulm/" + name + "_leftImg8bit.png",
                        "gtFine/val/ulm/" + name + "_gtFine_labelTrainIds.png"});
    else
      places.push_back({"images/val2017/" + name + ".jpg",
                        "annotations/val2017/" + name +
                            (kind.name == "coco-stuff" ? "_labelTrainIds" : "_instanceTrainIds") +
                            ".png"});
  }
  return places;
}

void write_list(const Kind &kind, const TemporaryFolder &folder) {
  if (kind.name.starts_with("voc"))
    test::write_text(folder / "ImageSets/Segmentation/val.txt", "a\nb\nc\n");
  if (kind.name.starts_with("context"))
    test::write_text(folder / "ImageSets/SegmentationContext/val.txt", "a\nb\nc\n");
}

/// One pixel of the data set.
using Pixel = std::pair<std::size_t, std::size_t>;
/// The pixels of each class, numbered from 0 as the benchmark does.
using PixelSets = std::map<int, std::set<Pixel>>;

/// mIoU in percent by plain sets.
double mean_iou(const PixelSets &found, const PixelSets &labelled, int classes) {
  double sum = 0.0;
  int known = 0;
  for (int c = 0; c < classes; ++c) {
    const std::set<Pixel> none;
    const auto &p = found.contains(c) ? found.at(c) : none;
    const auto &q = labelled.contains(c) ? labelled.at(c) : none;
    std::set<Pixel> both = p;
    both.insert(q.begin(), q.end());
    if (both.empty()) continue;
    const std::size_t shared = p.size() + q.size() - both.size();
    sum += static_cast<double>(shared) / static_cast<double>(both.size());
    ++known;
  }
  return 100.0 * sum / known;
}

/// A parsed report.
class Json {
 public:
  explicit Json(const std::string &path) : parser_(json_parser_new()) {
    EXPECT_TRUE(json_parser_load_from_file(parser_.get(), path.c_str(), nullptr)) << path;
  }
  JsonObject *root() const { return json_node_get_object(json_parser_get_root(parser_.get())); }
  JsonObject *run(guint index) const {
    return json_array_get_object_element(json_object_get_array_member(root(), "runs"), index);
  }
  double mean_iou(guint index = 0) const {
    return json_object_get_double_member(run(index), "mIoU");
  }

 private:
  struct Unref {
    void operator()(JsonParser *parser) const { g_object_unref(parser); }
  };
  std::unique_ptr<JsonParser, Unref> parser_;
};

std::unique_ptr<Segmenter> tiny_segmenter() {
  ModelOptions options;
  options.model = test::tiny_model_arguments()[1];
  options.device = "cpu";
  return load_segmenter(options);
}

/// As tiny_model_arguments().
InferenceOptions tiny_options(const Kind &kind) {
  InferenceOptions options;
  options.input_size = kind.input_size;
  options.refine_steps = 2;
  options.logit_scale = 30;
  options.mask_size = MaskSize::kFrame;
  options.threshold = kind.threshold;
  options.window_size = kind.window_size;
  options.window_stride = 24;
  return options;
}

/// Region ids of the library for a picture in a file.
std::vector<std::uint8_t> regions_of(Segmenter &segmenter, const EncodedVocabulary &vocabulary,
                                     const InferenceOptions &options, const std::string &path) {
  const PictureFile file(path);
  const Picture picture = file.picture();
  return segmenter.segment({&picture, 1}, vocabulary, options).at(0).labels;
}

/// Were the benchmark's own threshold or window without effect here, a wrong one would pass.
void expect_settings_matter(const Kind &kind, Segmenter &segmenter,
                            const EncodedVocabulary &vocabulary, const std::string &path,
                            const std::vector<std::uint8_t> &regions) {
  InferenceOptions other = tiny_options(kind);
  other.threshold = 0.0;
  if (kind.threshold > 0) {
    EXPECT_TRUE(regions_of(segmenter, vocabulary, other, path) != regions);
  }
  other = tiny_options(kind);
  other.window_size = 224;
  if (kind.window_size == 0) {
    EXPECT_TRUE(regions_of(segmenter, vocabulary, other, path) != regions);
  }
}

/// What ought to be counted. Label -1: ignored; prediction -1: none.
struct Sets {
  PixelSets found, labelled;
  void add(const Pixel &pixel, int label, int prediction) {
    if (label < 0) return;
    labelled[label].insert(pixel);
    if (prediction >= 0) found[prediction].insert(pixel);
  }
};

/// Writes a mask that agrees with the prediction on some of the pixels, has other labels on others
/// and ignores the rest, and notes what ought to be counted.
void write_truth(const Kind &kind, const std::string &path, int width, int height,
                 std::size_t index, const std::vector<std::uint8_t> &regions, Sets &sets) {
  Samples samples{width, height, {}};
  for (std::size_t pixel = 0; pixel < regions.size(); ++pixel) {
    const unsigned dice = test::scrambled(static_cast<unsigned>(pixel + 100'000 * index));
    const int prediction = regions[pixel] - (kind.background ? 0 : 1);
    int label = static_cast<int>(dice / 16 % static_cast<unsigned>(kind.classes));
    if (dice % 16 < 8) label = prediction;
    if (dice % 16 == 15) label = -1;
    const int ignored = kind.zero_is_ignored && dice / 16 % 2 == 0 ? 0 : 255;
    samples.values.push_back(
        static_cast<std::uint16_t>(label < 0 ? ignored : label + (kind.zero_is_ignored ? 1 : 0)));
    sets.add({index, pixel}, label, prediction);
  }
  test::write_mask(path, samples, kind.mask);
}

class OnBenchmark : public testing::TestWithParam<Kind> {};

TEST_P(OnBenchmark, MeanIouEqualsThatOfPlainSets) {
  const Kind &kind = GetParam();
  const TemporaryFolder folder;
  const auto segmenter = tiny_segmenter();
  const auto vocabulary = segmenter->encode(vocabulary_of(benchmark_named(kind.name)));
  const InferenceOptions options = tiny_options(kind);
  write_list(kind, folder);
  Sets sets;
  std::set<int> predicted;
  std::size_t index = 0;
  for (const Place &place : places_of(kind)) {
    const int width = 70 + 13 * static_cast<int>(index), height = 61;
    test::write_picture(folder / place.picture, width, height, 77 * static_cast<unsigned>(index));
    const auto regions = regions_of(*segmenter, *vocabulary, options, folder / place.picture);
    predicted.insert(regions.begin(), regions.end());
    expect_settings_matter(kind, *segmenter, *vocabulary, folder / place.picture, regions);
    write_truth(kind, folder / place.mask, width, height, index, regions, sets);
    ++index;
  }
  ASSERT_GE(predicted.size(), 3U) << "nothing to tell apart";

  auto arguments = with(test::tiny_model_arguments(),
                        {"--benchmark", kind.name, "--data", folder.path(), "--output",
                         folder / "out", "--input-size", std::to_string(kind.input_size)});
  if (kind.window_size > 0)
    arguments = with(arguments,
                     {"--window-size", std::to_string(kind.window_size), "--window-stride", "24"});
  const auto run = test::run_program(arguments);
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json report(folder / "out/report.json");
  EXPECT_NEAR(report.mean_iou(), mean_iou(sets.found, sets.labelled, kind.classes), 1e-9);
  EXPECT_EQ(json_object_get_int_member(report.run(0), "pictures"), 3);
  EXPECT_EQ(json_array_get_length(json_object_get_array_member(report.run(0), "classes")),
            static_cast<guint>(kind.classes));
  // Settings are not the paper's: its figure must not stand beside ours.
  EXPECT_TRUE(json_object_get_null_member(report.run(0), "published"));
  EXPECT_TRUE(holds(run.output, "the model is no ViT-B/16")) << run.output;
  EXPECT_FALSE(holds(run.output, "published |")) << run.output;
}

INSTANTIATE_TEST_SUITE_P(Benchmarks, OnBenchmark, testing::ValuesIn(kKinds), [](const auto &kind) {
  std::string name = kind.param.name;
  name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
  return name;
});

TEST(Compare, HasTheFiguresOfTheRunsAloneAndSaysWhatIsNotThere) {
  const TemporaryFolder folder;
  for (const std::size_t number : {std::size_t{3}, std::size_t{4}}) {  // voc20, cityscapes
    const Kind &kind = kKinds.at(number);
    const std::string own = kind.name == "voc20" ? "data/VOC2012" : "data/cityscapes";
    std::size_t index = 0;
    for (const Place &place : places_of(kind)) {
      test::write_picture(folder / (own + "/" + place.picture), 70, 61,
                          static_cast<unsigned>(index));
      Samples samples{70, 61, {}};
      for (unsigned pixel = 0; pixel < 70 * 61; ++pixel)
        samples.values.push_back(static_cast<std::uint16_t>(1 + test::scrambled(pixel / 500) % 5));
      test::write_mask(folder / (own + "/" + place.mask), samples, kind.mask);
      ++index;
    }
    if (kind.name == "voc20")
      test::write_text(folder / (own + "/ImageSets/Segmentation/val.txt"), "a\nb\nc\n");
  }
  const auto common =
      with(test::tiny_model_arguments(), {"--data", folder / "data", "--input-size", "64",
                                          "--window-size", "48", "--window-stride", "24"});
  const auto run = test::run_program(
      with(common, {"--compare", "naclip,scclip", "--refine", "none,tlp", "--benchmark",
                    "voc20,cityscapes,ade20k", "--output", folder / "out"}));
  EXPECT_EQ(run.status, 3) << run.errors;  // not all is there
  EXPECT_TRUE(holds(run.errors, "ade20k is left out")) << run.errors;
  EXPECT_TRUE(holds(run.output, "- ade20k is not there")) << run.output;
  EXPECT_FALSE(holds(run.output, "| published |")) << "of another network\n" << run.output;
  const Json comparison(folder / "out/comparison.json");
  JsonArray *methods = json_object_get_array_member(comparison.root(), "methods");
  ASSERT_EQ(json_array_get_length(methods), 4U);
  JsonObject *last = json_array_get_object_element(methods, 3);
  EXPECT_STREQ(json_object_get_string_member(last, "attention"), "scclip");
  EXPECT_STREQ(json_object_get_string_member(last, "refine"), "tlp");
  JsonObject *figures = json_object_get_object_member(last, "mIoU");
  EXPECT_TRUE(json_object_get_null_member(figures, "ade20k"));
  for (const char *name : {"voc20", "cityscapes"}) {
    const auto alone =
        test::run_program(with(common, {"--attention", "scclip", "--refine", "tlp", "--benchmark",
                                        name, "--output", folder / "alone"}));
    ASSERT_EQ(alone.status, 0) << alone.errors;
    EXPECT_EQ(json_object_get_double_member(figures, name),
              Json(folder / "alone/report.json").mean_iou());
    std::filesystem::remove_all(folder / "alone");
  }
  const auto nowhere = test::run_program(
      with(test::tiny_model_arguments(),
           {"--compare", "naclip", "--data", folder / "out", "--output", folder / "nothing"}));
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_TRUE(holds(nowhere.errors, "None of the benchmarks is in")) << nowhere.errors;
}

TEST(OnOwnPictures, MeanIouEqualsThatOfPlainSets) {
  const Kind kind{"", 3, false, true, 0.0, 64, 224, test::MaskKind::kGrey};
  const TemporaryFolder folder;
  write_own(folder);
  const auto segmenter = tiny_segmenter();
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog, wolf; sky"));
  InferenceOptions options = tiny_options(kind);
  options.window_stride = 112;
  Sets sets;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string picture = folder / ("p/" + std::to_string(i) + ".jpg");
    const auto regions = regions_of(*segmenter, *vocabulary, options, picture);
    write_truth(kind, folder / ("m/" + std::to_string(i) + ".png"), 64, 48, i, regions, sets);
  }
  const auto run = test::run_program(own_arguments(folder, "out"));
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_NEAR(Json(folder / "out/report.json").mean_iou(), mean_iou(sets.found, sets.labelled, 3),
              1e-9);
  EXPECT_EQ(test::read_text(folder / "out/report.md"), run.output);
}

std::string percent(double part) {
  return printed("%.1f", 100.0 * part);
}

/// Of the class of that region, on write_own()'s pictures: its pixels, those called it, and both.
struct Counted {
  double labelled = 0, found = 0, right = 0;
  double f1() const { return 2 * right / (found + labelled); }
};
Counted count_on_own(const TemporaryFolder &folder, const std::string &words, int region) {
  const auto segmenter = tiny_segmenter();
  const auto vocabulary = segmenter->encode(Vocabulary::parse(words));
  InferenceOptions options = tiny_options({"", 3, false, true, 0.0, 64, 224, {}});
  options.window_stride = 112;
  Counted count;
  for (int i = 0; i < 4; ++i) {
    const std::string name = std::to_string(i);
    const auto found =
        regions_of(*segmenter, *vocabulary, options, folder / ("p/" + name + ".jpg"));
    const LabelMap truth = read_label_map(folder / ("m/" + name + ".png"));
    for (std::size_t pixel = 0; pixel < found.size(); ++pixel) {
      if (truth.values[pixel] == 0) continue;
      count.labelled += truth.values[pixel] == region;
      count.found += found[pixel] == region;
      count.right += truth.values[pixel] == region && found[pixel] == region;
    }
  }
  return count;
}

TEST(OnOwnPictures, TuneWritesAVocabularyWithTheBestThresholds) {
  const TemporaryFolder folder;
  write_own(folder);
  auto arguments = own_arguments(folder, "tuned");
  arguments.insert(arguments.begin(), "tune");
  const auto run = test::run_program(arguments);
  ASSERT_EQ(run.status, 0) << run.errors;
  const std::string written = test::read_text(folder / "tuned/vocabulary.txt");
  const auto tuned = Vocabulary::parse(written);
  for (int region = 1; region <= 3; ++region) {
    const VocabularyClass &one = tuned.classes()[static_cast<std::size_t>(region - 1)];
    ASSERT_TRUE(one.threshold) << written;
    const Counted counted = count_on_own(folder, written, region);
    EXPECT_TRUE(holds(run.output, percent(counted.f1()))) << run.output;
    for (const double other : {0.0, 0.2, 0.3, 0.35, 0.4, 0.5, 0.7}) {
      const std::string label = one.label + " >" + std::to_string(other) + ":";
      std::string words = written;
      const auto at = words.find(one.label + " >");
      words.replace(at, words.find(':', at) + 1 - at, label);
      EXPECT_LE(count_on_own(folder, words, region).f1(), counted.f1() + 1e-9)
          << words << " against " << written;
    }
  }
}

TEST(OnOwnPictures, TuneHoldsAPrecisionOrSaysThatItCannot) {
  const TemporaryFolder folder;
  write_own(folder);
  auto arguments = with(own_arguments(folder, "tuned"), {"--min-precision", "1"});
  arguments.insert(arguments.begin(), "tune");
  const auto run = test::run_program(arguments);
  ASSERT_EQ(run.status, 0) << run.errors;
  const std::string written = test::read_text(folder / "tuned/vocabulary.txt");
  for (int region = 1; region <= 3; ++region) {
    const Counted counted = count_on_own(folder, written, region);
    const std::string label =
        Vocabulary::parse(written).classes()[static_cast<std::size_t>(region - 1)].label;
    if (!holds(run.output, label + ": no threshold has a precision of 100.0 %")) {
      EXPECT_EQ(counted.right, counted.found) << written;
    }
  }
}

TEST(OnOwnPictures, ALaterCommandGoesOnAndEqualsOneGo) {
  const TemporaryFolder folder;
  write_own(folder);
  ASSERT_EQ(test::run_program(own_arguments(folder, "whole")).status, 0);
  ASSERT_EQ(test::run_program(with(own_arguments(folder, "parts"), {"--limit", "2"})).status, 0);
  EXPECT_NE(Json(folder / "parts/report.json").mean_iou(),
            Json(folder / "whole/report.json").mean_iou());
  const auto run = test::run_program(own_arguments(folder, "parts"));
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_TRUE(holds(run.errors, "2 of 4 pictures were done before")) << run.errors;
  EXPECT_EQ(Json(folder / "parts/report.json").mean_iou(),
            Json(folder / "whole/report.json").mean_iou());
}

TEST(OnOwnPictures, AChangedSettingIsRefusedUntilToldToRestart) {
  const TemporaryFolder folder;
  write_own(folder);
  ASSERT_EQ(test::run_program(own_arguments(folder, "out")).status, 0);
  const auto changed = with(own_arguments(folder, "out"), {"--threshold", "0.9"});
  const auto refused = test::run_program(changed);
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(holds(refused.errors, "threshold 0.9 instead of 0")) << refused.errors;
  EXPECT_EQ(test::run_program(with(changed, {"--restart"})).status, 0);
  test::write_text(folder / "words.txt", "cat\ndog, fox\nsky\n");
  EXPECT_TRUE(holds(test::run_program(changed).errors, "vocabulary"));
}

TEST(OnOwnPictures, FaultsAreNamedCountedAndTold) {
  const TemporaryFolder folder;
  write_own(folder);
  test::write_picture(folder / "p/alone.jpg", 20, 20, 1);
  test::write_mask(folder / "m/lonely.png", {1, 1, {1}});
  test::write_text(folder / "p/broken.jpg", "no picture");
  test::write_mask(folder / "m/broken.png", {1, 1, {1}});
  test::write_picture(folder / "p/colour.jpg", 20, 20, 1);
  test::write_mask(folder / "m/colour.png", {20, 20, std::vector<std::uint16_t>(400, 1)},
                   test::MaskKind::kColours);
  test::write_picture(folder / "p/size.jpg", 20, 20, 1);
  test::write_mask(folder / "m/size.png", {20, 21, std::vector<std::uint16_t>(420, 1)});
  test::write_picture(folder / "p/range.jpg", 20, 20, 1);
  std::vector<std::uint16_t> labels(400, 1);
  labels[7] = 77, labels[9] = 78;
  test::write_mask(folder / "m/range.png", {20, 20, labels});
  const auto run = test::run_program(own_arguments(folder, "out"));
  EXPECT_EQ(run.status, 3) << run.errors;
  for (const char *sentence :
       {"1 picture without ground truth: alone.jpg", "1 name without a picture: lonely.png",
        "1 picture that cannot be read: broken.jpg (",
        "1 ground truth that cannot be read: colour.jpg (",
        "1 ground truth of another size than its picture: size.jpg (20 x 21 instead of 20 x 20)",
        "1 ground truth with labels out of range, 2 pixels in all: range.jpg (labels 77, 78)"})
    EXPECT_TRUE(holds(run.output, sentence)) << sentence << "\n" << run.output;
  const Json report(folder / "out/report.json");
  EXPECT_EQ(json_object_get_int_member(report.run(0), "pictures"), 5);
  EXPECT_EQ(json_array_get_length(json_object_get_array_member(report.root(), "problems")), 2U);
  EXPECT_EQ(json_array_get_length(json_object_get_array_member(report.run(0), "problems")), 4U);
}

TEST(OnOwnPictures, AFolderIsAModelAndEqualsItsFile) {
  const TemporaryFolder folder;
  write_own(folder);
  auto arguments = own_arguments(folder, "file");
  ASSERT_EQ(test::run_program(arguments).status, 0);
  const std::filesystem::path file = arguments.at(1);
  std::filesystem::create_directory(folder / "model");
  std::filesystem::copy_file(file, folder / "model/model.safetensors");
  for (const std::string beside : {"config.json", "mini-bpe.txt.gz"})
    if (std::filesystem::exists(file.parent_path() / beside))
      std::filesystem::copy_file(file.parent_path() / beside, folder / ("model/" + beside));
  arguments = own_arguments(folder, "folder");
  arguments.at(1) = folder / "model";
  const auto run = test::run_program(arguments);
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json of_file(folder / "file/report.json"), of_folder(folder / "folder/report.json");
  EXPECT_EQ(of_folder.mean_iou(), of_file.mean_iou());
  EXPECT_STREQ(json_object_get_string_member(of_folder.root(), "model-sha256"),
               json_object_get_string_member(of_file.root(), "model-sha256"));
}

TEST(OnOwnPictures, AttentionsAreComparedInOneTable) {
  const TemporaryFolder folder;
  write_own(folder);
  const auto run = test::run_program(
      with(own_arguments(folder, "out"), {"--attention", "naclip,csa,vanilla/vanilla"}));
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_TRUE(holds(run.output, "IoU naclip/reduced")) << run.output;
  EXPECT_TRUE(holds(run.output, "IoU csa/vanilla")) << run.output;
  const Json report(folder / "out/report.json");
  const auto alone = test::run_program(with(
      own_arguments(folder, "alone"), {"--attention", "vanilla", "--architecture", "vanilla"}));
  ASSERT_EQ(alone.status, 0) << alone.errors;
  EXPECT_EQ(report.mean_iou(2), Json(folder / "alone/report.json").mean_iou());
  EXPECT_NE(report.mean_iou(2), report.mean_iou(0));
}

}  // namespace
}  // namespace naclip::eval
