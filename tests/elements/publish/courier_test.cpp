// The thread that sends, on a sink that tests control: what is sent again, and what is left out.
#include "elements/publish/courier.h"

#include <gtest/gtest.h>

#include <set>

#include "publish_fixture.h"

namespace naclip::testing {
namespace {

/// What a sink does, and what it got. Thread-safe.
struct Control {
  std::mutex mutex;
  bool confirms = true;           // else messages stay under way
  bool breaks = false;            // the next serve() finds the connection lost
  int failures = 0;               // so many attempts to connect fail
  int short_connections = 0;      // so many are lost with the first message
  std::set<std::string> refused;  // texts that cannot be sent
  std::string got;                // each connection's texts behind a bar; S for one of type status
  std::size_t under_way = 0;
  std::string pauses;  // before each attempt to connect, s

  void set(bool Control::*flag, bool value) {
    const std::lock_guard lock(mutex);
    this->*flag = value;
  }
  std::string copy_got() {
    const std::lock_guard lock(mutex);
    return got;
  }
};

class ControlledSink : public Sink {
 public:
  explicit ControlledSink(Control &control) : control_(control) {}

  void prepare() override {}
  void open() override {
    const std::lock_guard lock(control_.mutex);
    if (control_.failures > 0) {
      --control_.failures;
      throw Error(ErrorKind::kNetwork, "absent");
    }
    control_.got += '|';
    control_.under_way = 0;
  }
  std::size_t window() const override { return 10; }
  void send(const Message &message) override {
    const std::lock_guard lock(control_.mutex);
    if (control_.short_connections > 0) {
      --control_.short_connections;
      throw Error(ErrorKind::kNetwork, "lost");
    }
    if (control_.refused.count(message.text) > 0) throw Error(ErrorKind::kWrite, "refused");
    control_.got += message.kind == MessageKind::kStatus ? "S" : message.text;
    ++control_.under_way;
  }
  Watch watch() override { return {-1, 0, std::chrono::milliseconds(5)}; }
  std::size_t serve() override {
    const std::lock_guard lock(control_.mutex);
    if (std::exchange(control_.breaks, false)) throw Error(ErrorKind::kNetwork, "lost");
    return control_.confirms ? std::exchange(control_.under_way, 0) : 0;
  }
  void close(const Message &) noexcept override {}

 private:
  Control &control_;
};

class CourierTest : public ::testing::Test {
 protected:
  CourierTest() {
    GST_ELEMENT_REGISTER(naclippublish, nullptr);
    element_.reset(
        GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("naclippublish", nullptr))));
    settings_.on_error = PublishOnError::kWarn;
  }
  std::unique_ptr<Courier> start() {
    return std::make_unique<Courier>(
        element_.get(), settings_, "door",
        [this](const PublishSettings &, const std::string &, Waker &) {
          return std::make_unique<ControlledSink>(control_);
        },
        [this](Waker &, std::chrono::seconds pause) {
          const std::lock_guard lock(control_.mutex);
          control_.pauses += std::to_string(pause.count()) + ' ';
        });
  }
  bool got(const std::string &texts) {
    return eventually([&] { return control_.copy_got() == texts; });
  }

  Ptr<GstElement> element_;
  PublishSettings settings_;
  Control control_;
};

TEST_F(CourierTest, SendsAgainInOrderWhatIsNotConfirmed) {
  control_.confirms = false;
  const auto courier = start();
  for (const char *text : {"a", "b", "c"}) courier->post({MessageKind::kFrame, text});
  EXPECT_TRUE(got("|Sabc"));
  control_.set(&Control::breaks, true);
  EXPECT_TRUE(got("|Sabc|Sabc"));
  control_.set(&Control::confirms, true);
  EXPECT_TRUE(eventually([&] { return courier->counts().sent == 3; }));
  EXPECT_EQ(courier->counts().queued, 0U);
  EXPECT_EQ(courier->counts().reconnects, 1U);
}

TEST_F(CourierTest, AConnectionThatBreaksAtOnceLosesNothing) {
  control_.confirms = false;
  const auto courier = start();
  for (const char *text : {"a", "b"}) courier->post({MessageKind::kFrame, text});
  EXPECT_TRUE(got("|Sab"));
  {
    const std::lock_guard lock(control_.mutex);
    control_.short_connections = 1;
    control_.breaks = true;
  }
  EXPECT_TRUE(got("|Sab||Sab"));
  EXPECT_EQ(courier->counts().queued, 2U);
}

TEST_F(CourierTest, LeavesOutTheMessageThatCannotBeSentAndNoOther) {
  control_.confirms = false;
  control_.refused = {"b"};
  const auto courier = start();
  for (const char *text : {"a", "b", "c"}) courier->post({MessageKind::kFrame, text});
  EXPECT_TRUE(got("|Sac"));
  EXPECT_EQ(courier->counts().dropped, 1U);
  control_.set(&Control::breaks, true);
  EXPECT_TRUE(got("|Sac|Sac"));
  control_.set(&Control::confirms, true);
  EXPECT_TRUE(eventually([&] { return courier->counts().sent == 2; }));
  EXPECT_EQ(courier->counts().queued, 0U);
  EXPECT_EQ(courier->counts().dropped, 1U);
}

TEST_F(CourierTest, SendsTheVocabularyAgainOnANewConnection) {
  const auto courier = start();
  courier->post({MessageKind::kVocabulary, "v"});
  courier->post({MessageKind::kVocabulary, "w"});
  courier->post({MessageKind::kFrame, "a"});
  EXPECT_TRUE(got("|Svwa"));
  control_.set(&Control::breaks, true);
  EXPECT_TRUE(got("|Svwa|Sw"));
  EXPECT_TRUE(eventually([&] { return courier->counts().sent == 3; })) << "counted once";
}

TEST_F(CourierTest, WhatIsNotConfirmedAtTheEndCountsAsDropped) {
  control_.confirms = false;
  const auto courier = start();
  for (const char *text : {"a", "b"}) courier->post({MessageKind::kFrame, text});
  EXPECT_TRUE(got("|Sab"));
  courier->end();
  EXPECT_EQ(courier->counts().dropped, 2U);
  EXPECT_EQ(courier->counts().queued, 0U);
}

TEST_F(CourierTest, PausesGrowToHalfAMinuteAndBeginAnewBehindAConnection) {
  const auto pauses = [&] {
    const std::lock_guard lock(control_.mutex);
    return std::exchange(control_.pauses, "");
  };
  control_.failures = 7;
  const auto courier = start();
  EXPECT_TRUE(got("|S"));
  EXPECT_EQ(pauses(), "0 1 2 4 8 16 30 30 ");
  control_.set(&Control::breaks, true);
  EXPECT_TRUE(got("|S|S"));
  EXPECT_EQ(pauses(), "1 ");
}

}  // namespace
}  // namespace naclip::testing
