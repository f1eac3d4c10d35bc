// Checkpoints in several files, and folders of them, as Hugging Face's models are published.
#include "model/checkpoint/shards.h"

#include <gtest/gtest.h>

#include "checkpoint_checks.h"
#include "checkpoint_files.h"
#include "model/base/published_models.h"
#include "model/error.h"
#include "torch_files.h"

namespace naclip {
namespace {

using test::expect_golden_weights;
using test::expect_says;
using test::FileTensors;
using test::kHuggingFace;
using test::refusal;

constexpr const char *kIndex = "model.safetensors.index.json";

std::string shard_name(std::size_t i, const std::string &stem = "model",
                       const std::string &extension = ".safetensors") {
  return stem + "-0000" + std::to_string(i + 1) + "-of-00003" + extension;
}

std::string index_of(const std::map<std::string, std::string> &shards) {
  std::string map;
  for (const auto &[tensor, shard] : shards)
    map += (map.empty() ? "\"" : ",\"") + tensor + "\":\"" + shard + "\"";
  return "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {" + map + "}}";
}

/// The golden tensors in three files, dealt in turn.
struct Dealt {
  std::map<std::string, std::string> shards;  // by tensor
  std::array<FileTensors, 3> parts;

  explicit Dealt(const std::string &stem = "model", const std::string &extension = ".safetensors") {
    for (const auto &[name, tensor] : test::read_tensors(test::golden_file(kHuggingFace))) {
      const std::size_t i = shards.size() % parts.size();
      shards.emplace(name, shard_name(i, stem, extension));
      parts[i].emplace(name, tensor);
    }
  }

  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all{{kIndex, index_of(shards)}};
    for (std::size_t i = 0; i < parts.size(); i++)
      all.emplace(shard_name(i), test::safetensors_bytes(parts[i]));
    return all;
  }
};

std::string written(const std::map<std::string, std::string> &files) {
  return test::write_folder("sharded", files) + "/" + kIndex;
}

TEST(Shards, AreReadByTheirIndex) {
  const Checkpoint checkpoint = read_checkpoint(written(Dealt().files()));
  EXPECT_EQ(checkpoint.layout, "safetensors in 3 shards (Hugging Face names)");
  expect_golden_weights(checkpoint);
}

TEST(Shards, OfPyTorchAreRead) {
  const Dealt dealt("pytorch_model", ".bin");
  std::map<std::string, std::string> files{
      {"pytorch_model.bin.index.json", index_of(dealt.shards)}};
  for (std::size_t i = 0; i < dealt.parts.size(); i++)
    files.emplace(shard_name(i, "pytorch_model", ".bin"), test::state_dict_bytes(dealt.parts[i]));
  const std::string folder = test::write_folder("sharded", files);
  const std::string path = resolve_model(folder);
  EXPECT_EQ(path, folder + "/pytorch_model.bin.index.json");
  const Checkpoint checkpoint = read_checkpoint(path);
  EXPECT_EQ(checkpoint.layout, "pickled state dict in 3 shards (Hugging Face names)");
  expect_golden_weights(checkpoint);
}

TEST(Shards, AreFoundByTheirFolder) {
  const std::string index = written(Dealt().files());
  EXPECT_EQ(resolve_model(test::temporary_folder() + "/sharded"), index);
  EXPECT_EQ(resolve_model(test::temporary_folder() + "/sharded/"), index);
}

TEST(Shards, ThatAreMissingAreNamed) {
  auto files = Dealt().files();
  files.erase(shard_name(1));
  const std::string message = refusal(written(files), ErrorKind::kNotFound);
  expect_says(message, "its shard " + shard_name(1) + " is missing; put all 3 files");
}

TEST(Shards, OutsideTheFolderAreRefused) {
  test::write_file("secret.safetensors", test::read_bytes(test::golden_file(kHuggingFace)));
  for (const std::string &name :
       {std::string("../secret.safetensors"), test::temporary_folder() + "/secret.safetensors",
        std::string("a/../../secret.safetensors"), std::string(".."), std::string("."),
        std::string("./x.safetensors"), std::string()}) {
    Dealt dealt;
    dealt.shards.begin()->second = name;
    expect_says(refusal(written(dealt.files()), ErrorKind::kFormat),
                "which is not a file in the index's own folder");
  }
}

TEST(Shards, ThatLackATensorAreNamedWithIt) {
  Dealt dealt;
  const std::string tensor = dealt.parts[2].begin()->first;
  dealt.parts[2].erase(tensor);
  const std::string message = refusal(written(dealt.files()), ErrorKind::kModel);
  expect_says(message, "its shard " + shard_name(2) + " lacks tensor " + tensor);
}

TEST(Shards, ThatAreDamagedAreNamed) {
  for (const char *bytes : {"", "text", "<html>", "version https://git-lfs", "{}", "\x80"}) {
    auto files = Dealt().files();
    files[shard_name(0)] = bytes;
    expect_says(refusal(written(files), ErrorKind::kFormat), "its shard " + shard_name(0) + ": ");
  }
  auto files = Dealt().files();
  files[shard_name(0)].resize(files[shard_name(0)].size() - 1);
  expect_says(refusal(written(files), ErrorKind::kFormat), "its shard " + shard_name(0) + ": ");
}

TEST(Shards, ThatAreShortenedWhileTheyAreReadAreNamed) {
  const std::string path = written(Dealt().files());
  const CheckpointFile file = open_checkpoint(path);
  std::filesystem::resize_file(test::temporary_folder() + "/sharded/" + shard_name(1), 0);
  bool refused = false;
  for (const RawTensor *tensor : file.parameter_tensors()) {
    try {
      tensor->storage();
    } catch (const Error &error) {
      expect_says(error.what(), "its shard " + shard_name(1));
      refused = true;
    }
  }
  EXPECT_TRUE(refused);
}

TEST(Shards, NeedATensorOnceAndFromTheFileThatTheIndexNames) {
  Dealt dealt;
  // A second copy elsewhere, of another shape.
  const std::string tensor = dealt.parts[0].begin()->first;
  dealt.parts[1][tensor] = {"F16", {1}, std::string(2, '\0')};
  expect_golden_weights(read_checkpoint(written(dealt.files())));
}

TEST(Shards, OfWhichTheIndexNamesTooFewLackTensors) {
  Dealt dealt;
  const std::string tensor = "vision_model.pre_layrnorm.weight";
  ASSERT_EQ(dealt.shards.erase(tensor), 1U);
  expect_says(refusal(written(dealt.files()), ErrorKind::kModel),
              "tensor " + tensor + " is missing");
}

TEST(Shards, NeedAnIndexThatIsOne) {
  const auto refused = [](const std::string &index, const std::string &part) {
    auto files = Dealt().files();
    files[kIndex] = index;
    expect_says(refusal(written(files), ErrorKind::kFormat), part);
  };
  refused("{\"weight_map\": {", "no whole JSON text");
  refused("{\"weight_map\": {}} // so", "no whole JSON text");
  refused("{" + std::string(100, '['), "no whole JSON text");
  refused("{\"weight_map\": \"\xff\"}", "no whole JSON text");
  refused("{}", "no index of shards (it has no weight_map); name the checkpoint itself");
  refused("{\"model_type\": \"clip\"}", "name the checkpoint itself");
  refused("{\"weight_map\": []}", "no weight_map");
  refused("{\"weight_map\": {}}", "names no tensors");
  refused("{\"weight_map\": {\"a\": 1}}", "names no file for tensor a");
  refused("{\"weight_map\": {\"a\": null}}", "names no file for tensor a");
  refused("\n {" + std::string(11u << 20, ' ') + "}", "too large");
  std::map<std::string, std::string> many;
  for (int i = 0; i < 300; i++) many.emplace("t" + std::to_string(i), "s" + std::to_string(i));
  refused(index_of(many), "too many files");
}

TEST(Shards, OfACutOrAlteredIndexAreNeverACrash) {
  const auto files = Dealt().files();
  const std::string path = written(files);
  const std::string &sound = files.at(kIndex);
  int refused = 0;
  const auto read = [&](const std::string &index) {
    test::write_file(std::string("sharded/") + kIndex, index);
    try {
      open_checkpoint(path);
    } catch (const Error &) {
      refused++;
    }
  };
  for (std::size_t i = 0; i < sound.size(); i += 37) {
    read(sound.substr(0, i));
    std::string flipped = sound;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    read(flipped);
  }
  EXPECT_GT(refused, 100);
}

// --- Folders -------------------------------------------------------------------------------------

TEST(ModelFolder, HasItsCheckpointUnderAPublishedName) {
  const std::string bytes = test::read_bytes(test::golden_file(kHuggingFace));
  // From the last choice to the first.
  std::map<std::string, std::string> files{{"README.md", ""}, {"other.safetensors", bytes}};
  for (const char *name :
       {"open_clip_pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model.bin",
        "open_clip_model.safetensors", "model.safetensors.index.json", "model.safetensors"}) {
    files[name] = bytes;
    const std::string folder = test::write_folder("folder", files);
    EXPECT_EQ(resolve_model(folder), folder + "/" + name);
  }
  expect_golden_weights(read_checkpoint(resolve_model(test::temporary_folder() + "/folder")));
}

TEST(ModelFolder, WithoutOneIsRefusedWithTheNames) {
  const std::string folder = test::write_folder("folder", {{"weights.pt", "x"}});
  try {
    resolve_model(folder);
    ADD_FAILURE() << "no error";
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    expect_says(error.what(), folder);
    expect_says(error.what(), "model.safetensors, model.safetensors.index.json");
    expect_says(error.what(), "open_clip_pytorch_model.bin; name the checkpoint's file");
  }
}

}  // namespace
}  // namespace naclip
