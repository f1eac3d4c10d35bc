// What tests of downloads have in common: a file, a folder for it, a server's log.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "http_server.h"
#include "model/error.h"
#include "model/tools/naclip-model/download.h"
#include "test_folder.h"

namespace naclip::test {

inline std::string sum_of(const std::string &bytes) {
  g_autofree gchar *sum = g_compute_checksum_for_data(
      G_CHECKSUM_SHA256, reinterpret_cast<const guchar *>(bytes.data()), bytes.size());
  return sum;
}

inline std::string read(const std::filesystem::path &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write(const std::filesystem::path &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Bytes of which no part equals another.
inline std::string some_bytes(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; bytes.size() < size; ++i) bytes += std::to_string(i) + ",";
  bytes.resize(size);
  return bytes;
}

class Downloading : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    options_.first_delay_ms = 0;
    options_.say = [this](const std::string &line) { said_ += line + "\n"; };
  }

  Download from(const HttpServer &server) const {
    return {{server.base() + "/model.pt"}, path_, sum_of(whole_)};
  }

  /// The error of a call that must fail.
  Error failure(const Download &what) {
    try {
      download(what, options_);
    } catch (const Error &error) {
      return error;
    }
    ADD_FAILURE() << "the download succeeded";
    return {ErrorKind::kSettings, ""};
  }

  void expect_whole() const { EXPECT_TRUE(read(path_) == whole_) << "another content"; }

  /// What is in the folder, to see that nothing is left behind.
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(folder_))
      names.push_back(entry.path().filename());
    return names;
  }

  static void expect_part(const std::string &text, const std::string &part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }

  const std::string whole_ = some_bytes(300000);
  const std::string half_ = whole_.substr(0, 150000);
  const std::string folder_ = folder() + "/models";
  const std::string path_ = folder_ + "/model.pt";
  const std::string part_ = path_ + ".part";
  DownloadOptions options_;
  std::string said_;
};

using Names = std::vector<std::string>;

inline std::vector<std::string> ranges(const HttpServer &server) {
  std::vector<std::string> found;
  for (const Asked &asked : server.asked()) found.push_back(asked.range);
  return found;
}

}  // namespace naclip::test
