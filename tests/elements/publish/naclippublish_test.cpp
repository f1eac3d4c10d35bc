// Which messages naclippublish writes, what is in them, and when.
#include "elements/publish/naclippublish.h"

#include <gtest/gtest.h>

#include "elements/support/event_meta.h"
#include "publish_fixture.h"

namespace naclip::testing {
namespace {

using PublishMessages = PublishFile;

TEST_F(PublishMessages, WritesALineOfEachKind) {
  Publish publish(location() + "content=shares+boxes+rle+polygons");
  ASSERT_TRUE(eventually([&] { return publish.connected(); }));
  Ptr<GstBuffer> frame = publish.frame(12, {0, 1, 1, 0, 2}, 10);
  const Ptr<GstStructure> event(gst_structure_new(
      "naclip-event", "rule", G_TYPE_STRING, "smoke at gate", "class", G_TYPE_STRING, "smoke",
      "zone", G_TYPE_STRING, "gate", "state", G_TYPE_STRING, "begin", "id", G_TYPE_STRING, "e-1",
      "severity", G_TYPE_STRING, "warning", "pts", G_TYPE_UINT64, guint64{1200000000}, "share",
      G_TYPE_DOUBLE, 0.31, "peak", G_TYPE_DOUBLE, 0.44, "mean", G_TYPE_DOUBLE, 0.35, "duration",
      G_TYPE_UINT64, guint64{5200000000}, nullptr));
  attach_event(frame.get(), event.get());
  const Ptr<GstCaps> unix_time(gst_caps_new_empty_simple("timestamp/x-unix"));
  gst_buffer_add_reference_timestamp_meta(frame.get(), unix_time.get(), 1764064800123 * GST_MSECOND,
                                          GST_CLOCK_TIME_NONE);
  EXPECT_EQ(publish.push(std::move(frame)), GST_FLOW_OK);
  publish.end();
  publish.stop();
  const auto written = lines();
  ASSERT_EQ(written.size(), 5U);
  EXPECT_EQ(written[0],
            R"({"schema":"naclip/1","type":"status","source":"door","state":"online","sent":0,)"
            R"("queued":0,"dropped":0,"reconnects":0})");
  EXPECT_EQ(written[1],
            R"({"schema":"naclip/1","type":"vocabulary","source":"door","pts":1200000000,)"
            R"("labels":["background","person","car"],"colours":["#0000ff","#0100ff","#0200ff"]})");
  EXPECT_EQ(written[2],
            R"({"schema":"naclip/1","type":"event","source":"door","rule":"smoke at gate",)"
            R"("class":"smoke","zone":"gate","state":"begin","id":"e-1","severity":"warning",)"
            R"("pts":1200000000,"time":"2025-11-25T10:00:00.123Z","share":0.31,"peak":0.44,)"
            R"("mean":0.35,"duration":5200000000})");
  EXPECT_EQ(written[3],
            R"({"schema":"naclip/1","type":"frame","source":"door","sequence":0,"pts":1200000000,)"
            R"("time":"2025-11-25T10:00:00.123Z","size":[8,4],)"
            R"("mask":{"size":[8,4],"rectangle":[0,0,8,4],"age":200000000},"regions":[)"
            R"({"id":1,"label":"person","share":0.25,"confidence":0.5,"box":[1,0,2,1],)"
            R"("rle":{"size":[4,8],"counts":"4130d0"},"polygons":[[[[3,0],[3,1],[1,1],[1,0]]]]},)"
            R"({"id":2,"label":"car","share":0.25,"confidence":0.5,"box":[4,0,1,1],)"
            R"("rle":{"size":[4,8],"counts":"`01?"},"polygons":[[[[5,0],[5,1],[4,1],[4,0]]]]}]})");
  EXPECT_EQ(written[4],
            R"({"schema":"naclip/1","type":"status","source":"door","state":"offline","sent":3,)"
            R"("queued":0,"dropped":0,"reconnects":0})");
}

TEST_F(PublishMessages, WritesTheContentAskedFor) {
  const auto fields_with = [&](const std::string &content) {
    Publish publish(location() + "content=" + content);
    publish.push(publish.masked(0));
    publish.end();
    const std::string line = frames().back();
    std::string fields;
    for (const char *field : {"share", "confidence", "box", "rle", "polygons"})
      if (!at(line, "$.regions[0]." + std::string(field)).empty()) fields += field[0];
    return fields;
  };
  EXPECT_EQ(fields_with("shares"), "sc");
  EXPECT_EQ(fields_with("boxes"), "b");
  EXPECT_EQ(fields_with("rle"), "r");
  EXPECT_EQ(fields_with("polygons"), "p");
  EXPECT_EQ(fields_with("shares+polygons"), "scp");
}

TEST_F(PublishMessages, PassesFramesOnAsTheyAre) {
  Publish publish(location());
  Ptr<GstBuffer> frame = publish.masked(0);
  GstBuffer *same = frame.get();
  const Ptr<GstBuffer> other_branch = ref(same);  // not writable
  publish.push(std::move(frame));
  const Ptr<GstBuffer> out(gst_harness_pull(publish.harness()));
  EXPECT_EQ(out.get(), same);
}

TEST_F(PublishMessages, TakesOtherMemoryAndFormats) {
  Publish publish(location());
  gst_harness_set_src_caps_str(
      publish.harness(),
      "video/x-raw(memory:Unheard),format=A420_12LE,width=640,height=480,framerate=10/1");
  publish.push(publish.masked(0));
  publish.end();
  EXPECT_EQ(at(frames().at(0), "$.size"), "[640,480]");
}

TEST_F(PublishMessages, ChoosesClassesAndMasks) {
  Publish publish(location() + "classes=car mask-source=second when=every");
  Ptr<GstBuffer> frame = publish.masked(0);
  attach(frame.get(),
         make_segmentation<std::uint8_t>(2, 1, {1, 1}, {"b", "car"}, 0, "second").get(), 8, 4);
  attach(frame.get(), make_segmentation<std::uint8_t>(4, 1, {1, 1, 0, 0}, {"b", "car"}, 0).get(), 8,
         4);
  publish.push(std::move(frame));
  publish.set("classes", "*");
  publish.set("mask-source", "");
  publish.push(publish.masked(1));
  publish.end();
  const auto written = frames();
  EXPECT_EQ(at(written.at(0), "$.mask.size"), "[2,1]");
  EXPECT_EQ(at(written.at(0), "$.regions[*].label"), "\"car\"");
  EXPECT_EQ(at(written.at(1), "$.regions[*].label"), R"("background","person","car")");
}

TEST_F(PublishMessages, BoxesFollowAMaskThatReachesBeyondACroppedFrame) {
  Publish publish(location() + "content=boxes+polygons+rle");
  Ptr<GstBuffer> frame = publish.frame(0);
  const auto segmentation =
      make_segmentation<std::uint8_t>(4, 2, {0, 1, 1, 2, 0, 1, 1, 2}, {"b", "p", "c"}, 0);
  // Cells of 4 x 4; the frame shows the middle two columns of the upper row.
  gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), -4, 0, 16, 8);
  publish.push(std::move(frame));
  publish.end();
  const std::string line = frames().at(0);
  EXPECT_EQ(at(line, "$.mask.rectangle"), "[-4,0,16,8]");
  EXPECT_EQ(at(line, "$.regions[0].box"), "[0,0,8,4]");
  EXPECT_EQ(at(line, "$.regions[0].polygons"), "[[[[8,0],[8,4],[0,4],[0,0]]]]");
  EXPECT_EQ(at(line, "$.regions[1].box"), "") << "it is not in the frame";
  EXPECT_EQ(at(line, "$.regions[1].polygons"), "[]");
  EXPECT_EQ(at(line, "$.regions[1].rle.size"), "[2,4]") << "of the mask as it is";
}

TEST_F(PublishMessages, FreshMasksAloneHaveAMessage) {
  Publish publish(location());
  publish.push(publish.frame(0));
  publish.push(publish.masked(1));
  publish.push(publish.frame(2, {0, 1}, 1));
  publish.push(publish.frame(3, {0, 0, 1}, 1));  // carried along
  publish.push(publish.frame(4, {0, 1}, 4));
  publish.push(publish.frame(5));
  publish.end();
  EXPECT_EQ(sequences(), "1 4");
  EXPECT_EQ(all_at("$.mask.age", frames()), "0 0");
}

TEST_F(PublishMessages, AMaskOfUnknownAgeIsFresh) {
  Publish publish(location());
  for (int number = 0; number < 3; ++number) {
    Ptr<GstBuffer> frame = publish.frame(number);
    attach(frame.get(),
           make_segmentation<std::uint8_t>(1, 1, {1}, {"b", "p"}, GST_CLOCK_TIME_NONE).get(), 8, 4);
    publish.push(std::move(frame));
  }
  publish.end();
  EXPECT_EQ(sequences(), "0 1 2");
  EXPECT_EQ(at(frames().at(0), "$.mask.age"), "");
}

TEST_F(PublishMessages, EveryFrameHasAMessage) {
  Publish publish(location() + "when=every");
  publish.push(publish.frame(0));
  publish.push(publish.masked(1));
  publish.push(publish.frame(2, {0, 1}, 1));
  Ptr<GstBuffer> timeless = publish.frame(3);
  GST_BUFFER_PTS(timeless.get()) = GST_CLOCK_TIME_NONE;
  publish.push(std::move(timeless));
  publish.end();
  EXPECT_EQ(sequences(), "0 1 2 3");
  EXPECT_EQ(at(frames().at(0), "$.mask"), "");
  EXPECT_EQ(at(frames().at(0), "$.regions"), "[]");
  EXPECT_EQ(at(frames().at(2), "$.mask.age"), "100000000");
  EXPECT_EQ(at(frames().at(3), "$.pts"), "");
}

TEST_F(PublishMessages, ChangesOfClassesHaveAMessage) {
  Publish publish(location() + "when=change");
  int number = 0;
  const auto push = [&](double share) { publish.push(publish.shared(number++, share)); };
  push(0);       // 0: the first one
  push(0.0049);  // too little to be there
  push(0.005);   // 2: appears
  push(0.0026);  // still there
  push(0.0024);  // 4: disappears
  push(0.004);
  push(0.3);  // 6
  push(0.319);
  push(0.321);  // 8: 0.021 from 6
  push(0.302);
  push(0.3);  // 10
  push(0.3);
  publish.end();
  EXPECT_EQ(sequences(), "0 2 4 6 8 10");
}

TEST_F(PublishMessages, OtherClassesAreAChange) {
  Publish publish(location() + "when=change");
  publish.push(publish.frame(0, {0, 1}, 0, {"background", "person"}));
  publish.push(publish.frame(1, {0, 1}, 1, {"background", "person"}));
  publish.push(publish.frame(2, {0, 1}, 2, {"background", "dog"}));
  publish.push(publish.frame(3, {0, 1}, 3, {"background", "dog", "person"}));
  publish.push(publish.frame(4, {0, 1}, 4, {"background", "dog"}));
  publish.end();
  EXPECT_EQ(sequences(), "0 2 3 4");
}

TEST_F(PublishMessages, KeepsTheLeastInterval) {
  Publish publish(location() + "when=every min-interval=300");
  for (int number = 0; number < 8; ++number) publish.push(publish.frame(number));
  publish.push(publish.frame(1));  // time begins anew
  publish.push(publish.frame(2));
  publish.set("min-interval", "0");
  publish.push(publish.frame(3));
  publish.end();
  EXPECT_EQ(sequences(), "0 3 6 8 10");
}

TEST_F(PublishMessages, TheIntervalHoldsBackNoEventAndNoVocabulary) {
  Publish publish(location() + "min-interval=60000");
  for (int number = 0; number < 3; ++number) {
    Ptr<GstBuffer> frame = publish.frame(number, {0, 1}, number, {"b", std::to_string(number)});
    const Ptr<GstStructure> event(gst_structure_new(
        "naclip-event", "rule", G_TYPE_STRING, "r", "class", G_TYPE_STRING, "c", "zone",
        G_TYPE_STRING, "z", "state", G_TYPE_STRING, "update", "id", G_TYPE_STRING, "i", "pts",
        G_TYPE_UINT64, guint64{1}, "share", G_TYPE_DOUBLE, 0.5, "peak", G_TYPE_DOUBLE, 0.5, "mean",
        G_TYPE_DOUBLE, 0.5, "duration", G_TYPE_UINT64, guint64{0}, nullptr));
    attach_event(frame.get(), event.get());
    publish.push(std::move(frame));
  }
  publish.end();
  EXPECT_EQ(sequences(), "0");
  EXPECT_EQ(of_type("event", lines()).size(), 3U);
  EXPECT_EQ(all_at("$.labels[1]", of_type("vocabulary", lines())), "0 1 2");
}

TEST_F(PublishMessages, TheVocabularyIsWrittenWhereItChanges) {
  Publish publish(location());
  publish.push(publish.frame(0));
  publish.push(publish.masked(1));
  publish.push(publish.masked(2));
  publish.push(publish.frame(3, {0, 1}, 3, {"background", "dog \"Rex\""}));
  publish.push(publish.masked(4));
  publish.end();
  EXPECT_EQ(all_at("$.pts", of_type("vocabulary", lines())), "100000000 300000000 400000000");
  EXPECT_EQ(text_at(of_type("vocabulary", lines())[1], "$.labels[1]"), "dog \\\"Rex\\\"");
}

TEST_F(PublishMessages, TimeIsThatOfTheReferenceOrOfTheClock) {
  Publish publish(location() + "when=every");
  const gint64 before = g_get_real_time();
  publish.push(publish.frame(0));
  const gint64 after = g_get_real_time();
  Ptr<GstBuffer> frame = publish.frame(1);
  const Ptr<GstCaps> ntp(gst_caps_new_empty_simple("timestamp/x-ntp"));
  // The first second of 1970.
  gst_buffer_add_reference_timestamp_meta(
      frame.get(), ntp.get(), 2208988800 * GST_SECOND + 7 * GST_MSECOND, GST_CLOCK_TIME_NONE);
  publish.push(std::move(frame));
  publish.end();
  const auto written = frames();
  EXPECT_EQ(text_at(written.at(1), "$.time"), "1970-01-01T00:00:00.007Z");
  GDateTime *time = g_date_time_new_from_iso8601(text_at(written.at(0), "$.time").c_str(), nullptr);
  ASSERT_NE(time, nullptr);
  const gint64 written_time =
      g_date_time_to_unix(time) * 1'000'000 + g_date_time_get_microsecond(time);
  g_date_time_unref(time);
  EXPECT_GE(written_time, before - 1000);
  EXPECT_LE(written_time, after);
}

TEST_F(PublishMessages, TheSourceIsTheElementsNameWhereItHasNone) {
  Publish publish(location() + "source=\"\" name=porch");
  publish.push(publish.masked(0));
  publish.end();
  EXPECT_EQ(all_at("$.source", lines()), "porch porch porch");
}

TEST(MessageSchema, RefusesWhatIsNotOfIt) {
  const std::string begin = R"({"schema":"naclip/1","source":"door",)";
  const std::string frame =
      begin +
      R"("type":"frame","sequence":0,"time":"2025-11-25T10:00:00.123Z","size":[8,4],"regions":[)";
  ASSERT_NE(SchemaCheck::check({frame + "]}"}).status, 1);
  if (SchemaCheck::check({frame + "]}"}).status == 77) GTEST_SKIP() << "no python3-jsonschema";
  for (const std::string &bad :
       {begin + R"("type":"other"})", begin + R"("type":"status","state":"gone"})",
        begin + R"("type":"status","state":"online","more":1})",
        begin + R"("type":"event","rule":"r"})", begin + R"("type":"vocabulary","labels":["a"]})",
        frame + R"({"id":1}]})", frame + R"({"id":1,"label":"a","share":1.5,"confidence":0}]})",
        frame + R"({"id":1,"label":"a","share":null,"confidence":0}]})",
        frame + R"({"id":1,"label":"a","box":[1,2,0,4]}]})",
        frame + R"({"id":1,"label":"a","polygons":[[[[1,2],[3,4]]]]}]})",
        frame + R"({"id":1,"label":"a","rle":{"size":[1,2],"counts":"~"}}]})"})
    EXPECT_EQ(SchemaCheck::check({bad}).status, 1) << bad;
}

}  // namespace
}  // namespace naclip::testing
