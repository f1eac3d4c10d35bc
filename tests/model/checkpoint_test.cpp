#include "checkpoint.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include <set>

#include "checkpoint_files.h"
#include "error.h"
#include "torch_files.h"

namespace naclip {
namespace {

using test::FileTensor;
using test::FileTensors;
using test::write_checkpoint_with;
using test::write_file;

const char *const kOpenAi = "tiny-openai.safetensors";
const char *const kHuggingFace = "tiny-huggingface.safetensors";

/// Reads a file that must be refused so; returns the message.
std::string refusal(const std::string &path, ErrorKind kind) {
  try {
    read_checkpoint(path);
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), kind) << error.what() << " / " << error.detail();
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error for " << path;
  return "";
}

void expect_says(const std::string &message, const std::string &part) {
  EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
}

at::Tensor golden_tensor(const FileTensor &tensor) {
  return at::from_blob(const_cast<char *>(tensor.bytes.data()), tensor.shape,
                       at::TensorOptions().dtype(at::kHalf))
      .clone();
}

void expect_golden_weights(const Checkpoint &checkpoint) {
  const FileTensors expected = test::read_tensors(test::golden_file(kOpenAi));
  EXPECT_EQ(checkpoint.tensors.size(), expected.size());
  std::int64_t parameters = 0;
  for (const auto &[name, tensor] : expected) {
    const at::Tensor &found = checkpoint.at(name);
    ASSERT_EQ(found.sizes().vec(), tensor.shape) << name;
    EXPECT_TRUE(found.is_contiguous()) << name;
    EXPECT_TRUE(at::equal(found.to(at::kFloat), golden_tensor(tensor).to(at::kFloat))) << name;
    parameters += found.numel();
  }
  EXPECT_EQ(checkpoint.parameters, parameters);
}

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
  expect_says(message, "only vision transformers");
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

TEST(Checkpoint, ReadsStateDictsOfTrainingRuns) {
  const FileTensors tensors = test::read_tensors(test::golden_file(kOpenAi));
  for (const char *prefix : {"", "module."})
    for (const bool nested : {false, true}) {
      const std::string path =
          write_file("trained.pt", test::state_dict_bytes(tensors, prefix, nested));
      const Checkpoint checkpoint = read_checkpoint(path);
      EXPECT_EQ(checkpoint.layout, "pickled state dict (OpenAI names)");
      expect_golden_weights(checkpoint);
    }
}

TEST(Checkpoint, ReadsPickledHuggingFaceNames) {
  const FileTensors tensors = test::read_tensors(test::golden_file(kHuggingFace));
  const Checkpoint checkpoint =
      read_checkpoint(write_file("pytorch_model.bin", test::state_dict_bytes(tensors)));
  EXPECT_EQ(checkpoint.layout, "pickled state dict (Hugging Face names)");
  expect_golden_weights(checkpoint);
}

TEST(Checkpoint, NamesATensorThatAPickleLacks) {
  FileTensors tensors = test::read_tensors(test::golden_file(kOpenAi));
  tensors.erase("ln_final.weight");
  const std::string path = write_file("lacking.pt", test::state_dict_bytes(tensors));
  expect_says(refusal(path, ErrorKind::kModel), "tensor ln_final.weight is missing");
}

TEST(Checkpoint, RefusesAStorageThatIsTooShort) {
  FileTensors tensors = test::read_tensors(test::golden_file(kOpenAi));
  // The pickle says as many elements as the shape has, the archive holds fewer.
  const auto cut = [](const std::string &key, std::string bytes) {
    return key == "0" ? bytes.substr(0, bytes.size() - 2) : bytes;
  };
  refusal(write_file("short.pt", test::state_dict_bytes(tensors, "", false, cut)),
          ErrorKind::kFormat);
}

TEST(Checkpoint, RunsNothingOfAHostilePickle) {
  const std::string marker = test::temporary_folder() + "/marker";
  for (const auto &[module, name] :
       {std::pair("os", "system"), std::pair("posix", "system"), std::pair("builtins", "eval"),
        std::pair("subprocess", "call")}) {
    const std::string pickle = test::hostile_pickle(module, name, "touch " + marker);
    const std::string expected = std::string("refuses to run ") + module + "." + name;
    expect_says(refusal(write_file("hostile.pt", test::torch_bytes(pickle)), ErrorKind::kFormat),
                expected);
    expect_says(refusal(write_file("hostile.pkl", pickle), ErrorKind::kFormat), expected);
  }
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST(Checkpoint, SurvivesModulesThatHoldEachOther) {
  // A module that is its own child, and one whose paths double at each of 30 levels.
  const std::string own_child = test::PickleWriter()
                                    .global("__torch__.a", "A")
                                    .raw(")\x81q\x01}")
                                    .text("a")
                                    .raw("h\x01sb")
                                    .end();
  refusal(write_file("cycle.pt", test::torch_bytes(own_child)), ErrorKind::kFormat);
  test::PickleWriter doubled;
  for (int i = 0; i < 30; i++) doubled.global("__torch__.a", "A").raw(")\x81}(").text("a");
  doubled.raw("N");
  for (int i = 0; i < 30; i++) doubled.raw("q\x01").text("b").raw("h\x01ub");
  refusal(write_file("doubled.pt", test::torch_bytes(doubled.end())), ErrorKind::kFormat);
}

TEST(Checkpoint, RefusesTensorsThatShareTheirBytes) {
  // Each weight of a wide network is the same small storage: little file, much memory.
  const FileTensors golden = test::read_tensors(test::golden_file(kOpenAi));
  std::int64_t largest = 0;
  for (const auto &entry : golden)
    largest = std::max(largest, static_cast<std::int64_t>(entry.second.bytes.size() / 2));
  test::PickleWriter writer;
  writer.raw("}(");
  for (const auto &[name, tensor] : golden) {
    std::vector<std::int64_t> strides(tensor.shape.size(), 1);
    for (std::size_t i = strides.size(); i > 1; i--)
      strides[i - 2] = strides[i - 1] * tensor.shape[i - 1];
    writer.text(name).tensor("HalfStorage", "0", largest, 0, tensor.shape, strides);
  }
  const std::string zeros(static_cast<std::size_t>(2 * largest), '\0');
  expect_says(
      refusal(write_file("shared.pt", test::torch_bytes(writer.raw("u").end(), {{"0", zeros}})),
              ErrorKind::kFormat),
      "share their bytes");
}

TEST(Checkpoint, RefusesArchivesThatAreNotPyTorchs) {
  expect_says(
      refusal(write_file("a.zip", test::zip_bytes({{"a/b.txt", "text"}})), ErrorKind::kFormat),
      "none that PyTorch wrote");
  expect_says(
      refusal(write_file("b.zip", test::torch_bytes("\x80\x02}.", {}, true)), ErrorKind::kFormat),
      "holds no tensors");
  const std::string pickle = "\x80\x02" + std::string(1000, 'N') + ".";
  expect_says(
      refusal(write_file("c.zip", test::torch_bytes(pickle, {}, false)), ErrorKind::kFormat),
      "compressed");
  expect_says(refusal(write_file("d.zip", test::zip_bytes({{"a/data.pkl", "\x80\x02}."},
                                                           {"a/byteorder", "big"}})),
                      ErrorKind::kFormat),
              "big-endian");
  refusal(write_file("e.zip",
                     test::zip_bytes({{"a/data.pkl", "\x80\x02}."}, {"b/data.pkl", "\x80\x02}."}})),
          ErrorKind::kFormat);
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
