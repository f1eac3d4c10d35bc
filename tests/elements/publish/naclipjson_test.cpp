// The text that naclipjson makes of frames, and what it makes of those that have none.
#include "elements/publish/naclipjson.h"

#include <gtest/gtest.h>

#include <sstream>

#include "elements/support/event_meta.h"
#include "publish_fixture.h"

namespace naclip::testing {
namespace {

/// naclipjson with these properties; its camera is `door`.
class Json : public MessageHarness {
 public:
  explicit Json(const std::string &properties = "")
      : MessageHarness("naclipjson source=door " + properties) {}

  /// The next buffer of text; null where none has come.
  Ptr<GstBuffer> text() { return Ptr<GstBuffer>(gst_harness_try_pull(harness())); }
  /// Its messages; none where no text has come.
  std::vector<std::string> messages_of_next() { return messages_in(text().get()); }

  /// Each message ends with a line's end.
  static std::vector<std::string> messages_in(GstBuffer *text) {
    if (text == nullptr) return {};
    std::string all(gst_buffer_get_size(text), '\0');
    gst_buffer_extract(text, 0, all.data(), all.size());
    EXPECT_TRUE(all.ends_with('\n')) << all;
    std::istringstream stream(all);
    const std::vector<std::string> lines = lines_of(stream);
    SchemaCheck::add(lines);
    return lines;
  }

  /// The time of the next gap event; none where there is none.
  GstClockTime gap() {
    while (const Ptr<GstEvent> event{gst_harness_try_pull_event(harness())}) {
      if (GST_EVENT_TYPE(event.get()) != GST_EVENT_GAP) continue;
      GstClockTime time = GST_CLOCK_TIME_NONE;
      gst_event_parse_gap(event.get(), &time, nullptr);
      return time;
    }
    return GST_CLOCK_TIME_NONE;
  }
};

Ptr<GstStructure> event_of_smoke() {
  return Ptr<GstStructure>(gst_structure_new(
      "naclip-event", "rule", G_TYPE_STRING, "smoke", "class", G_TYPE_STRING, "smoke", "zone",
      G_TYPE_STRING, "gate", "state", G_TYPE_STRING, "begin", "id", G_TYPE_STRING, "e-1", "pts",
      G_TYPE_UINT64, guint64{1}, "share", G_TYPE_DOUBLE, 0.5, "peak", G_TYPE_DOUBLE, 0.5, "mean",
      G_TYPE_DOUBLE, 0.5, "duration", G_TYPE_UINT64, guint64{0}, nullptr));
}

TEST(NaclipJson, AFramesMessagesAreLinesWithItsTime) {
  Json json("content=shares+boxes");
  Ptr<GstBuffer> frame = json.masked(3);
  attach_event(frame.get(), event_of_smoke().get());
  EXPECT_EQ(json.push(std::move(frame)), GST_FLOW_OK);
  const Ptr<GstBuffer> text = json.text();
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(GST_BUFFER_PTS(text.get()), 3 * kFrameTime);
  EXPECT_EQ(GST_BUFFER_DURATION(text.get()), kFrameTime);
  const auto messages = Json::messages_in(text.get());
  EXPECT_EQ(all_at("$.type", messages), "vocabulary event frame");
  EXPECT_EQ(all_at("$.source", messages), "door door door");
  EXPECT_EQ(at(messages.at(2), "$.pts"), "300000000");
  EXPECT_EQ(at(messages.at(2), "$.regions[0].box"), "[1,0,1,1]");
  const Ptr<GstCaps> caps(gst_pad_get_current_caps(json.harness()->sinkpad));
  const Ptr<GstCaps> expected(gst_caps_from_string("text/x-raw,format=utf8"));
  EXPECT_TRUE(gst_caps_is_equal(caps.get(), expected.get()));
}

TEST(NaclipJson, TheTextIsThatOfNaclippublish) {
  const Folder folder;
  const std::string properties = "content=shares+boxes+rle+polygons classes=person";
  Publish publish("location=" + folder.file("out.jsonl") + " " + properties);
  Json json(properties);
  const auto timed = [](Ptr<GstBuffer> frame) {  // or the clock would be looked at
    const Ptr<GstCaps> caps(gst_caps_new_empty_simple("timestamp/x-unix"));
    gst_buffer_add_reference_timestamp_meta(frame.get(), caps.get(), GST_SECOND,
                                            GST_CLOCK_TIME_NONE);
    attach_event(frame.get(), event_of_smoke().get());
    return frame;
  };
  publish.push(timed(publish.masked(0)));
  publish.end();
  json.push(timed(json.masked(0)));
  std::vector<std::string> published;
  for (const std::string &line : lines_in(folder.file("out.jsonl")))
    if (text_at(line, "$.type") != "status") published.push_back(line);
  EXPECT_EQ(json.messages_of_next(), published);
}

TEST(NaclipJson, AFrameWithoutAMessageIsAGap) {
  Json json;
  json.push(json.frame(0));
  EXPECT_EQ(json.text(), nullptr);
  EXPECT_EQ(json.gap(), 0U);
  json.push(json.masked(1));
  EXPECT_EQ(all_at("$.type", json.messages_of_next()), "vocabulary frame");
  json.push(json.frame(2, {0, 1}, 1));  // the same mask
  EXPECT_EQ(json.text(), nullptr);
  EXPECT_EQ(json.gap(), 2 * kFrameTime);
  json.push(json.frame(3, {0, 1}, 3));
  EXPECT_EQ(all_at("$.sequence", json.messages_of_next()), "3");
  EXPECT_EQ(json.gap(), GST_CLOCK_TIME_NONE);
}

TEST(NaclipJson, AFrameOfUnknownTimeIsNoGap) {
  Json json;
  Ptr<GstBuffer> frame = json.frame(0);
  GST_BUFFER_PTS(frame.get()) = GST_CLOCK_TIME_NONE;
  EXPECT_EQ(json.push(std::move(frame)), GST_FLOW_OK);
  EXPECT_EQ(json.gap(), GST_CLOCK_TIME_NONE);
}

TEST(NaclipJson, PropertiesChangeWhilePlaying) {
  Json json("min-interval=250");
  json.push(json.masked(0));
  EXPECT_FALSE(json.messages_of_next().empty());
  json.push(json.masked(1));
  EXPECT_TRUE(json.messages_of_next().empty());
  json.set("min-interval", "0");
  json.set("content", "rle");
  json.push(json.masked(2));
  const auto messages = json.messages_of_next();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_NE(at(messages[0], "$.regions[0].rle"), "");
  EXPECT_EQ(at(messages[0], "$.regions[0].share"), "");
}

TEST(NaclipJson, TakesOtherMemoryAndFormats) {
  Json json;
  gst_harness_set_src_caps_str(
      json.harness(),
      "video/x-raw(memory:Unheard),format=A420_12LE,width=640,height=480,framerate=10/1");
  json.push(json.masked(0));
  const auto messages = json.messages_of_next();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(at(messages[1], "$.size"), "[640,480]");
}

TEST(NaclipJson, ANewVocabularyGoesBeforeItsFrame) {
  Json json;
  json.push(json.masked(0));
  json.messages_of_next();
  json.push(json.frame(1, {0, 1}, 1, {"background", "dog"}));
  const auto messages = json.messages_of_next();
  EXPECT_EQ(all_at("$.type", messages), "vocabulary frame");
  EXPECT_EQ(text_at(messages.at(0), "$.labels[1]"), "dog");
}

TEST(NaclipJson, AnotherStartBeginsAnew) {
  Json json;
  json.push(json.masked(0));
  json.push(json.masked(1));
  gst_element_set_state(json.element(), GST_STATE_NULL);
  gst_element_set_state(json.element(), GST_STATE_PLAYING);
  gst_harness_set_src_caps_str(json.harness(), caps_of("GRAY8", 8, 4).c_str());
  while (json.text() != nullptr) continue;
  json.push(json.masked(2));
  const auto messages = json.messages_of_next();
  EXPECT_EQ(all_at("$.type", messages), "vocabulary frame");
  EXPECT_EQ(at(messages.at(1), "$.sequence"), "0");
}

TEST(NaclipJson, WarnsWhereNoMaskCame) {
  Json json;
  json.push(json.frame(0));
  json.end();
  EXPECT_NE(json.warning().find("naclipsegment"), std::string::npos);
}

}  // namespace
}  // namespace naclip::testing
