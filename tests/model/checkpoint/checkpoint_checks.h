// What tests of checkpoints share: refusals, and a comparison with the golden weights.
#pragma once

#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include <string>

#include "checkpoint_files.h"
#include "model/error.h"
#include "model/network/checkpoint.h"

namespace naclip::test {

inline const char *const kOpenAi = "tiny-openai.safetensors";
inline const char *const kHuggingFace = "tiny-huggingface.safetensors";

/// Reads a file that must be refused so; returns the message.
inline std::string refusal(const std::string &path, ErrorKind kind) {
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

inline void expect_says(const std::string &message, const std::string &part) {
  EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
}

inline at::Tensor golden_tensor(const FileTensor &tensor) {
  return at::from_blob(const_cast<char *>(tensor.bytes.data()), tensor.shape,
                       at::TensorOptions().dtype(at::kHalf))
      .clone();
}

inline void expect_golden_weights(const Checkpoint &checkpoint) {
  const FileTensors expected = read_tensors(golden_file(kOpenAi));
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

}  // namespace naclip::test
