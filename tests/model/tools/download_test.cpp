// A file comes whole or not at all: against a server on the loopback that lies, refuses, or sends
// more than fits.
#include <pthread.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <limits>
#include <memory>

#include "downloading.h"
#include "model/process/interrupted.h"
#include "model/tools/naclip-model/file_lock.h"

namespace naclip::test {
namespace {

namespace files = std::filesystem;

// --- Whole
// -----------------------------------------------------------------------------------------

TEST_F(Downloading, PutsTheWholeFileInItsPlaceAndLeavesNothingBeside) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.whole(whole_); });
  std::uint64_t done = 0, total = 0;
  options_.progress = [&](std::uint64_t now, std::uint64_t of) {
    EXPECT_GE(now, done);
    done = now;
    total = of;
  };
  EXPECT_EQ(download(from(server), options_), Downloaded::kFetched);
  expect_whole();
  EXPECT_EQ(left(), Names{"model.pt"});
  EXPECT_EQ(ranges(server), Names{""});
  EXPECT_EQ(done, whole_.size());
  EXPECT_EQ(total, whole_.size());
}

TEST_F(Downloading, MakesTheFolder) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.whole(whole_); });
  Download what = from(server);
  what.path = folder_ + "/a/b/model.pt";
  download(what, options_);
  EXPECT_TRUE(read(what.path) == whole_);
}

TEST_F(Downloading, FollowsARedirection) {
  const HttpServer server([&](Answer &answer, const Asked &asked) {
    asked.path == "/model.pt" ? answer.redirect("/elsewhere") : answer.whole(whole_);
  });
  download(from(server), options_);
  expect_whole();
}

TEST_F(Downloading, TakesAFileOfUnknownLength) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.unmeasured(whole_); });
  download(from(server), options_);
  expect_whole();
}

TEST_F(Downloading, AsksNobodyWhereTheFileIsHere) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.status(500); });
  write(path_, whole_);
  EXPECT_EQ(download(from(server), options_), Downloaded::kWasHere);
  EXPECT_TRUE(server.asked().empty());
  EXPECT_EQ(left(), Names{"model.pt"});
}

TEST_F(Downloading, ReplacesAFileThatIsAnother) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.whole(whole_); });
  write(path_, half_);
  EXPECT_EQ(download(from(server), options_), Downloaded::kFetched);
  expect_whole();
  expect_part(said_, "not the published file");
}

TEST_F(Downloading, LeavesAFileThatIsAnotherWhereThereIsNoBetter) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.status(404); });
  write(path_, half_);
  failure(from(server));
  EXPECT_TRUE(read(path_) == half_);
}

// --- Wrong
// -----------------------------------------------------------------------------------------

TEST_F(Downloading, RefusesAnotherSumAndDeletesWhatCame) {
  std::string altered = whole_;
  altered[200000] ^= 1;
  const HttpServer server([&](Answer &answer, const Asked &) { answer.whole(altered); });
  const Error error = failure(from(server));
  EXPECT_EQ(error.kind(), ErrorKind::kFormat);
  expect_part(error.what(), sum_of(altered));
  expect_part(error.what(), sum_of(whole_));
  EXPECT_TRUE(left().empty());
  EXPECT_EQ(server.asked().size(), 1U);
}

TEST_F(Downloading, RefusesAnEmptyFile) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.whole(""); });
  EXPECT_EQ(failure(from(server)).kind(), ErrorKind::kFormat);
  EXPECT_TRUE(left().empty());
}

TEST_F(Downloading, SaysWhatTheServerDoesNotHave) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.status(404); });
  const Error error = failure(from(server));
  EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
  expect_part(error.what(), "HTTP 404");
  expect_part(error.what(), server.base() + "/model.pt");
  EXPECT_TRUE(left().empty());
  EXPECT_EQ(server.asked().size(), 1U);
}

TEST_F(Downloading, AsksTheNextAddressWhereOneHasNoSuchFile) {
  const HttpServer server([&](Answer &answer, const Asked &asked) {
    asked.path == "/second/model.pt" ? answer.whole(whole_) : answer.status(404);
  });
  Download what = from(server);
  what.urls.push_back(server.base() + "/second/model.pt");
  download(what, options_);
  expect_whole();
}

TEST_F(Downloading, DoesNotPesterAServerThatRefuses) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.status(403); });
  const Error error = failure(from(server));
  EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
  expect_part(error.what(), "HTTP 403");
  EXPECT_EQ(server.asked().size(), 1U);
}

TEST_F(Downloading, TriesAServerThatIsBusyAsOftenAsItWasTold) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.status(503); });
  options_.attempts = 3;
  const Error error = failure(from(server));
  EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
  expect_part(error.what(), "HTTP 503");
  EXPECT_EQ(server.asked().size(), 3U);
  EXPECT_TRUE(left().empty());
}

TEST_F(Downloading, KeepsAPartThroughARefusal) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.status(403); });
  write(part_, half_);
  failure(from(server));
  EXPECT_TRUE(read(part_) == half_);
}

TEST_F(Downloading, SaysAtOnceThatAHostCannotBeReached) {
  Download what;
  {
    const HttpServer server([](Answer &, const Asked &) {});
    what = from(server);
  }
  const Error error = failure(what);
  EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
  expect_part(error.what(), "cannot be reached");
  expect_part(error.what(), "127.0.0.1");
  EXPECT_EQ(said_, "");
  EXPECT_TRUE(left().empty());
}

TEST_F(Downloading, TakesNoOtherProtocol) {
  write(folder_ + "/source", whole_);
  Download what{{"file://" + folder_ + "/source"}, path_, sum_of(whole_)};
  const Error error = failure(what);
  EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
  expect_part(error.what(), "rotocol");
}

// --- No room
// ---------------------------------------------------------------------------------------

TEST_F(Downloading, NamesTheFolderWhereTheDiskIsFull) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.whole(whole_); });
  // Every write to this device says that the disk is full.
  files::create_symlink("/dev/full", part_);
  const Error error = failure(from(server));
  EXPECT_EQ(error.kind(), ErrorKind::kWrite);
  expect_part(error.what(), "no room in " + folder_);
  expect_part(error.what(), "300 kB more are needed");
  EXPECT_FALSE(files::exists(path_));
}

TEST_F(Downloading, KnowsBeforehandThatTheDiskIsTooSmall) {
  const HttpServer server([&](Answer &answer, const Asked &) {
    answer.stall(half_, std::numeric_limits<std::int64_t>::max());
  });
  const Error error = failure(from(server));
  EXPECT_EQ(error.kind(), ErrorKind::kWrite);
  expect_part(error.what(), "no room in " + folder_);
  expect_part(error.what(), "9.2 EB more are needed");
  EXPECT_TRUE(left().empty());
}

TEST_F(Downloading, GoesOnOnceThereIsRoom) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.whole(whole_); });
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{100000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const Error error = failure(from(server));
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(error.kind(), ErrorKind::kWrite);
  expect_part(error.what(), "ulimit -f");
  EXPECT_TRUE(read(part_) == whole_.substr(0, 100000));
  download(from(server), options_);
  expect_whole();
  EXPECT_EQ(ranges(server), (Names{"", "bytes=100000-"}));
}

TEST_F(Downloading, NamesAFolderThatCannotBeMade) {
  write(folder_ + "/file", "");
  Download what{{"http://127.0.0.1:1/"}, folder_ + "/file/model.pt", sum_of(whole_)};
  const Error error = failure(what);
  EXPECT_EQ(error.kind(), ErrorKind::kWrite);
  expect_part(error.what(), folder_ + "/file");
}

// --- Two at once
// -----------------------------------------------------------------------------------

TEST_F(Downloading, WaitsForAnotherThatFetchesTheSame) {
  std::promise<std::string> waits;
  std::future<Downloaded> second;
  Download what;
  const HttpServer server([&](Answer &answer, const Asked &) {
    // The first has the lock: now the second comes, and the answer waits until it waits.
    second = std::async(std::launch::async, [&] {
      DownloadOptions options;
      options.say = [&](const std::string &line) { waits.set_value(line); };
      return download(what, options);
    });
    expect_part(waits.get_future().get(), "process " + std::to_string(getpid()));
    answer.whole(whole_);
  });
  what = from(server);
  EXPECT_EQ(download(what, options_), Downloaded::kFetched);
  EXPECT_EQ(second.get(), Downloaded::kWasHere);
  EXPECT_EQ(server.asked().size(), 1U);
  EXPECT_EQ(left(), Names{"model.pt"});
}

TEST_F(Downloading, IsNotHeldUpByTheLockOfAProcessThatDied) {
  const HttpServer server([&](Answer &answer, const Asked &) { answer.whole(whole_); });
  write(path_ + ".lock", "1\n");
  download(from(server), options_);
  EXPECT_EQ(said_, "");
  EXPECT_EQ(left(), Names{"model.pt"});
}

TEST_F(Downloading, TakesTheLockAnewWhereItsFileWentWithTheOneBefore) {
  const std::string name = folder_ + "/lock";
  auto first = std::make_unique<FileLock>(name, nullptr, nullptr);
  std::promise<void> waits;
  std::future<bool> named = std::async(std::launch::async, [&] {
    const FileLock second(
        name, [&](const std::string &) { waits.set_value(); }, nullptr);
    // A third would open the file of that name: without one it would not see this lock.
    return files::exists(name);
  });
  waits.get_future().wait();
  first.reset();
  EXPECT_TRUE(named.get());
  EXPECT_TRUE(left().empty());
}

TEST_F(Downloading, StopsWaitingWhereTheUserAsks) {
  const std::string name = folder_ + "/lock";
  const FileLock held(name, nullptr, nullptr);
  struct sigaction action = {}, before = {};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, &before);
  std::atomic<bool> gave_up = false;
  std::thread waiter([&] {
    EXPECT_THROW(FileLock(
                     name, [](const std::string &) {}, [] { return true; }),
                 Interrupted);
    gave_up = true;
  });
  // A signal that comes before the wait is lost, so one is not enough.
  while (!gave_up) {
    pthread_kill(waiter.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  waiter.join();
  sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace naclip::test
