// Pickled state dicts and TorchScript archives as read_checkpoint() meets them; the golden files
// are read in checkpoint_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>

#include "checkpoint_checks.h"
#include "checkpoint_files.h"
#include "model/error.h"
#include "model/network/checkpoint.h"
#include "torch_files.h"

namespace naclip {
namespace {

using test::expect_golden_weights;
using test::expect_says;
using test::FileTensors;
using test::kHuggingFace;
using test::kOpenAi;
using test::refusal;
using test::write_file;

TEST(TorchArchive, ReadsStateDictsOfTrainingRuns) {
  const FileTensors tensors = test::read_tensors(test::golden_file(kOpenAi));
  for (const char *prefix : {"", "module."})
    for (const char *nested : {"", "state_dict", "model_state_dict", "model"}) {
      const std::string path =
          write_file("trained.pt", test::state_dict_bytes(tensors, prefix, nested));
      const Checkpoint checkpoint = read_checkpoint(path);
      EXPECT_EQ(checkpoint.layout, "pickled state dict (OpenAI names)");
      expect_golden_weights(checkpoint);
    }
}

TEST(TorchArchive, ReadsPickledHuggingFaceNames) {
  const FileTensors tensors = test::read_tensors(test::golden_file(kHuggingFace));
  const Checkpoint checkpoint =
      read_checkpoint(write_file("pytorch_model.bin", test::state_dict_bytes(tensors)));
  EXPECT_EQ(checkpoint.layout, "pickled state dict (Hugging Face names)");
  expect_golden_weights(checkpoint);
}

TEST(TorchArchive, NamesATensorThatAPickleLacks) {
  FileTensors tensors = test::read_tensors(test::golden_file(kOpenAi));
  tensors.erase("ln_final.weight");
  const std::string path = write_file("lacking.pt", test::state_dict_bytes(tensors));
  expect_says(refusal(path, ErrorKind::kModel), "tensor ln_final.weight is missing");
}

TEST(TorchArchive, RefusesAStorageThatIsTooShort) {
  FileTensors tensors = test::read_tensors(test::golden_file(kOpenAi));
  // The pickle says as many elements as the shape has, the archive holds fewer.
  const auto cut = [](const std::string &key, std::string bytes) {
    return key == "0" ? bytes.substr(0, bytes.size() - 2) : bytes;
  };
  refusal(write_file("short.pt", test::state_dict_bytes(tensors, "", "", cut)), ErrorKind::kFormat);
}

TEST(TorchArchive, RunsNothingOfAHostilePickle) {
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

TEST(TorchArchive, SurvivesModulesThatHoldEachOther) {
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

TEST(TorchArchive, RefusesTensorsThatShareTheirBytes) {
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

TEST(TorchArchive, RefusesArchivesThatAreNotPyTorchs) {
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

}  // namespace
}  // namespace naclip
