// What sentences share is computed once, and changes none of them.
#include "model/network/clip_text.h"

#include <gtest/gtest.h>

#include <utility>

#include "model/text/prompts.h"
#include "model/text/tokenizer.h"
#include "tests/golden_folder.h"

namespace naclip {
namespace {

using Sentences = std::vector<std::vector<int>>;

class SharedBeginnings : public ::testing::Test {
 protected:
  const Checkpoint checkpoint_ =
      read_checkpoint(test::golden_folder() + "/tiny-openai.safetensors");
  ClipText text_{checkpoint_, Compute{}};
  ClipText plain_{checkpoint_, Compute{}, ClipText::Form::kPlain};
};

void expect_equal(const at::Tensor &found, const at::Tensor &wanted) {
  ASSERT_EQ(found.sizes(), wanted.sizes());
  EXPECT_LE(((found - wanted).abs().max() / wanted.abs().max()).item<double>(), 1e-5);
}

TEST_F(SharedBeginnings, ChangeNoSentence) {
  const Sentences beginnings{{1, 2, 3}, {1, 4}, {1, 2, 5, 6}};
  text_.share(beginnings);
  const Sentences first{{1, 2, 3, 7, 9}, {1, 4, 9}, {1, 2, 5, 9}, {1, 2, 5, 6, 8, 7, 9}};
  const Sentences second{{8, 2, 3, 9}, {1, 2, 3, 9}};  // one of another beginning
  for (const Sentences &sentences : {first, second, first})
    expect_equal(text_.encode(sentences), plain_.encode(sentences));
}

TEST_F(SharedBeginnings, ChangeNoSentenceInBfloat16) {
  Compute compute;
  compute.weights = at::kBFloat16;
  ClipText text(checkpoint_, compute), shared(checkpoint_, compute);
  shared.share({{1, 2, 3}, {1, 4}});
  const Sentences sentences{{1, 2, 3, 7, 9}, {1, 4, 9}, {1, 2, 9}};
  const at::Tensor wanted = text.encode(sentences);
  EXPECT_LE(((shared.encode(sentences) - wanted).norm() / wanted.norm()).item<double>(), 0.02);
}

TEST(ClipText, SaysEachTimeWhyItsWeightsCannotBeLaidOut) {
  Checkpoint checkpoint = read_checkpoint(test::golden_folder() + "/tiny-openai.safetensors");
  checkpoint.tensors.erase("text_projection");  // the last to be laid out
  ClipText text(std::move(checkpoint), Compute{});
  for (int time = 1; time <= 2; ++time) try {
      text.encode({{1, 2, 3}});
      FAIL() << "time " << time;
    } catch (const Error &error) {
      EXPECT_STREQ(error.what(), "tensor text_projection is missing") << "time " << time;
    }
}

TEST(PromptBeginnings, AreWhatTheirSentencesBeginWith) {
  const Tokenizer tokenizer = Tokenizer::from_file(test::golden_folder() + "/mini-bpe.txt.gz");
  for (const Prompts prompts : {Prompts::kImageNet, Prompts::kShort}) {
    const auto beginnings = prompt_beginnings(prompts), sentences = prompts_for(prompts, "zebra");
    ASSERT_EQ(beginnings.size(), sentences.size());
    for (std::size_t i = 0; i < beginnings.size(); ++i) {
      std::vector<int> beginning = tokenizer.tokenize(beginnings[i]).ids;
      beginning.pop_back();
      std::vector<int> sentence = tokenizer.tokenize(sentences[i]).ids;
      ASSERT_LT(beginning.size(), sentence.size());
      sentence.resize(beginning.size());
      EXPECT_EQ(beginning, sentence) << beginnings[i];
    }
  }
  EXPECT_TRUE(prompt_beginnings(Prompts::kNone).empty());
}

}  // namespace
}  // namespace naclip
