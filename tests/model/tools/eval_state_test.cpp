// Stopping, keeping and going on.
#include "model/tools/naclip-eval/eval_state.h"

#include <gtest/gtest.h>

#include <cmath>

#include "eval_files.h"
#include "model/error.h"
#include "model/tools/naclip-eval/eval_options.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {
namespace {

using test::holds;
using test::TemporaryFolder;

Tally some_tally() {
  Tally tally;
  tally.done = 7;
  tally.evaluated = 5;
  tally.seconds = 1.5;
  tally.areas = Areas(2);
  tally.areas.intersection = {1, 20'000'000'000};
  tally.areas.prediction = {3, 30'000'000'000};
  tally.areas.label = {5, 40'000'000'000};
  tally.problems.add({ProblemKind::kUnreadableMask, "bytes \xff and \"quotes\".png", "ümlaut", 0});
  tally.problems.add({ProblemKind::kLabelOutOfRange, "b.png", "label 9", 12});
  return tally;
}

const Settings kIdentity{{"threshold", "0.1"}, {"model", "abc"}};

std::string failure(const std::string &path, const Settings &identity, std::size_t classes) {
  try {
    load_state(path, identity, classes);
  } catch (const Error &error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(EvalState, ComesBackAsItWas) {
  const TemporaryFolder folder;
  const Tally tally = some_tally();
  save_state(folder / "s.json", kIdentity, tally);
  const auto known = load_state(folder / "s.json", kIdentity, 2);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->done, tally.done);
  EXPECT_EQ(known->evaluated, tally.evaluated);
  EXPECT_DOUBLE_EQ(known->seconds, tally.seconds);
  EXPECT_EQ(known->areas, tally.areas);
  EXPECT_EQ(known->problems.all(), tally.problems.all());
}

TEST(EvalState, IsNothingWhereThereIsNoFile) {
  const TemporaryFolder folder;
  EXPECT_FALSE(load_state(folder / "s.json", kIdentity, 2));
}

TEST(EvalState, OfOtherSettingsIsRefusedAndTheDifferenceNamed) {
  const TemporaryFolder folder;
  save_state(folder / "s.json", kIdentity, some_tally());
  const std::string message =
      failure(folder / "s.json", {{"threshold", "0.2"}, {"model", "abc"}}, 2);
  EXPECT_TRUE(holds(message, "threshold 0.2 instead of 0.1")) << message;
  EXPECT_FALSE(holds(message, "model")) << message;
  EXPECT_TRUE(holds(message, "--restart")) << message;
}

TEST(EvalState, ThatIsDamagedIsRefused) {
  const TemporaryFolder folder;
  save_state(folder / "s.json", kIdentity, some_tally());
  const std::string whole = test::read_text(folder / "s.json");
  for (std::size_t size = 0; size < whole.size(); size += 11) {
    test::write_text(folder / "s.json", whole.substr(0, size));
    EXPECT_TRUE(holds(failure(folder / "s.json", kIdentity, 2), "--restart")) << size;
  }
  for (const char *text : {"[]", "3", "{\"format\":1}", "{\"format\":2}"}) {
    test::write_text(folder / "s.json", text);
    EXPECT_TRUE(holds(failure(folder / "s.json", kIdentity, 2), "--restart")) << text;
  }
  test::write_text(folder / "s.json", whole);
  EXPECT_TRUE(holds(failure(folder / "s.json", kIdentity, 3), "--restart"));
}

TEST(Evaluation, StoppedAndContinuedEqualsOneGo) {
  const TemporaryFolder folder;
  for (unsigned i = 0; i < 5; ++i) {
    const std::string name = std::to_string(i) + ".png";
    test::write_picture(folder / ("p/" + name), 60, 50, i);
    test::Samples samples{60, 50, {}};
    for (unsigned pixel = 0; pixel < 3000; ++pixel)
      samples.values.push_back(
          static_cast<std::uint16_t>(test::scrambled(pixel / 40 + i) % (i == 3 ? 5 : 4)));
    test::write_mask(folder / ("m/" + name), samples);
  }
  ModelOptions model;
  model.model = test::tiny_model_arguments()[1];
  model.device = "cpu";
  const auto segmenter = load_segmenter(model);
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog; sky"));
  InferenceOptions options;
  options.input_size = 64;
  options.refine_steps = 1;
  options.mask_size = MaskSize::kFrame;
  const LabelMeaning meaning({4, false, 0, {0}});
  const Subject subject{*segmenter, *vocabulary, options, meaning, 1};
  const Dataset dataset = find_pairs(folder / "p", folder / "m");

  Tally whole;
  whole.areas = Areas(3);
  evaluate(subject, dataset, 5, whole, [] { return true; });
  EXPECT_EQ(whole.evaluated, 5U);
  EXPECT_EQ(whole.problems.count(ProblemKind::kLabelOutOfRange), 1U);

  Tally part;
  part.areas = Areas(3);
  evaluate(subject, dataset, 5, part, [&] { return part.done < 2; });
  EXPECT_EQ(part.done, 2U);
  EXPECT_NE(part.areas, whole.areas);
  save_state(folder / "s.json", kIdentity, part);
  auto again = load_state(folder / "s.json", kIdentity, 3);
  ASSERT_TRUE(again);
  evaluate(subject, dataset, 5, *again, [] { return true; });
  EXPECT_EQ(again->done, 5U);
  EXPECT_EQ(again->evaluated, whole.evaluated);
  EXPECT_EQ(again->areas, whole.areas);
  EXPECT_EQ(again->problems.all(), whole.problems.all());
}

TEST(RunChoices, TakeTheFallbackAndTheirOwnArchitecture) {
  const auto reduced = Architecture::kReduced, vanilla = Architecture::kVanilla;
  EXPECT_EQ(runs_named("naclip", ""), (std::vector<RunChoice>{{Attention::kNaclip, reduced}}));
  EXPECT_EQ(runs_named("naclip, csa,vanilla/vanilla", ""),
            (std::vector<RunChoice>{{Attention::kNaclip, reduced},
                                    {Attention::kCsa, vanilla},
                                    {Attention::kVanilla, vanilla}}));
  EXPECT_EQ(runs_named("kk,kk/reduced", "vanilla"),
            (std::vector<RunChoice>{{Attention::kKk, vanilla}, {Attention::kKk, reduced}}));
  for (const auto &[attentions, architecture] :
       std::vector<std::pair<std::string, std::string>>{{"csa", "reduced"},
                                                        {"csa/reduced", ""},
                                                        {"naclip,naclip/reduced", ""},
                                                        {"best", ""},
                                                        {"naclip/best", ""},
                                                        {"naclip/reduced/x", ""},
                                                        {"", ""},
                                                        {"naclip", "best"}})
    EXPECT_THROW(runs_named(attentions, architecture), Error) << attentions << " " << architecture;
}

TEST(RunChoices, OfScclipAndPearlAreReducedAlone) {
  EXPECT_EQ(runs_named("pearl", ""),
            (std::vector<RunChoice>{{Attention::kPearl, Architecture::kReduced}}));
  for (const std::string name : {"pearl", "scclip"}) {
    EXPECT_THROW(runs_named(name + "/vanilla", ""), Error);
    EXPECT_THROW(runs_named(name, "vanilla"), Error);
  }
}

TEST(RunChoices, AreEachAttentionWithEachRefinementInEachPrecision) {
  const auto reduced = Architecture::kReduced;
  EXPECT_EQ(runs_named("naclip,scclip", "", "none, tlp+pamr"),
            (std::vector<RunChoice>{{Attention::kNaclip, reduced, Refine::kNone},
                                    {Attention::kNaclip, reduced, Refine::kTlpPamr},
                                    {Attention::kScclip, reduced, Refine::kNone},
                                    {Attention::kScclip, reduced, Refine::kTlpPamr}}));
  EXPECT_EQ(
      runs_named("naclip", "", "none", "float32,int8"),
      (std::vector<RunChoice>{{Attention::kNaclip, reduced, Refine::kNone, Precision::kFloat32},
                              {Attention::kNaclip, reduced, Refine::kNone, Precision::kInt8}}));
  for (const char *precisions : {"int8,int8", "int4", ""})
    EXPECT_THROW(runs_named("naclip", "", "none", precisions), Error) << precisions;
  for (const char *refinements : {"pamr,pamr", "best", ""})
    EXPECT_THROW(runs_named("naclip", "", refinements), Error) << refinements;
}

TEST(Settings, OfTheLibraryAreOverriddenByThoseGiven) {
  EvalOptions given;
  InferenceOptions own;
  own.tlp_grid = 224;
  EXPECT_EQ(with_given(own, given).tlp_grid, 224);
  given.tlp_grid = 60;
  EXPECT_EQ(with_given(own, given).tlp_grid, 60);
  own.threshold = 0.1;
  EXPECT_EQ(with_given(own, given).threshold, 0.1);
  given.threshold = 0.0;
  EXPECT_EQ(with_given(own, given).threshold, 0.0);
  given.window_size = 80;
  EXPECT_EQ(with_given(own, given).window_stride, 80);
  given.window_stride = 40;
  EXPECT_EQ(with_given(own, given).window_stride, 40);
  given.window_size = 0;
  EXPECT_EQ(with_given(own, given).window_size, 0);
}

TEST(Settings, ThatHaveNoEffectAreNoDifference) {
  ModelOptions model;
  InferenceOptions a, b;
  a.window_size = b.window_size = 0;
  b.window_stride = 30;
  EXPECT_TRUE(differences(settings_of(model, a), settings_of(model, b)).empty());
  b.logit_scale = 50;
  EXPECT_EQ(differences(settings_of(model, a), settings_of(model, b)),
            std::vector<std::string>{"logit-scale 40 instead of 50"});
  ModelOptions other;
  other.pearl_alpha = 0.3;
  EXPECT_TRUE(differences(settings_of(model, a), settings_of(other, a)).empty());
  model.attention = other.attention = Attention::kPearl;
  EXPECT_EQ(differences(settings_of(model, a), settings_of(other, a)),
            std::vector<std::string>{"pearl-alpha 0.08 instead of 0.3"});
}

TEST(Settings, OfRefinementTellWhatScoresDoPassThrough) {
  const auto settings = [](Refine refine, int steps, std::vector<int> dilations) {
    InferenceOptions options;
    options.refine = refine;
    options.refine_steps = steps;
    options.refine_dilations = std::move(dilations);
    return settings_of({}, options);
  };
  const Settings none = settings(Refine::kNone, 10, {8});
  EXPECT_TRUE(differences(none, settings(Refine::kPamr, 0, {16})).empty());
  const Settings tlp = settings(Refine::kTlp, 10, {8});
  EXPECT_TRUE(differences(tlp, settings(Refine::kTlpPamr, 0, {16})).empty());
  EXPECT_EQ(differences(tlp, none),
            (std::vector<std::string>{"refine tlp instead of none", "tlp-grid 80 instead of -"}));
  EXPECT_EQ(
      differences(settings(Refine::kTlpPamr, 2, {8}), settings(Refine::kPamr, 2, {8})),
      (std::vector<std::string>{"refine tlp+pamr instead of pamr", "tlp-grid 80 instead of -"}));
  EXPECT_EQ(differences(settings(Refine::kTlpPamr, 2, {8}), settings(Refine::kTlpPamr, 3, {8})),
            std::vector<std::string>{"refine-steps 2 instead of 3"});
}

TEST(Text, WritesNumbersShortAndExact) {
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(40), "40");
  EXPECT_EQ(std::stod(number(1.0 / 3)), 1.0 / 3);
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(split(" a, b,,c ", ','), (std::vector<std::string>{"a", "b", "", "c"}));
}

}  // namespace
}  // namespace naclip::eval
