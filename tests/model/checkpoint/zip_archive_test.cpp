#include "model/checkpoint/zip_archive.h"

#include <gtest/gtest.h>

#include "model/error.h"
#include "torch_files.h"

namespace naclip {
namespace {

ZipArchive open(const std::string &bytes) {
  return ZipArchive(*RegularFile::open(test::write_file("opened.zip", bytes)));
}

void expect_damaged(const std::string &bytes, const std::string &entry) {
  try {
    open(bytes).read(entry);
    ADD_FAILURE() << "no error";
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
  }
}

TEST(ZipArchive, ReadsStoredEntries) {
  ZipArchive archive = open(test::zip_bytes({{"a/one", "first"}, {"a/two", ""}}));
  EXPECT_EQ(archive.names(), (std::vector<std::string>{"a/one", "a/two"}));
  EXPECT_TRUE(archive.has("a/two"));
  EXPECT_FALSE(archive.has("two"));
  const ZipEntry entry = archive.read("a/one");
  EXPECT_EQ(std::string(reinterpret_cast<const char *>(entry.bytes.get()),
                        static_cast<std::size_t>(entry.size)),
            "first");
  EXPECT_EQ(archive.read("a/two").size, 0);
}

TEST(ZipArchive, RefusesEveryBitFlippedInAnEntry) {
  const std::string content = "weights, weights";
  const std::string sound = test::zip_bytes({{"a", content}});
  const std::size_t start = sound.find(content);
  ASSERT_NE(start, std::string::npos);
  for (std::size_t bit = 0; bit < 8 * content.size(); bit++) {
    std::string bytes = sound;
    char &byte = bytes[start + bit / 8];
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
    expect_damaged(bytes, "a");
  }
}

TEST(ZipArchive, ReadsNoMoreThanTheFileHolds) {
  ZipArchive archive = open(test::zip_bytes({{"a", std::string(1000, 'x')}}));
  EXPECT_NO_THROW(archive.read("a"));
  // As entries would ask for that share their bytes.
  EXPECT_THROW(archive.read("a"), Error);
}

TEST(ZipArchive, RefusesEntriesThatAreNotThere) {
  expect_damaged(test::zip_bytes({{"a", "x"}}), "b");
}

}  // namespace
}  // namespace naclip
