#include "model/checkpoint/safetensors.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "checkpoint_files.h"
#include "memory_bytes.h"
#include "model/checkpoint/regular_file.h"
#include "model/error.h"

namespace naclip {
namespace {

RawTensors read_text(const std::string &bytes) {
  return read_safetensors(std::make_shared<const test::MemoryBytes>(bytes));
}

void expect_error(const std::string &bytes) {
  try {
    read_text(bytes);
    ADD_FAILURE() << "no error for " << bytes.substr(0, 200);
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
  }
}

/// A file with this header and so many bytes of data.
std::string file_of(const std::string &header, std::size_t data) {
  return test::with_length(header) + std::string(data, '\0');
}

std::string one(const std::string &dtype, const std::string &shape, const std::string &offsets) {
  return "{\"a\":{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets +
         "}}";
}

TEST(Safetensors, ReadsTensorsOfAGoldenFile) {
  const std::string path = test::golden_file("tiny-openai.safetensors");
  const test::FileTensors expected = test::read_tensors(path);
  const RawTensors tensors = read_safetensors(RegularFile::open(path));
  ASSERT_EQ(tensors.size(), expected.size());
  for (const auto &[name, tensor] : tensors) {
    EXPECT_EQ(tensor.shape, expected.at(name).shape);
    const std::string &bytes = expected.at(name).bytes;
    EXPECT_EQ(
        std::string_view(reinterpret_cast<const char *>(tensor.storage().get()), bytes.size()),
        bytes);
  }
}

TEST(Safetensors, ATensorOfAFileThatWasShortenedIsAnError) {
  const std::string bytes = test::read_bytes(test::golden_file("tiny-openai.safetensors"));
  const std::string path = test::write_file("shortened.safetensors", bytes);
  const RawTensors tensors = read_safetensors(RegularFile::open(path));
  // As `cp` does first to a file that it overwrites.
  std::filesystem::resize_file(path, 0);
  for (const auto &[name, tensor] : tensors) {
    try {
      tensor.storage();
      ADD_FAILURE() << name << " was read from an empty file";
    } catch (const Error &error) {
      EXPECT_EQ(error.kind(), ErrorKind::kRead);
    }
  }
}

TEST(Safetensors, WhatWasReadStaysAsItWas) {
  const std::string bytes = test::read_bytes(test::golden_file("tiny-openai.safetensors"));
  const std::string path = test::write_file("overwritten.safetensors", bytes);
  const test::FileTensors expected = test::read_tensors(path);
  RawTensors tensors = read_safetensors(RegularFile::open(path));
  const auto &[name, tensor] = *tensors.begin();
  const auto storage = tensor.storage();
  test::write_file("overwritten.safetensors", std::string(bytes.size(), 'x'));
  const std::string &before = expected.at(name).bytes;
  EXPECT_EQ(std::string_view(reinterpret_cast<const char *>(storage.get()), before.size()), before);
}

TEST(Safetensors, ReadsScalarsEmptyTensorsAndMetadata) {
  const RawTensors tensors = read_text(file_of(
      R"({"__metadata__":{"a":"b"},"none":{"dtype":"F32","shape":[0,4],"data_offsets":[4,4]},)"
      R"("one":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
      4));
  EXPECT_EQ(tensors.size(), 2u);
  EXPECT_TRUE(tensors.at("one").shape.empty());
}

TEST(Safetensors, GivesDenseStrides) {
  const RawTensors tensors = read_text(file_of(one("\"F16\"", "[2,3,4]", "[0,48]"), 48));
  EXPECT_EQ(tensors.at("a").strides, (std::vector<std::int64_t>{12, 4, 1}));
}

TEST(Safetensors, RefusesOffsetsThatDoNotFit) {
  EXPECT_NO_THROW(read_text(file_of(one("\"F32\"", "[2]", "[0,8]"), 8)));
  expect_error(file_of(one("\"F32\"", "[2]", "[0,8]"), 7));
  expect_error(file_of(one("\"F32\"", "[2]", "[0,8]"), 9));
  expect_error(file_of(one("\"F32\"", "[2]", "[1,9]"), 9));
  expect_error(file_of(one("\"F32\"", "[2]", "[8,0]"), 8));
  expect_error(file_of(one("\"F32\"", "[2]", "[-8,0]"), 8));
  expect_error(file_of(one("\"F32\"", "[3]", "[0,8]"), 8));
  expect_error(file_of(one("\"F32\"", "[2]", "[0,8,8]"), 8));
  expect_error(file_of(one("\"F32\"", "[2]", "[]"), 8));
  expect_error(file_of(one("\"F32\"", "[-2]", "[0,8]"), 8));
  expect_error(file_of(one("\"F32\"", "[4611686018427387904,4]", "[0,0]"), 0));
  expect_error(file_of(one("\"F32\"", "[99999999999999999999999]", "[0,8]"), 8));
  expect_error(file_of(one("\"F32\"", "[2]", "[0,18446744073709551615]"), 8));
  expect_error(file_of(one("\"F32\"", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), 8));
}

TEST(Safetensors, RefusesOverlapsAndGaps) {
  const auto two = [](const std::string &first, const std::string &second) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}";
  };
  EXPECT_NO_THROW(read_text(file_of(two("[0,4]", "[4,8]"), 8)));
  EXPECT_NO_THROW(read_text(file_of(two("[4,8]", "[0,4]"), 8)));
  expect_error(file_of(two("[0,4]", "[2,6]"), 6));
  expect_error(file_of(two("[0,4]", "[0,4]"), 4));
  expect_error(file_of(two("[0,4]", "[5,9]"), 9));
}

TEST(Safetensors, RefusesHeadersOfTheWrongKind) {
  for (const char *header : {"", "{", "[]", "7", "null", "{\"a\":7}", "{\"a\":{}}", "{\"a\":[]}",
                             "{\"a\":null}", "nonsense"})
    expect_error(file_of(header, 0));
  expect_error(file_of(one("\"F8_E4M3\"", "[2]", "[0,2]"), 2));
  expect_error(file_of(one("7", "[2]", "[0,8]"), 8));
  expect_error(file_of(one("\"F32\"", "2", "[0,8]"), 8));
  expect_error(file_of(one("\"F32\"", "[2.0]", "[0,8]"), 8));
  expect_error(file_of(one("\"F32\"", "[\"2\"]", "[0,8]"), 8));
  expect_error(file_of(one("\"F32\"", "[null]", "[0,8]"), 8));
  expect_error(file_of(one("\"F32\"", "[[2]]", "[0,8]"), 8));
  expect_error(file_of("{\"\xff\":{}}", 0));
  expect_error(file_of(std::string("{\0}", 3), 0));
}

TEST(Safetensors, RefusesLengthsBeyondTheFile) {
  expect_error("");
  expect_error("\x01");
  expect_error(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10));
  expect_error(std::string("\x03\0\0\0\0\0\0\0{}", 10));
  EXPECT_NO_THROW(read_text(std::string("\x02\0\0\0\0\0\0\0{}", 10)));
}

TEST(Safetensors, RefusesNestingThatWouldExhaustTheStack) {
  const std::string deep(1'000'000, '[');
  expect_error(file_of(deep, 0));
  expect_error(file_of("{\"a\":" + deep, 0));
  expect_error(file_of("{\"a\":" + deep + std::string(1'000'000, ']') + "}", 0));
  // Brackets that a comment or another kind of quote would hide from whoever counts them.
  expect_error(file_of("{//\"\n\"a\":" + deep, 0));
  expect_error(file_of("{/*\"*/\"a\":" + deep, 0));
  expect_error(file_of("{'\"':" + deep, 0));
  expect_error(file_of("{\"\\\\\":" + deep, 0));
}

TEST(Safetensors, RefusesEveryTruncationOfASoundFile) {
  const std::string bytes = test::safetensors_bytes(
      {{"a", {"F16", {2, 3}, std::string(12, 'x')}}, {"b", {"F32", {}, std::string(4, 'y')}}});
  ASSERT_EQ(read_text(bytes).size(), 2u);
  for (std::size_t length = 0; length < bytes.size(); length++)
    expect_error(bytes.substr(0, length));
}

TEST(Safetensors, SurvivesFlippedBitsOfTheHeader) {
  const std::string sound = test::safetensors_bytes(
      {{"a", {"F16", {2, 3}, std::string(12, 'x')}}, {"b", {"F32", {}, std::string(4, 'y')}}});
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * (sound.size() - 16); bit++) {
    std::string bytes = sound;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    try {
      for (const auto &entry : read_text(bytes)) EXPECT_LE(element_count(entry.second.shape), 16);
    } catch (const Error &error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFormat);
      refused++;
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace naclip
