// What users read: files that cannot be read, words that are repeated.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "model/base/file_error.h"
#include "model/base/quote.h"
#include "model/text/merge_file.h"
#include "model/vocabulary.h"

namespace naclip {
namespace {

TEST(FileError, SaysWhatIsWrongAndHowToMendIt) {
  const struct {
    int cause;
    ErrorKind kind;
    const char *remedy;
  } cases[] = {{ENOENT, ErrorKind::kNotFound, "check the path"},
               {ENOTDIR, ErrorKind::kNotFound, "check the path"},
               {EACCES, ErrorKind::kRead, "permissions"},
               {EISDIR, ErrorKind::kRead, "folder"},
               {ENOMEM, ErrorKind::kMemory, "memory"},
               {EMFILE, ErrorKind::kRead, "ulimit -n"},
               {EIO, ErrorKind::kRead, "disk"},
               {ENAMETOOLONG, ErrorKind::kRead, "File name too long"}};
  for (const auto &one : cases) {
    const Error error = file_error("Cannot read words.txt: ", one.cause);
    EXPECT_EQ(error.kind(), one.kind) << one.remedy;
    EXPECT_EQ(std::string(error.what()).find("Cannot read words.txt: "), 0U);
    EXPECT_NE(std::string(error.what()).find(one.remedy), std::string::npos) << error.what();
    EXPECT_EQ(error.detail(), std::strerror(one.cause));
    if (one.cause != EACCES) {
      EXPECT_EQ(std::string(error.what()).find("permissions"), std::string::npos) << error.what();
    }
  }
}

TEST(FileError, TellsWhereItWasMade) {
  const Error error(ErrorKind::kRead, "text");
  EXPECT_TRUE(std::string(error.place().file).ends_with("messages_test.cpp"));
  EXPECT_EQ(error.place().line, __LINE__ - 2);
}

class Pipes : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(::testing::TempDir()) / ("naclip-pipes-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    path_ = (folder_ / "pipe").string();
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  template <class Read>
  void expect_refused(Read read) {
    try {
      read();
      ADD_FAILURE() << "a pipe was read";
    } catch (const Error &error) {
      EXPECT_EQ(error.kind(), ErrorKind::kRead);
      EXPECT_NE(std::string(error.what()).find("pipe"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(path_), std::string::npos) << error.what();
    }
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(Pipes, AreRefusedInsteadOfWaitedFor) {
  expect_refused([&] { Vocabulary::parse_file(path_); });
  expect_refused([&] { read_merges(path_); });
}

TEST(Quote, LeavesShortTextWhole) {
  EXPECT_EQ(quote(""), "\"\"");
  const std::string forty(40, 'x');
  EXPECT_EQ(quote(forty), "\"" + forty + "\"");
}

TEST(Quote, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(quote(std::string(41, 'x')), "\"" + std::string(40, 'x') + "…\"");
  std::string long_word, forty;
  for (int i = 0; i < 10000; ++i) long_word += "猫";
  for (int i = 0; i < 40; ++i) forty += "猫";
  EXPECT_EQ(quote(long_word), "\"" + forty + "…\"");
  EXPECT_EQ(quote("caf\xC3"), "\"caf\uFFFD\"");
}

TEST(Quote, IsWhatAVocabularysMistakesAreToldBy) {
  const std::string word(5000, 'w');
  for (const std::string &text : {word + ";" + word, "a #" + word}) {
    try {
      Vocabulary::parse(text);
      ADD_FAILURE() << "taken";
    } catch (const Error &error) {
      EXPECT_LT(std::string(error.what()).size(), 250U);
    }
  }
}

}  // namespace
}  // namespace naclip
