// What `naclip-model info` says of checkpoints.
#include "model/tools/naclip-model/checkpoint_text.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "model/base/published_models.h"
#include "model/error.h"
#include "test_folder.h"
#include "tests/model/checkpoint/checkpoint_files.h"

namespace naclip {
namespace {

const bool kCacheIsSet = test::use_cache_of_our_own();

void expect_line(const std::string &text, const std::string &line) {
  EXPECT_NE(("\n" + text).find("\n" + line + "\n"), std::string::npos)
      << "no line \"" << line << "\" in:\n"
      << text;
}

TEST(Describe, TellsLayoutSizesPrecisionAndParameters) {
  const std::string path = test::golden_file("tiny-openai.safetensors");
  const std::string text = checkpoint_text(path);
  expect_line(text, "layout      safetensors (OpenAI names)");
  expect_line(text, "precision   float16");
  EXPECT_NE(text.find(path), std::string::npos);
  for (const char *row : {"parameters", "pictures", "vision", "text", "embedding", "activation"})
    EXPECT_NE(text.find("\n" + std::string(row)), std::string::npos) << row << " in:\n" << text;
}

TEST(Describe, TellsByWhatPicturesAreNormalisedWhereThatIsNotAsOpenAiDoes) {
  const std::string bytes = test::read_bytes(test::golden_file("tiny-openai.safetensors"));
  const std::string folder = test::write_folder(
      "normalised", {{"model.safetensors", bytes},
                     {"open_clip_config.json",
                      R"({"preprocess_cfg": {"mean": [0.5, 0.5, 0.25], "std": [0.5, 0.5, 1]}})"}});
  expect_line(checkpoint_text(folder + "/model.safetensors"),
              "normalised  by mean 0.5 0.5 0.25, deviation 0.5 0.5 1 (open_clip_config.json)");
  const std::string plain = checkpoint_text(test::golden_file("tiny-openai.safetensors"));
  EXPECT_EQ(plain.find("normalised"), std::string::npos) << plain;
}

TEST(Describe, TellsTheLayoutsApart) {
  const auto layout = [](const char *golden) {
    const std::string text = checkpoint_text(test::golden_file(golden));
    const auto start = text.find("layout      ") + 12;
    return text.substr(start, text.find('\n', start) - start);
  };
  EXPECT_EQ(layout("tiny-openai-torchscript.pt"), "OpenAI TorchScript archive");
  EXPECT_EQ(layout("tiny-openai-state-dict.pt"), "pickled state dict (OpenAI names)");
  EXPECT_EQ(layout("tiny-huggingface.safetensors"), "safetensors (Hugging Face names)");
}

TEST(Describe, NamesEveryPrecisionTheMostUsedFirst) {
  const std::string path = test::write_checkpoint_with([](test::FileTensors &tensors) {
    test::FileTensor &tensor = tensors.at("visual.ln_post.weight");
    tensor.dtype = "F32";
    tensor.bytes.assign(2 * tensor.bytes.size(), '\0');
  });
  expect_line(checkpoint_text(path), "precision   float16, then float32");
}

TEST(Describe, FindsTheVocabularyBesideTheFileAndCountsIt) {
  const std::string text = checkpoint_text(test::golden_file("tiny-openai.safetensors"));
  EXPECT_NE(text.find("found: " + test::golden_file("mini-bpe.txt.gz")), std::string::npos) << text;
}

TEST(Describe, ShowsAFileWithoutAVocabularyToo) {
  const std::string path = test::write_checkpoint_with([](test::FileTensors &) {});
  const std::string text = checkpoint_text(path);
  EXPECT_NE(text.find("trained with, which was not found"), std::string::npos) << text;
}

TEST(Describe, SaysWhereTheVocabularyIsOneOfAnotherModel) {
  const std::string path = test::write_checkpoint_with([](test::FileTensors &) {});
  const std::string beside = test::write_file("edited.bpe.txt.gz", "#version\na b\nc d");
  const std::string text = checkpoint_text(path);
  EXPECT_NE(text.find("not " + beside + ", which gives 516 tokens"), std::string::npos) << text;
  std::filesystem::remove(beside);
}

TEST(Describe, NamesTheCommandForOpenAisVocabulary) {
  const std::string path = test::write_checkpoint_with([](test::FileTensors &tensors) {
    test::FileTensor &embedding = tensors.at("token_embedding.weight");
    test::reshape(embedding, {49408, embedding.shape.at(1)});
  });
  const std::string text = checkpoint_text(path);
  EXPECT_NE(text.find("49408 tokens: OpenAI's bpe_simple_vocab_16e6.txt.gz, which was not found; "
                      "type: naclip-model fetch vocabulary"),
            std::string::npos)
      << text;
}

TEST(Describe, TellsTheActivationAndWhoSaysIt) {
  expect_line(checkpoint_text(test::write_checkpoint_with([](test::FileTensors &) {})),
              "activation  QuickGELU is assumed, as in OpenAI's models; nothing says so. The "
              "property activation sets it");
  expect_line(checkpoint_text(test::golden_file("tiny-openai-torchscript.pt")),
              "activation  QuickGELU (the archive's layers)");
  const std::string bytes = test::read_bytes(test::golden_file("tiny-huggingface.safetensors"));
  const std::string folder = test::write_folder(
      "described", {{"model.safetensors", bytes}, {"config.json", R"({"hidden_act":"gelu"})"}});
  const std::string text = checkpoint_text(resolve_model(folder));
  expect_line(text, "activation  GELU (config.json)");
  EXPECT_NE(text.find(folder + "/model.safetensors, "), std::string::npos) << text;
}

TEST(Describe, RefusesWhatIsNoCheckpoint) {
  EXPECT_THROW(checkpoint_text(test::write_file("text.pt", "text")), Error);
  EXPECT_THROW(checkpoint_text("/nowhere.pt"), Error);
}

}  // namespace
}  // namespace naclip
