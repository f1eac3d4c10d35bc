// Which activation a checkpoint is loaded with, and by whose word.
#include "model/checkpoint/activation_in_use.h"

#include <gtest/gtest.h>

#include "checkpoint_files.h"
#include "model/error.h"
#include "torch_files.h"

namespace naclip {
namespace {

using test::golden_file;

constexpr Activation kAuto = Activation::kAuto;
constexpr Activation kGelu = Activation::kGelu;
constexpr Activation kQuickGelu = Activation::kQuickGelu;

ActivationInUse in_use(const std::string &path, Activation asked = kAuto) {
  return activation_in_use(open_checkpoint(path), path, asked);
}

/// A checkpoint in a folder of its own with these files beside it.
std::string beside(std::map<std::string, std::string> files,
                   const std::string &golden = "tiny-openai.safetensors") {
  return test::golden_beside("configured", std::move(files), golden);
}

void expect(const std::string &path, Activation activation, const std::string &source) {
  const ActivationInUse found = in_use(path);
  EXPECT_EQ(found.activation, activation) << path;
  EXPECT_EQ(found.source, source);
  EXPECT_EQ(found.warning, "");
}

void expect_refused(const std::string &path, const std::string &part) {
  try {
    in_use(path);
    ADD_FAILURE() << "no error";
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kModel);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
  }
}

void expect_assumed(const std::string &path, const std::string &part = "property activation") {
  const ActivationInUse found = in_use(path);
  EXPECT_EQ(found.activation, kQuickGelu);
  EXPECT_EQ(found.source, "assumed");
  EXPECT_NE(found.warning.find(part), std::string::npos) << found.warning;
  EXPECT_NE(found.warning.find(path), std::string::npos) << found.warning;
}

TEST(Activation, IsAssumedWithAWarningWhereNothingSaysIt) {
  for (const char *name :
       {"tiny-openai.safetensors", "tiny-openai-state-dict.pt", "tiny-huggingface.safetensors"})
    expect_assumed(beside({}, name));
}

TEST(Activation, AsSetWinsOverEverythingElse) {
  const std::string path = beside({{"config.json", "no JSON"}});
  for (const Activation asked : {kGelu, kQuickGelu}) {
    const ActivationInUse found = in_use(path, asked);
    EXPECT_EQ(found.activation, asked);
    EXPECT_EQ(found.source, "as set");
    EXPECT_EQ(found.warning, "");
  }
  EXPECT_EQ(in_use(golden_file("tiny-openai-torchscript.pt"), kGelu).activation, kGelu);
}

TEST(Activation, IsThatOfATorchScriptArchivesLayers) {
  expect(golden_file("tiny-openai-torchscript.pt"), kQuickGelu, "the archive's layers");
}

/// A TorchScript archive of the golden tensors with modules "mlp" of these activations' classes.
std::string script_with(const std::vector<std::pair<std::string, std::string>> &classes) {
  test::PickleWriter writer;
  std::map<std::string, std::string> storages;
  writer.global("__torch__.a", "CLIP").raw(")\x81}(");
  const auto tensors = test::read_tensors(golden_file("tiny-openai.safetensors"));
  for (const auto &[name, tensor] : tensors) {
    const std::string key = std::to_string(storages.size());
    std::vector<std::int64_t> strides(tensor.shape.size(), 1);
    for (std::size_t i = strides.size(); i > 1; i--)
      strides[i - 2] = strides[i - 1] * tensor.shape[i - 1];
    writer.text(name).tensor("HalfStorage", key, static_cast<std::int64_t>(tensor.bytes.size() / 2),
                             0, tensor.shape, strides);
    storages.emplace(key, tensor.bytes);
  }
  for (const auto &[module, name] : classes) {
    writer.text("block" + name).global("__torch__.a", "Block").raw(")\x81}");
    writer.text("mlp").global("__torch__.a", "Mlp").raw(")\x81}").text("gelu");
    writer.global(module, name).raw(")\x81}bsbsb");
  }
  return test::write_file("script.pt", test::torch_bytes(writer.raw("ub").end(), storages));
}

TEST(Activation, OfATorchScriptArchiveIsThatOfItsClass) {
  expect(script_with({{"__torch__.torch.nn.modules.activation", "GELU"}}), kGelu,
         "the archive's layers");
  expect(script_with({{"__torch__.x.___torch_mangle_7", "QuickGELU"}}), kQuickGelu,
         "the archive's layers");
  expect(script_with({}), kQuickGelu, "OpenAI's layout");
  expect_refused(script_with({{"__torch__.x", "ReLU"}}), "names the activation ReLU");
  expect_refused(script_with({{"__torch__.x", "GELU"}, {"__torch__.x", "QuickGELU"}}),
                 "both GELU and QuickGELU");
}

TEST(Activation, OfOpenAisLayoutIsThatOfAConfigurationWhereThereIsOne) {
  const std::string path = script_with({});
  const std::string beside = test::temporary_folder() + "/config.json";
  test::write_file("config.json", R"({"hidden_act":"gelu"})");
  expect(path, kGelu, "config.json");
  // What the archive says itself comes first.
  expect(script_with({{"__torch__.x", "QuickGELU"}}), kQuickGelu, "the archive's layers");
  std::filesystem::remove(beside);
}

TEST(Activation, OfSafetensorsIsThatOfTheirMetadata) {
  const auto with = [](const std::string &metadata) {
    const auto tensors = test::read_tensors(golden_file("tiny-openai.safetensors"));
    return test::write_file("stated.safetensors", test::safetensors_bytes(tensors, 0, metadata));
  };
  expect(with(R"({"activation":"gelu"})"), kGelu, "the file's metadata");
  expect(with(R"({"activation":"quick_gelu","format":"pt"})"), kQuickGelu, "the file's metadata");
  expect(with(R"({"activation":"quick-gelu"})"), kQuickGelu, "the file's metadata");
  expect_refused(with(R"({"activation":"relu"})"), "the file's metadata names the activation relu");
  expect_assumed(with(R"({"activation":7})"));
  expect_assumed(with("{}"));
}

TEST(Activation, IsThatOfHuggingFacesConfiguration) {
  const std::pair<const char *, Activation> cases[] = {
      {R"({"hidden_act":"gelu"})", kGelu},
      {R"({"hidden_act":"quick_gelu"})", kQuickGelu},
      {R"({"vision_config":{"hidden_act":"gelu"}})", kGelu},
      {R"({"text_config":{"hidden_act":"gelu"}})", kGelu},
      {R"({"hidden_act":"gelu","vision_config":{"hidden_act":"quick_gelu"},)"
       R"("text_config":{"hidden_act":"quick_gelu"}})",
       kQuickGelu},
      {R"({"model_type":"clip","vision_config":{"hidden_act":"gelu","hidden_size":128},)"
       R"("text_config":{"hidden_act":"gelu"}})",
       kGelu},
      // transformers' own default.
      {R"({"model_type":"clip","vision_config":{},"text_config":{}})", kQuickGelu},
      {R"({"model_type":"clip"})", kQuickGelu},
  };
  for (const auto &[text, activation] : cases) {
    SCOPED_TRACE(text);
    for (const char *golden : {"tiny-huggingface.safetensors", "tiny-openai.safetensors"})
      expect(beside({{"config.json", text}}, golden), activation, "config.json");
  }
}

TEST(Activation, IsThatOfOpenClipsConfiguration) {
  const std::pair<const char *, Activation> cases[] = {
      {R"({"model_cfg":{"quick_gelu":true,"vision_cfg":{"width":128},"text_cfg":{}}})", kQuickGelu},
      {R"({"model_cfg":{"quick_gelu":false,"vision_cfg":{"width":128},"text_cfg":{}}})", kGelu},
      {R"({"model_cfg":{"vision_cfg":{"width":128},"text_cfg":{}},"preprocess_cfg":{}})", kGelu},
      {R"({"embed_dim":64,"vision_cfg":{"width":128},"text_cfg":{}})", kGelu},
  };
  for (const char *name : {"open_clip_config.json", "open_clip_model_config.json"})
    for (const auto &[text, activation] : cases) {
      SCOPED_TRACE(text);
      expect(beside({{name, text}}), activation, name);
    }
}

TEST(Activation, IsTakenFromTheConfigurationOfTheFilesOwnKindFirst) {
  const std::map<std::string, std::string> both{
      {"config.json", R"({"hidden_act":"quick_gelu"})"},
      {"open_clip_config.json", R"({"model_cfg":{"vision_cfg":{"width":128},"text_cfg":{}}})"}};
  expect(beside(both), kGelu, "open_clip_config.json");
  expect(beside(both, "tiny-huggingface.safetensors"), kQuickGelu, "config.json");
}

TEST(Activation, IsNotTakenFromAConfigurationOfAnotherModel) {
  for (const char *text :
       {R"({"model_type":"bert","hidden_act":"gelu"})", R"({"model_type":"siglip"})", "{}",
        R"({"hidden_act":"gelu","vision_config":{"hidden_size":127}})",
        R"({"hidden_act":"gelu","vision_config":{"patch_size":99}})",
        R"({"hidden_act":"gelu","vision_config":{"num_hidden_layers":99}})",
        R"({"hidden_act":"gelu","text_config":{"hidden_size":127}})",
        R"({"hidden_act":"gelu","text_config":{"num_hidden_layers":99}})",
        R"({"hidden_act":["gelu"],"vision_config":[]})"}) {
    SCOPED_TRACE(text);
    expect_assumed(beside({{"config.json", text}}));
  }
  for (const char *text :
       {R"({"model_cfg":{"vision_cfg":{"width":127},"text_cfg":{}}})",
        R"({"model_cfg":{"vision_cfg":{"width":128,"patch_size":99},"text_cfg":{}}})",
        R"({"model_cfg":{"vision_cfg":{"width":128,"layers":99},"text_cfg":{}}})",
        R"({"model_cfg":{"vision_cfg":{"width":128},"text_cfg":{"width":127}}})",
        R"({"model_cfg":{"vision_cfg":{"width":128},"text_cfg":{"layers":99}}})",
        R"({"model_cfg":{"vision_cfg":{"timm_model_name":"x"},"text_cfg":{}}})",
        R"({"model_cfg":{"quick_gelu":true}})"}) {
    SCOPED_TRACE(text);
    expect_assumed(beside({{"open_clip_config.json", text}}));
  }
}

TEST(Activation, ThatIsUnknownOrMixedIsRefused) {
  for (const char *name : {"relu", "gelu_new", "gelu_pytorch_tanh", ""})
    expect_refused(beside({{"config.json", std::string(R"({"hidden_act":")") + name + "\"}"}}),
                   "config.json names the activation ");
  expect_refused(beside({{"config.json", R"({"vision_config":{"hidden_act":"gelu"},)"
                                         R"("text_config":{"hidden_act":"quick_gelu"}})"}}),
                 "one activation for pictures and another for texts");
}

TEST(Activation, IsAssumedWhereAConfigurationCannotBeRead) {
  for (const std::string &text :
       {std::string("no JSON"), std::string("[]"), std::string(), std::string("{\"a\":\xff}"),
        std::string(100, '['), std::string(R"({"hidden_act":"gelu"} // so)"),
        std::string(2u << 20, ' ')})
    expect_assumed(beside({{"config.json", text}}), "config.json beside it cannot be read as JSON");
  const std::string path = beside({});
  std::filesystem::create_directory(std::filesystem::path(path).parent_path() / "config.json");
  expect_assumed(path, "config.json beside it cannot be read: it is a folder");
}

TEST(Activation, OfACutOrAlteredConfigurationIsNeverACrash) {
  const std::string sound = R"({"model_type":"clip","vision_config":{"hidden_act":"gelu"},)"
                            R"("text_config":{"hidden_act":"gelu"}})";
  int refused = 0;
  const auto read = [&](const std::string &text) {
    try {
      in_use(beside({{"config.json", text}}));
    } catch (const Error &error) {
      EXPECT_EQ(error.kind(), ErrorKind::kModel);
      refused++;
    }
  };
  for (std::size_t i = 0; i < sound.size(); i++) {
    read(sound.substr(0, i));
    std::string flipped = sound;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    read(flipped);
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace naclip
