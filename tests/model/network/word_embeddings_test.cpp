// Words that are encoded once: what the folder of encoded words is asked by, and what a stop
// leaves.
#include "model/network/word_embeddings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "tests/golden_folder.h"

namespace naclip {
namespace {

class TextBanks : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(::testing::TempDir()) / ("naclip-bank-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static std::string golden_merges() { return test::golden_folder() + "/mini-bpe.txt.gz"; }

  /// `cache`: in the test's folder; empty for none.
  std::unique_ptr<WordEmbeddings> bank(const std::string &cache,
                                       const std::string &merges = golden_merges(),
                                       Prompts prompts = Prompts::kImageNet) const {
    static const Checkpoint checkpoint =
        read_checkpoint(test::golden_folder() + "/tiny-openai.safetensors");
    return std::make_unique<WordEmbeddings>(ClipText(checkpoint, Compute{}),
                                            Tokenizer::from_file(merges), prompts,
                                            cache.empty() ? "" : (folder_ / cache).string(),
                                            weights_fingerprint(checkpoint, Compute{}));
  }

  static std::vector<std::string> many(int count) {
    std::vector<std::string> words;
    for (int i = 0; i < count; ++i) words.push_back("thing " + std::to_string(i));
    return words;
  }

  std::filesystem::path folder_;
};

TEST_F(TextBanks, FolderAnswersWithWhatWouldBeEncoded) {
  const at::Tensor first = bank("cache")->encode({"cat", "dog"});
  EXPECT_TRUE(bank("cache")->encode({"dog", "cat"}).equal(first.flip(0)));
  EXPECT_TRUE(bank("")->encode({"cat", "dog"}).allclose(first));
}

TEST_F(TextBanks, FolderIsAskedByTheTokensSoThatOtherMergesAreOtherWords) {
  bank("cache")->encode({"photo"});
  // The same count of merges; none that the word could use.
  std::ofstream merges(folder_ / "other.txt");
  merges << "#version\n";
  // The end of the last line counts as one.
  const int count = Tokenizer::from_file(golden_merges()).size() - 512 - 2 - 1;
  for (int i = 0; i < count; ++i)
    merges << "q" << std::string(static_cast<std::size_t>(i), 'q') << " q\n";
  merges.close();
  const std::string other = folder_ / "other.txt";
  ASSERT_EQ(Tokenizer::from_file(other).size(), Tokenizer::from_file(golden_merges()).size());
  const at::Tensor expected = bank("", other)->encode({"photo"});
  EXPECT_FALSE(expected.allclose(bank("")->encode({"photo"})));
  EXPECT_TRUE(bank("cache", other)->encode({"photo"}).allclose(expected));
}

TEST_F(TextBanks, FolderIsAskedByTheTemplatesToo) {
  bank("cache")->encode({"cat"});
  EXPECT_TRUE(bank("cache", golden_merges(), Prompts::kShort)
                  ->encode({"cat"})
                  .allclose(bank("", golden_merges(), Prompts::kShort)->encode({"cat"})));
}

TEST_F(TextBanks, FolderIsAskedByTheActivationToo) {
  const auto bank_of = [&](Activation activation, const std::string &cache) {
    const Checkpoint checkpoint =
        read_checkpoint(test::golden_folder() + "/tiny-openai.safetensors", activation);
    return std::make_unique<WordEmbeddings>(ClipText(checkpoint, Compute{}),
                                            Tokenizer::from_file(golden_merges()), Prompts::kShort,
                                            cache.empty() ? "" : (folder_ / cache).string(),
                                            weights_fingerprint(checkpoint, Compute{}));
  };
  const at::Tensor quick = bank_of(Activation::kQuickGelu, "cache")->encode({"cat"});
  const at::Tensor gelu = bank_of(Activation::kGelu, "cache")->encode({"cat"});
  EXPECT_FALSE(gelu.allclose(quick, 1e-3, 1e-3));
  EXPECT_TRUE(gelu.allclose(bank_of(Activation::kGelu, "")->encode({"cat"})));
  EXPECT_TRUE(bank_of(Activation::kAuto, "cache")->encode({"cat"}).equal(quick));
}

TEST_F(TextBanks, FingerprintsTellAllWeightsOfTheTextTowerApart) {
  Checkpoint checkpoint = read_checkpoint(test::golden_folder() + "/tiny-openai.safetensors");
  checkpoint.tensors["large"] = at::zeros({700000});  // more than one part
  const std::string whole = weights_fingerprint(checkpoint, Compute{});
  std::set<std::string> seen{whole};
  std::size_t changes = 0;
  for (const auto &[name, tensor] : checkpoint.tensors) {
    for (const std::int64_t at : {std::int64_t{0}, tensor.numel() - 1}) {
      Checkpoint other = checkpoint;
      at::Tensor changed = tensor.clone();
      changed.view(-1)[at].add_(1.0);
      other.tensors[name] = changed;
      const std::string found = weights_fingerprint(other, Compute{});
      if (name.starts_with("visual.") || name == "logit_scale") {
        EXPECT_EQ(found, whole) << name;
      } else if (at > 0 || tensor.numel() == 1) {
        EXPECT_TRUE(seen.insert(found).second) << name;
        ++changes;
      } else {
        EXPECT_NE(found, whole) << name;
      }
    }
  }
  EXPECT_GT(changes, 20U);
}

TEST_F(TextBanks, FolderThatCannotBeWrittenIsWarnedOfOnce) {
  std::ofstream(folder_ / "file") << "no folder";
  std::vector<std::string> warnings;
  const Log log = [&](LogLevel level, const Error &line) {
    if (level != LogLevel::kWarning) return;
    EXPECT_EQ(line.kind(), ErrorKind::kWrite);
    warnings.push_back(line.what());
  };
  const auto words = bank("file");
  words->encode(many(20), log);
  words->encode({"cat"}, log);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find((folder_ / "file").string()), std::string::npos) << warnings[0];
}

TEST_F(TextBanks, ProgressCountsEachWordOnce) {
  const auto words = bank("");
  std::vector<std::size_t> seen;
  const auto progress = [&](std::size_t known, std::size_t all) {
    EXPECT_EQ(all, 31U);
    seen.push_back(known);
  };
  auto vocabulary = many(30);
  vocabulary.insert(vocabulary.end(), {"cat", "thing 3", "cat"});
  words->encode(vocabulary, {}, progress);
  EXPECT_EQ(seen.front(), 0U);
  EXPECT_EQ(seen.back(), 31U);
  EXPECT_GT(seen.size(), 2U) << "2,480 sentences are more than one batch";
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  seen.clear();
  words->encode(vocabulary, {}, progress);
  EXPECT_EQ(seen, (std::vector<std::size_t>{31})) << "all known";
}

TEST_F(TextBanks, StopKeepsTheWordsThatWereEncoded) {
  const auto words = bank("cache");
  std::stop_source stop;
  std::size_t kept = 0;
  const at::Tensor none = words->encode(
      many(30), {},
      [&](std::size_t known, std::size_t) {
        kept = known;
        if (known > 0) stop.request_stop();
      },
      stop.get_token());
  EXPECT_FALSE(none.defined());
  EXPECT_GT(kept, 0U);
  EXPECT_LT(kept, 30U);
  std::size_t first = 0;
  const auto note_first = [&](std::size_t known, std::size_t) {
    first = first == 0 ? known : first;
  };
  words->encode(many(30), {}, note_first);
  EXPECT_EQ(first, kept) << "in memory";
  const auto files = std::distance(std::filesystem::directory_iterator(folder_ / "cache"), {});
  EXPECT_EQ(files, 30) << "in the folder";
}

TEST_F(TextBanks, EncodeInTurnsSoThatFewWordsNeedNotWaitForMany) {
  const auto words = bank("");
  std::atomic<bool> begun = false, few_done = false;
  std::size_t known_then = 0;
  std::thread many_words([&] {
    words->encode(many(120), {}, [&](std::size_t known, std::size_t) {
      if (known == 0 || begun) return;
      known_then = known;
      begun = true;
      begun.notify_all();
      few_done.wait(false);
    });
  });
  begun.wait(false);
  words->encode({"cat"});
  few_done = true;
  few_done.notify_all();
  many_words.join();
  EXPECT_GT(known_then, 0U);
  EXPECT_LT(known_then, 120U);
}

TEST(Turn, ThatWaitsCanBeGivenUp) {
  Turns turns;
  std::stop_source stop;
  std::atomic<bool> ended = false;
  EXPECT_TRUE(turns.in_turn({}, [&] {
    std::thread waiting([&] {
      EXPECT_FALSE(turns.in_turn(stop.get_token(), [] { ADD_FAILURE() << "it is not its turn"; }));
      ended = true;
    });
    stop.request_stop();
    waiting.join();  // while this turn lasts
  }));
  EXPECT_TRUE(ended);
  bool ran = false;
  EXPECT_TRUE(turns.in_turn({}, [&] { ran = true; }));
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace naclip
