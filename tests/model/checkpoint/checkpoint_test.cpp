#include "model/network/checkpoint.h"

#include <gtest/gtest.h>

#include <set>

#include "checkpoint_checks.h"
#include "checkpoint_files.h"
#include "model/error.h"

namespace naclip {
namespace {

using test::expect_golden_weights;
using test::expect_says;
using test::FileTensor;
using test::FileTensors;
using test::golden_tensor;
using test::kHuggingFace;
using test::kOpenAi;
using test::refusal;
using test::write_checkpoint_with;
using test::write_file;

class GoldenCheckpoint : public testing::TestWithParam<std::pair<const char *, const char *>> {};

TEST_P(GoldenCheckpoint, HoldsTheSameWeightsAndTellsItsLayout) {
  const auto [file, layout] = GetParam();
  const Checkpoint checkpoint = read_checkpoint(test::golden_file(file));
  EXPECT_EQ(checkpoint.layout, layout);
  expect_golden_weights(checkpoint);
}

TEST_P(GoldenCheckpoint, IsKnownByItsContentUnderAnyName) {
  const std::string path =
      write_file("weights.txt", test::read_bytes(test::golden_file(GetParam().first)));
  EXPECT_EQ(read_checkpoint(path).layout, GetParam().second);
}

TEST_P(GoldenCheckpoint, GivesTheSizesThatItsShapesSay) {
  const NetworkSizes sizes = read_checkpoint(test::golden_file(GetParam().first)).sizes;
  const FileTensors tensors = test::read_tensors(test::golden_file(kOpenAi));
  const auto shape = [&](const char *name) { return tensors.at(name).shape; };
  EXPECT_EQ(sizes.patch, shape("visual.conv1.weight")[3]);
  EXPECT_EQ(sizes.native_grid * sizes.native_grid + 1, shape("visual.positional_embedding")[0]);
  EXPECT_EQ(sizes.vision_width, shape("visual.ln_pre.weight")[0]);
  EXPECT_EQ(sizes.vision_heads, sizes.vision_width / 64);
  EXPECT_EQ(sizes.text_width, shape("ln_final.weight")[0]);
  EXPECT_EQ(sizes.text_heads, sizes.text_width / 64);
  EXPECT_EQ(sizes.embedding, shape("text_projection")[1]);
  EXPECT_EQ(sizes.context_length, shape("positional_embedding")[0]);
  EXPECT_EQ(sizes.vocabulary, shape("token_embedding.weight")[0]);
  const auto has_block = [&](const std::string &tower, std::int64_t index) {
    return tensors.contains(tower + "resblocks." + std::to_string(index) + ".ln_1.weight");
  };
  EXPECT_TRUE(has_block("visual.transformer.", sizes.vision_layers - 1));
  EXPECT_FALSE(has_block("visual.transformer.", sizes.vision_layers));
  EXPECT_TRUE(has_block("transformer.", sizes.text_layers - 1));
  EXPECT_FALSE(has_block("transformer.", sizes.text_layers));
}

TEST_P(GoldenCheckpoint, IsRefusedWhereverItIsCut) {
  const std::string bytes = test::read_bytes(test::golden_file(GetParam().first));
  std::set<std::size_t> lengths{0, 1, 2, 3, 4, 7, 8, 9, 10, 21, 22, 23, 30, 64, 100, 1000, 5000};
  for (std::size_t i = 1; i <= 24; i++) lengths.insert(i * bytes.size() / 25);
  // The end of an archive holds its directory.
  for (std::size_t i = 1; i < 30'000; i += i < 64 ? 1 : 997) lengths.insert(bytes.size() - i);
  for (const std::size_t length : lengths)
    refusal(write_file("cut", bytes.substr(0, length)), ErrorKind::kFormat);
}

TEST_P(GoldenCheckpoint, SurvivesFlippedBitsAtBothEnds) {
  const std::string sound = test::read_bytes(test::golden_file(GetParam().first));
  int refused = 0;
  const auto flip = [&](std::size_t position) {
    std::string bytes = sound;
    bytes[position] = static_cast<char>(bytes[position] ^ (1 << (position % 8)));
    try {
      read_checkpoint(write_file("flipped", bytes));
    } catch (const Error &error) {
      EXPECT_TRUE(error.kind() == ErrorKind::kFormat || error.kind() == ErrorKind::kModel);
      refused++;
    }
  };
  for (std::size_t i = 0; i < 9000; i += i < 100 ? 1 : 61) flip(i);
  for (std::size_t i = 1; i < 9000; i += i < 100 ? 1 : 61) flip(sound.size() - i);
  EXPECT_GT(refused, 50);
}

INSTANTIATE_TEST_SUITE_P(
    Checkpoint, GoldenCheckpoint,
    testing::Values(std::pair("tiny-openai-torchscript.pt", "OpenAI TorchScript archive"),
                    std::pair("tiny-openai-state-dict.pt", "pickled state dict (OpenAI names)"),
                    std::pair("tiny-openai.safetensors", "safetensors (OpenAI names)"),
                    std::pair("tiny-huggingface.safetensors", "safetensors (Hugging Face names)")));

class GoldenNaming : public testing::TestWithParam<const char *> {};

TEST_P(GoldenNaming, NamesEachTensorThatIsMissing) {
  for (const auto &entry : test::read_tensors(test::golden_file(GetParam()))) {
    const std::string &name = entry.first;
    if (name == "logit_scale") continue;
    const std::string path =
        write_checkpoint_with([&](FileTensors &tensors) { tensors.erase(name); }, GetParam());
    expect_says(refusal(path, ErrorKind::kModel), "tensor " + name + " is missing");
  }
}

TEST_P(GoldenNaming, RefusesEachTensorThatIsMisshapen) {
  // The sizes are read from these, so that the blame for a change in them may fall on another.
  const std::set<std::string> sources{
      "visual.conv1.weight",      "visual.proj",
      "token_embedding.weight",   "vision_model.embeddings.patch_embedding.weight",
      "visual_projection.weight", "text_model.embeddings.token_embedding.weight"};
  for (const auto &entry : test::read_tensors(test::golden_file(GetParam()))) {
    const std::string &name = entry.first;
    if (name == "logit_scale") continue;
    std::vector<std::int64_t> shape = entry.second.shape;
    shape.back() += 1;
    const std::string path = write_checkpoint_with(
        [&](FileTensors &tensors) { test::reshape(tensors.at(name), shape); }, GetParam());
    const std::string message = refusal(path, ErrorKind::kModel);
    expect_says(message, "was expected");
    if (sources.contains(name)) continue;
    expect_says(message, "tensor " + name + " has shape ");
    expect_says(message, " because ");
  }
}

TEST_P(GoldenNaming, NamesEachTensorThatIsNotFinite) {
  for (const auto &entry : test::read_tensors(test::golden_file(GetParam()))) {
    const std::string path = write_checkpoint_with(
        [&](FileTensors &tensors) {
          FileTensor &tensor = tensors.at(entry.first);
          test::put_nan(tensor, tensor.bytes.size() / 2 - 1);
        },
        GetParam());
    expect_says(refusal(path, ErrorKind::kModel), "tensor " + entry.first + " ");
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoint, GoldenNaming, testing::Values(kOpenAi, kHuggingFace));

TEST(Checkpoint, ExplainsAMisshapenTensor) {
  const std::string path = write_checkpoint_with(
      [](FileTensors &tensors) { test::reshape(tensors.at("visual.ln_post.bias"), {127}); });
  const std::string width = std::to_string(
      test::read_tensors(test::golden_file(kOpenAi)).at("visual.conv1.weight").shape[0]);
  expect_says(refusal(path, ErrorKind::kModel),
              "tensor visual.ln_post.bias has shape [127], but [" + width +
                  "] was expected because visual.conv1.weight says width " + width);
}

TEST(Checkpoint, NamesATensorThatIsTooMany) {
  const std::string path = write_checkpoint_with([](FileTensors &tensors) {
    tensors["visual.transformer.resblocks.0.ls_1.gamma"] = {"F16", {2}, std::string(4, '\0')};
  });
  expect_says(refusal(path, ErrorKind::kModel),
              "visual.transformer.resblocks.0.ls_1.gamma of shape [2]");
}

TEST(Checkpoint, RefusesABlockWithAnImpossibleNumber) {
  const std::string path = write_checkpoint_with([](FileTensors &tensors) {
    tensors["visual.transformer.resblocks.999999999999.ln_1.bias"] = {
        "F16", {1}, std::string(2, '\0')};
  });
  refusal(path, ErrorKind::kModel);
}

TEST(Checkpoint, IgnoresBuffersThatPublishedFilesHold) {
  const std::string infinite("\x00\xfc", 2);
  const std::string path = write_checkpoint_with([&](FileTensors &tensors) {
    tensors["attn_mask"] = {"F16", {1, 1}, infinite};
    tensors["input_resolution"] = {"I64", {}, std::string(8, '\0')};
    tensors["logit_bias"] = {"F16", {}, std::string(2, '\0')};
  });
  expect_golden_weights(read_checkpoint(path));
  const std::string hugging_face = write_checkpoint_with(
      [](FileTensors &tensors) {
        tensors["text_model.embeddings.position_ids"] = {"I64", {1, 2}, std::string(16, '\0')};
        tensors["vision_model.embeddings.position_ids"] = {"I64", {1, 1}, std::string(8, '\0')};
      },
      kHuggingFace);
  expect_golden_weights(read_checkpoint(hugging_face));
}

TEST(Checkpoint, NeedsNoLogitScale) {
  const std::string path =
      write_checkpoint_with([](FileTensors &tensors) { tensors.erase("logit_scale"); });
  const Checkpoint checkpoint = read_checkpoint(path);
  EXPECT_THROW(checkpoint.at("logit_scale"), Error);
}

TEST(Checkpoint, RefusesInfinityInEveryFloatingType) {
  const std::pair<const char *, std::string> infinities[] = {
      {"F16", std::string("\x00\x7c", 2)},
      {"BF16", std::string("\x80\xff", 2)},
      {"F32", std::string("\0\0\x80\x7f", 4)},
      {"F64", std::string("\0\0\0\0\0\0\xf0\xff", 8)}};
  for (const auto &[dtype, infinity] : infinities) {
    const std::string path = write_checkpoint_with([&](FileTensors &tensors) {
      FileTensor &bias = tensors.at("ln_final.bias");
      bias.dtype = dtype;
      bias.bytes = std::string((bias.bytes.size() / 2 - 1) * infinity.size(), '\0') + infinity;
    });
    expect_says(refusal(path, ErrorKind::kModel), "tensor ln_final.bias of shape [");
  }
}

TEST(Checkpoint, KeepsEveryFloatingTypeOfTheFile) {
  const std::pair<const char *, at::ScalarType> types[] = {
      {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"F32", at::kFloat}, {"F64", at::kDouble}};
  for (const auto &[dtype, type] : types) {
    const std::string path =
        write_checkpoint_with([&, type = type, dtype = dtype](FileTensors &tensors) {
          for (auto &entry : tensors) {
            const at::Tensor converted = golden_tensor(entry.second).to(type);
            entry.second.dtype = dtype;
            entry.second.bytes.assign(static_cast<const char *>(converted.data_ptr()),
                                      converted.nbytes());
          }
        });
    const Checkpoint checkpoint = read_checkpoint(path);
    EXPECT_EQ(checkpoint.at("visual.proj").scalar_type(), type);
    if (type != at::kBFloat16) expect_golden_weights(checkpoint);
  }
}

TEST(Checkpoint, RefusesQuantisedWeights) {
  const std::string path = write_checkpoint_with([](FileTensors &tensors) {
    FileTensor &weight = tensors.at("visual.transformer.resblocks.0.mlp.c_fc.weight");
    weight.dtype = "I16";
  });
  const std::string message = refusal(path, ErrorKind::kModel);
  expect_says(message, "visual.transformer.resblocks.0.mlp.c_fc.weight has dtype int16");
}

TEST(Checkpoint, RefusesPartsOfDifferentTypes) {
  const std::string path = write_checkpoint_with(
      [](FileTensors &tensors) {
        tensors.at("text_model.encoder.layers.0.self_attn.k_proj.bias").dtype = "BF16";
      },
      kHuggingFace);
  expect_says(refusal(path, ErrorKind::kModel),
              "text_model.encoder.layers.0.self_attn.k_proj.bias");
}

TEST(Checkpoint, ReadsTensorsThatLieAskewInTheFile) {
  const FileTensors tensors = test::read_tensors(test::golden_file(kOpenAi));
  for (std::size_t padding = 0; padding < 2; padding++)
    expect_golden_weights(
        read_checkpoint(write_file("askew", test::safetensors_bytes(tensors, padding))));
}

TEST(Checkpoint, OutlivesItsFile) {
  const std::string path = write_file("short-lived", test::read_bytes(test::golden_file(kOpenAi)));
  const Checkpoint checkpoint = read_checkpoint(path);
  std::filesystem::remove(path);
  expect_golden_weights(checkpoint);
}

TEST(Checkpoint, RefusesResNetsByName) {
  const std::string path = write_checkpoint_with([](FileTensors &tensors) {
    tensors.erase("visual.proj");
    tensors["visual.layer1.0.conv1.weight"] = {"F16", {1}, std::string(2, '\0')};
  });
  const std::string message = refusal(path, ErrorKind::kModel);
  expect_says(message, "ResNet");
  expect_says(message, "only CLIP's vision transformers work");
}

/// The golden tensors under OpenCLIP's names for models with `custom_text`.
FileTensors custom_text_tensors() {
  FileTensors renamed;
  for (auto &[name, tensor] : test::read_tensors(test::golden_file(kOpenAi)))
    renamed.emplace((name.starts_with("visual.") || name == "logit_scale" ? "" : "text.") + name,
                    tensor);
  return renamed;
}

TEST(Checkpoint, ReadsOpenClipsCustomTextNames) {
  FileTensors tensors = custom_text_tensors();
  tensors["text.attn_mask"] = {"F16", {1, 1}, std::string(2, '\0')};
  const Checkpoint checkpoint =
      read_checkpoint(write_file("custom.safetensors", test::safetensors_bytes(tensors)));
  EXPECT_EQ(checkpoint.layout, "safetensors (OpenCLIP custom-text names)");
  expect_golden_weights(checkpoint);
}

TEST(Checkpoint, NamesACustomTextTensorAsTheFileDoes) {
  for (const char *name : {"text.transformer.resblocks.0.ln_1.weight", "text.text_projection",
                           "text.positional_embedding", "visual.proj"}) {
    FileTensors tensors = custom_text_tensors();
    ASSERT_EQ(tensors.erase(name), 1U);
    expect_says(refusal(write_file("custom.safetensors", test::safetensors_bytes(tensors)),
                        ErrorKind::kModel),
                std::string("tensor ") + name + " is missing");
  }
}

TEST(Checkpoint, ReadsSafetensorsWithModuleBeforeEveryName) {
  for (const char *golden : {kOpenAi, kHuggingFace}) {
    FileTensors prefixed;
    for (const auto &[name, tensor] : test::read_tensors(test::golden_file(golden)))
      prefixed.emplace("module." + name, tensor);
    expect_golden_weights(
        read_checkpoint(write_file("ddp.safetensors", test::safetensors_bytes(prefixed))));
  }
}

TEST(Checkpoint, RefusesOtherNetworksByTheirKind) {
  const std::pair<const char *, const char *> networks[] = {
      {"visual.trunk.blocks.0.norm1.weight", "timm's (SigLIP, EVA, ConvNeXt)"},
      {"visual.blocks.0.norm1.weight", "EVA's"},
      {"vision_model.head.probe", "it is a SigLIP"},
      {"text_decoder.positional_embedding", "it is a CoCa"},
      {"visual.attn_pool.query", "CoCa's"},
      {"text.transformer.embeddings.word_embeddings.weight", "BERT's"},
      {"image_encoder.model.patch_embed.0.rbr_conv.0.conv.weight", "MobileCLIP"},
      {"visual.attnpool.positional_embedding", "ResNet"}};
  for (const auto &[name, what] : networks) {
    const std::string path = write_checkpoint_with([&, name = name](FileTensors &tensors) {
      tensors[name] = {"F16", {1}, std::string(2, '\0')};
    });
    const std::string message = refusal(path, ErrorKind::kModel);
    expect_says(message, what);
    expect_says(message, name);
    expect_says(message, "only CLIP's vision transformers work");
  }
}

TEST(Checkpoint, RefusesAGridThatIsNotSquare) {
  const std::string path = write_checkpoint_with([](FileTensors &tensors) {
    FileTensor &embedding = tensors.at("visual.positional_embedding");
    test::reshape(embedding, {24, embedding.shape[1]});
  });
  expect_says(refusal(path, ErrorKind::kModel), "visual.positional_embedding has shape [24,");
}

TEST(Checkpoint, RefusesAWidthThatIsNoMultipleOf64) {
  const std::string path = write_checkpoint_with([](FileTensors &tensors) {
    FileTensor &convolution = tensors.at("visual.conv1.weight");
    test::reshape(convolution, {100, 3, convolution.shape[2], convolution.shape[3]});
  });
  expect_says(refusal(path, ErrorKind::kModel), "visual.conv1.weight says width 100");
}

TEST(Checkpoint, RefusesATransposedProjection) {
  const std::string path = write_checkpoint_with([](FileTensors &tensors) {
    FileTensor &projection = tensors.at("visual.proj");
    test::reshape(projection, {projection.shape[1], projection.shape[0]});
  });
  const std::string message = refusal(path, ErrorKind::kModel);
  expect_says(message, "tensor visual.proj has shape [");
}

TEST(Checkpoint, RefusesTensorsWithoutElements) {
  const std::string path = write_checkpoint_with([](FileTensors &tensors) {
    FileTensor &tokens = tensors.at("token_embedding.weight");
    test::reshape(tokens, {0, tokens.shape[1]});
  });
  expect_says(refusal(path, ErrorKind::kModel), "token_embedding.weight");
}

TEST(Checkpoint, SaysWhatToDoAboutFilesThatAreNoCheckpoints) {
  expect_says(refusal(test::temporary_folder(), ErrorKind::kRead), "folder");
  expect_says(refusal(test::temporary_folder() + "/none", ErrorKind::kNotFound), "no such file");
  refusal("/dev/null", ErrorKind::kRead);
  expect_says(refusal(write_file("empty", ""), ErrorKind::kFormat), "empty");
  refusal(write_file("text", "These are not weights.\n"), ErrorKind::kFormat);
  expect_says(refusal(write_file("lfs", "version https://git-lfs.github.com/spec/v1\n"),
                      ErrorKind::kFormat),
              "git lfs pull");
  expect_says(refusal(write_file("page", "<!DOCTYPE html><html></html>"), ErrorKind::kFormat),
              "web page");
  const std::string legacy(
      "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.");
  expect_says(refusal(write_file("legacy", legacy), ErrorKind::kFormat), "save it again");
}

}  // namespace
}  // namespace naclip
