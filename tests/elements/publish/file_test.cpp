// naclippublish to files and pipes: where they are full, closed, renamed, or nobody reads.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <iostream>

#include "publish_fixture.h"

namespace naclip::testing {
namespace {

TEST_F(PublishFile, CountsWhatWasSentSinceStart) {
  Publish publish(location() + "when=every");
  for (int number = 0; number < 5; ++number) publish.push(publish.frame(number));
  publish.end();
  EXPECT_EQ(publish.statistic("sent"), 5U);
  EXPECT_EQ(publish.statistic("queued"), 0U);
  EXPECT_EQ(publish.statistic("dropped"), 0U);
  EXPECT_TRUE(publish.connected());
  publish.stop();
  EXPECT_EQ(publish.statistic("sent"), 5U) << "of the last stream";
  EXPECT_FALSE(publish.connected());
}

TEST_F(PublishFile, AStreamThatIsStoppedWithoutItsEndLosesNothing) {
  Publish publish(location() + "when=every");
  for (int number = 0; number < 500; ++number) publish.push(publish.frame(number));
  publish.stop();
  EXPECT_EQ(frames().size(), 500U);
}

TEST_F(PublishFile, AddsToTheFileThatIsThere) {
  folder_.write("out.jsonl", "before\n");
  Publish publish(location());
  publish.end();
  publish.stop();
  EXPECT_EQ(lines_in(folder_.file("out.jsonl")).at(0), "before");
  EXPECT_EQ(lines_in(folder_.file("out.jsonl")).size(), 3U);
}

TEST_F(PublishFile, ReopensTheFileUnderItsName) {
  Publish publish(location() + "when=every");
  for (int number = 0; number < 3; ++number) publish.push(publish.frame(number));
  ASSERT_TRUE(eventually([&] { return publish.statistic("sent") == 3; }));
  g_rename(folder_.file("out.jsonl").c_str(), folder_.file("old.jsonl").c_str());
  publish.push(publish.frame(3));
  ASSERT_TRUE(eventually([&] { return publish.statistic("sent") == 4; }));
  g_signal_emit_by_name(publish.element(), "reopen");
  ASSERT_TRUE(eventually(
      [&] { return g_file_test(folder_.file("out.jsonl").c_str(), G_FILE_TEST_EXISTS); }));
  publish.push(publish.frame(4));
  publish.end();
  publish.stop();
  EXPECT_EQ(all_at("$.sequence", of_type("frame", lines_in(folder_.file("old.jsonl")))), "0 1 2 3");
  EXPECT_EQ(sequences(), "4");
}

TEST_F(PublishFile, AFileThatCannotBeOpenedAgainIsTriedWithEachMessage) {
  Publish publish(location() + "when=every on-error=warn");
  publish.push(publish.frame(0));
  ASSERT_TRUE(eventually([&] { return publish.statistic("sent") == 1; }));
  const std::string name = folder_.file("out.jsonl");
  g_rename(name.c_str(), folder_.file("old.jsonl").c_str());
  ASSERT_EQ(g_mkdir(name.c_str(), 0700), 0);
  g_signal_emit_by_name(publish.element(), "reopen");
  EXPECT_EQ(publish.warning(), "The file " + name + " cannot be opened: Is a directory.");
  publish.push(publish.frame(1));
  ASSERT_TRUE(eventually([&] { return publish.statistic("dropped") == 1; }));
  ASSERT_EQ(g_rmdir(name.c_str()), 0);
  publish.push(publish.frame(2));
  publish.end();
  publish.stop();
  EXPECT_EQ(sequences(), "2");
}

TEST_F(PublishFile, AFullDiskEndsTheStream) {
  Publish publish("location=/dev/full when=every");
  ASSERT_NE(publish.messages().wait_for(GST_MESSAGE_ERROR), nullptr);
  EXPECT_TRUE(eventually([&] { return publish.push(publish.masked(0)) == GST_FLOW_ERROR; }));
  publish.end();
  EXPECT_FALSE(publish.has_warning());
}

TEST_F(PublishFile, AFullDiskIsAWarningWhereAskedFor) {
  Publish publish("location=/dev/full when=every on-error=warn");
  for (int number = 0; number < 5; ++number)
    EXPECT_EQ(publish.push(publish.masked(number)), GST_FLOW_OK);
  publish.end();
  EXPECT_EQ(publish.warning(), "The file /dev/full cannot be written: No space left on device.");
  EXPECT_FALSE(publish.has_warning()) << "once";
  EXPECT_EQ(publish.messages().next(GST_MESSAGE_ERROR), nullptr);
  EXPECT_EQ(publish.statistic("dropped"), 6U);
  EXPECT_EQ(publish.statistic("sent"), 0U);
}

/// Lets no file of this process grow beyond so many bytes.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }
  FileLimit(const FileLimit &) = delete;
  FileLimit &operator=(const FileLimit &) = delete;

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST_F(PublishFile, OfALineThatDoesNotFitNothingRemains) {
  Publish publish(location() + "when=every on-error=warn");
  {
    const FileLimit limit(1000);
    for (int number = 0; number < 10; ++number) publish.push(publish.masked(number));
    ASSERT_TRUE(eventually([&] { return publish.statistic("queued") == 0; }));
  }
  EXPECT_TRUE(publish.warning().ends_with("cannot be written: File too large."));
  const guint64 before = publish.statistic("sent");
  EXPECT_GT(before, 0U);
  EXPECT_EQ(before + publish.statistic("dropped"), 11U);
  publish.push(publish.masked(10));
  publish.end();
  publish.stop();
  EXPECT_EQ(publish.statistic("sent"), before + 1);
  EXPECT_EQ(lines().size(), before + 3) << "all of the schema; with those of type status";
  EXPECT_EQ(frames().size(), before) << "one of them is the vocabulary";
}

TEST_F(PublishFile, DoesNotStartWhereItCannotWork) {
  ASSERT_EQ(mkfifo(folder_.file("pipe").c_str(), 0600), 0);
  GST_ELEMENT_REGISTER(naclippublish, nullptr);
  for (const auto &[properties, error] :
       {std::pair<std::string, std::string>{
            "location=/none/file",
            "The file /none/file cannot be opened: No such file or directory."},
        {"location=" + folder_.file("pipe"),
         "The file " + folder_.file("pipe") + " cannot be opened: No such device or address."},
        {"method=mqtt", "Set address to the broker's host:port."},
        {"method=kafka", "Set address to the broker's host:port."}}) {
    const Ptr<GstElement> element(static_cast<GstElement *>(
        gst_object_ref_sink(gst_parse_launch(("naclippublish " + properties).c_str(), nullptr))));
    Messages messages(element.get());
    EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    const Ptr<GstMessage> message = messages.next(GST_MESSAGE_ERROR);
    ASSERT_NE(message, nullptr);
    EXPECT_EQ(error_of(message.get())->message, error);
    gst_element_set_state(element.get(), GST_STATE_NULL);
  }
}

/// With standard output in a pipe that nobody empties until asked to.
class PublishPipe : public PublishFile {
 protected:
  void SetUp() override {
    std::cout.flush();
    ASSERT_EQ(pipe(ends_), 0);
    kept_ = dup(1);
    dup2(ends_[1], 1);
    close(ends_[1]);
  }
  void TearDown() override {
    restore();
    close(ends_[0]);
  }
  /// From now on nobody but the element has the pipe's end to write.
  void restore() {
    if (kept_ < 0) return;
    dup2(kept_, 1);
    close(kept_);
    kept_ = -1;
  }
  /// Leaves no room in it.
  void fill() {
    const int flags = fcntl(1, F_GETFL);
    fcntl(1, F_SETFL, flags | O_NONBLOCK);
    const std::string piece(4096, ' ');
    while (write(1, piece.data(), piece.size()) > 0) {
    }
    fcntl(1, F_SETFL, flags);
  }
  std::string read_all() {
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = read(ends_[0], piece, sizeof piece)) > 0;)
      text.append(piece, static_cast<std::size_t>(got));
    return text;
  }

  int ends_[2]{}, kept_ = -1;
};

TEST_F(PublishPipe, WritesToStandardOutput) {
  {
    Publish publish("when=every");
    restore();
    publish.push(publish.masked(0));
    publish.end();
  }
  std::istringstream stream(read_all());
  const auto lines = lines_of(stream);
  SchemaCheck::add(lines);
  EXPECT_EQ(all_at("$.type", lines), "status vocabulary frame status");
}

TEST_F(PublishPipe, APipeThatNobodyReadsStopsNeitherTheStreamNorItsEnd) {
  fill();
  Publish publish("when=every queue-size=10 drain-timeout=1");
  restore();
  for (int number = 0; number < 500; ++number)
    EXPECT_EQ(publish.push(publish.masked(number)), GST_FLOW_OK);
  EXPECT_EQ(publish.warning(), "Messages are dropped: more than queue-size wait to be sent.");
  publish.end();
  EXPECT_EQ(publish.warning(), "The stream ends before 10 messages were sent.");
  EXPECT_EQ(publish.statistic("queued"), 10U);
  EXPECT_EQ(publish.statistic("dropped"), 491U);
  publish.stop();
  EXPECT_EQ(publish.statistic("dropped"), 501U);
  EXPECT_EQ(publish.statistic("sent"), 0U);
}

/// Pushes frames until one is not taken. -> why
GstFlowReturn push_until_refused(Publish &publish) {
  GstFlowReturn flow = GST_FLOW_OK;
  for (int number = 0; flow == GST_FLOW_OK; ++number) flow = publish.push(publish.masked(number));
  return flow;
}

TEST_F(PublishPipe, OverflowBlockWaitsUntilAFlush) {
  fill();
  Publish publish("when=every queue-size=1 overflow=block drain-timeout=1");
  restore();
  auto stream = std::async(std::launch::async, [&] { return push_until_refused(publish); });
  ASSERT_TRUE(eventually([&] { return publish.statistic("queued") == 1; }));
  EXPECT_EQ(publish.statistic("dropped"), 0U);
  publish.event(gst_event_new_flush_start());
  EXPECT_EQ(stream.get(), GST_FLOW_FLUSHING);
  EXPECT_EQ(publish.statistic("dropped"), 1U);
}

/// As after a seek.
void flush(Publish &publish) {
  publish.event(gst_event_new_flush_start());
  publish.event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  publish.event(gst_event_new_segment(&segment));
}

TEST_F(PublishPipe, OverflowBlockWaitsAgainAfterAFlush) {
  fill();
  Publish publish("when=every queue-size=1 overflow=block");
  restore();
  flush(publish);
  auto stream = std::async(std::launch::async, [&] {
    const GstFlowReturn flow = publish.push(publish.masked(0));
    publish.end();
    publish.stop();
    return flow;
  });
  ASSERT_TRUE(eventually([&] { return publish.statistic("queued") == 1; }));
  const std::string text = read_all();
  EXPECT_EQ(stream.get(), GST_FLOW_OK);
  EXPECT_EQ(publish.statistic("sent"), 2U);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
}

TEST_F(PublishPipe, EachEndOfTheStreamWaitsForWhatIsQueued) {
  fill();
  Publish publish("when=every drain-timeout=1");
  restore();
  publish.push(publish.masked(0));
  publish.end();
  EXPECT_EQ(publish.warning(), "The stream ends before 2 messages were sent.");
  flush(publish);
  publish.push(publish.masked(1));
  publish.end();
  EXPECT_EQ(publish.warning(), "The stream ends before 3 messages were sent.");
}

TEST_F(PublishPipe, OverflowBlockEndsWithTheStream) {
  fill();
  Publish publish("when=every queue-size=1 overflow=block drain-timeout=1");
  restore();
  auto stream = std::async(std::launch::async, [&] { return push_until_refused(publish); });
  ASSERT_TRUE(eventually([&] { return publish.statistic("queued") == 1; }));
  publish.stop();
  EXPECT_EQ(stream.get(), GST_FLOW_FLUSHING);
}

TEST_F(PublishPipe, OverflowBlockGoesOnWhereThereIsRoom) {
  fill();
  Publish publish("when=every queue-size=1 overflow=block");
  restore();
  auto stream = std::async(std::launch::async, [&] {
    for (int number = 0; number < 100; ++number)
      if (publish.push(publish.masked(number)) != GST_FLOW_OK) return false;
    publish.end();
    publish.stop();
    return true;
  });
  ASSERT_TRUE(eventually([&] { return publish.statistic("queued") == 1; }));
  std::string text = read_all();
  EXPECT_TRUE(stream.get());
  EXPECT_EQ(publish.statistic("sent"), 101U);
  EXPECT_EQ(publish.statistic("dropped"), 0U);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 103);
}

TEST_F(PublishPipe, APipeThatIsClosedIsAnError) {
  Publish publish("when=every");
  restore();
  close(ends_[0]);
  publish.push(publish.masked(0));
  const Ptr<GstMessage> message = publish.messages().wait_for(GST_MESSAGE_ERROR);
  EXPECT_STREQ(error_of(message.get())->message, "Standard output cannot be written: Broken pipe.");
}

}  // namespace
}  // namespace naclip::testing
