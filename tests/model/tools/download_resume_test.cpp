// A file that broke off goes on, against a server on the loopback that breaks off and resumes.
#include <atomic>

#include "downloading.h"
#include "model/process/interrupted.h"

namespace naclip::test {
namespace {

TEST_F(Downloading, GoesOnWhereTheConnectionBroke) {
  std::atomic<int> count = 0;
  const HttpServer server([&](Answer &answer, const Asked &) {
    count++ == 0 ? answer.break_off(half_, whole_.size()) : answer.whole(whole_);
  });
  EXPECT_EQ(download(from(server), options_), Downloaded::kFetched);
  expect_whole();
  EXPECT_EQ(ranges(server), (Names{"", "bytes=150000-"}));
  expect_part(said_, "Trying again");
}

TEST_F(Downloading, GoesOnWhereAnEarlierCallBrokeOff) {
  std::atomic<int> count = 0;
  const HttpServer server([&](Answer &answer, const Asked &) {
    count++ == 0 ? answer.break_off(half_, whole_.size()) : answer.whole(whole_);
  });
  options_.attempts = 1;
  const Error error = failure(from(server));
  EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
  expect_part(error.what(), "resumes after the 150 kB");
  EXPECT_EQ(left(), Names{"model.pt.part"});
  EXPECT_TRUE(read(part_) == half_);
  EXPECT_EQ(download(from(server), options_), Downloaded::kFetched);
  expect_whole();
  EXPECT_EQ(left(), Names{"model.pt"});
  EXPECT_EQ(ranges(server), (Names{"", "bytes=150000-"}));
}

TEST_F(Downloading, BeginsAnewWhereTheServerCannotResume) {
  const HttpServer server(
      [&](Answer &answer, const Asked &) { answer.whole_whatever_was_asked(whole_); });
  write(part_, half_);
  std::uint64_t done = 0, total = 0;
  options_.progress = [&](std::uint64_t now, std::uint64_t of) {
    done = now;
    total = of;
  };
  download(from(server), options_);
  expect_whole();
  EXPECT_EQ(ranges(server), Names{"bytes=150000-"});
  EXPECT_EQ(done, whole_.size());
  EXPECT_EQ(total, whole_.size());
}

TEST_F(Downloading, BeginsAnewWhereTheServerSendsAnotherPart) {
  const HttpServer server([&](Answer &answer, const Asked &asked) {
    asked.range.empty() ? answer.whole(whole_) : answer.part_from(100, whole_.substr(100));
  });
  write(part_, half_);
  download(from(server), options_);
  expect_whole();
  EXPECT_EQ(ranges(server), (Names{"bytes=150000-", ""}));
  // Told from the answer's header, not from the sum of two parts that do not fit.
  expect_part(said_, "not requested");
}

TEST_F(Downloading, BeginsAnewWhereThePartIsLargerThanTheFile) {
  for (const bool with_page : {true, false}) {
    SCOPED_TRACE(with_page ? "the refusal comes with a page" : "its page breaks off");
    std::filesystem::remove(path_);
    const HttpServer server([&](Answer &answer, const Asked &asked) {
      asked.range.empty() ? answer.whole(whole_) : answer.unsatisfied(whole_.size(), with_page);
    });
    write(part_, whole_ + "more");
    download(from(server), options_);
    expect_whole();
    EXPECT_EQ(ranges(server), (Names{"bytes=300004-", ""}));
    EXPECT_EQ(left(), Names{"model.pt"});
  }
}

TEST_F(Downloading, BeginsAnewWhereTheServerSendsAFileThatIsSmallerThanThePart) {
  const HttpServer server(
      [&](Answer &answer, const Asked &) { answer.whole_whatever_was_asked(whole_); });
  write(part_, whole_ + "more");
  download(from(server), options_);
  expect_whole();
  EXPECT_EQ(ranges(server), Names{"bytes=300004-"});
  EXPECT_EQ(left(), Names{"model.pt"});
}

TEST_F(Downloading, TakesAPartThatIsWholeAsItIs) {
  const HttpServer server(
      [&](Answer &answer, const Asked &) { answer.unsatisfied(whole_.size()); });
  write(part_, whole_);
  EXPECT_EQ(download(from(server), options_), Downloaded::kFetched);
  expect_whole();
  EXPECT_EQ(ranges(server), Names{"bytes=300000-"});
}

TEST_F(Downloading, BeginsAnewOnceWhereThePartIsOfAnotherFile) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.whole(whole_); });
  write(part_, std::string(150000, 'x'));
  download(from(server), options_);
  expect_whole();
  EXPECT_EQ(ranges(server), (Names{"bytes=150000-", ""}));
  expect_part(said_, "did not belong");
}

TEST_F(Downloading, TriesAgainWhereNothingComesAnyMore) {
  std::atomic<int> count = 0;
  const HttpServer server([&](Answer &answer, const Asked &) {
    count++ == 0 ? answer.stall(half_, whole_.size()) : answer.whole(whole_);
  });
  options_.stall_seconds = 1;
  download(from(server), options_);
  expect_whole();
  EXPECT_EQ(ranges(server), (Names{"", "bytes=150000-"}));
}

TEST_F(Downloading, StopsWhereTheUserAsksAndKeepsWhatCame) {
  const HttpServer server(
      [&](Answer &answer, const Asked &) { answer.stall(half_, whole_.size()); });
  bool all_came = false;
  options_.progress = [&](std::uint64_t done, std::uint64_t) { all_came = done == half_.size(); };
  options_.give_up = [&] { return all_came; };
  EXPECT_THROW(download(from(server), options_), Interrupted);
  EXPECT_TRUE(read(part_) == half_);
  EXPECT_EQ(left(), Names{"model.pt.part"});
}

}  // namespace
}  // namespace naclip::test
