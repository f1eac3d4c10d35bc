// A program that ends while its pipelines play, in the way that its arguments say.
//
//   exit-program WAY SCENE MOMENT
//
// WAY is return (from main), thread (exit() in another thread), signal (exit() in a signal's
// handler), static (a static object's destructor stops the pipelines) or atexit (a handler that was
// registered first does so). SCENE is sync, async, eight (streams) or words (many are encoded). It
// ends MOMENT microseconds after the first frame came out, or, for words, after the pipeline was
// started, with kStatus.
#include <gst/gst.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <future>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kStatus = 7;

// Never destroyed: they may still be starting on another thread.
std::vector<GstElement *> &pipelines = *new std::vector<GstElement *>;
std::latch shown(1);

void stop_pipelines() {
  for (GstElement *pipeline : pipelines) gst_element_set_state(pipeline, GST_STATE_NULL);
}

struct Stopper {
  bool stops = false;
  ~Stopper() {
    if (stops) stop_pipelines();
  }
} stopper;

std::string vocabulary(const std::string &scene) {
  if (scene != "words") return "giraffe; fire truck; sky; grass; road";
  std::string words;
  for (int i = 0; i < 4000; ++i) words += "thing number " + std::to_string(i) + ";";
  return words;
}

GstElement *start(const std::string &scene) {
  const std::string properties = scene == "sync"    ? "mode=sync"
                                 : scene == "words" ? "mode=sync"
                                                    : "mode=async carry=on smoothing=0.5";
  GstElement *pipeline = gst_parse_launch(
      ("videotestsrc is-live=true pattern=ball ! "
       "video/x-raw,format=RGB,width=640,height=360,framerate=60/1 ! "
       "naclipsegment name=segment model=" NACLIP_DEMO "/model.safetensors " +
       properties +
       " ! naclipoverlay labels=true ! fakesink name=sink signal-handoffs=true sync=false")
          .c_str(),
      nullptr);
  GstElement *segment = gst_bin_get_by_name(GST_BIN(pipeline), "segment");
  g_object_set(segment, "vocabulary", vocabulary(scene).c_str(), nullptr);
  GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  static std::once_flag once;
  g_signal_connect(sink, "handoff",
                   G_CALLBACK(+[] { std::call_once(once, [] { shown.count_down(); }); }), nullptr);
  return pipeline;
}

void exit_in_handler(int) {
  std::exit(kStatus);
}

}  // namespace

int main(int argc, char **argv) {
  const std::string way = argv[1], scene = argv[2];
  const std::chrono::microseconds moment(std::stol(argv[3]));
  if (way == "atexit") std::atexit(stop_pipelines);
  stopper.stops = way == "static";
  gst_init(nullptr, nullptr);
  for (int i = 0; i < (scene == "eight" ? 8 : 1); ++i) pipelines.push_back(start(scene));
  std::jthread starter([] {
    for (GstElement *pipeline : pipelines) gst_element_set_state(pipeline, GST_STATE_PLAYING);
  });
  starter.detach();
  if (scene != "words") shown.wait();
  std::this_thread::sleep_for(moment);
  if (way == "thread") {
    std::thread([] { std::exit(kStatus); }).detach();
    std::promise<void>().get_future().wait();
  }
  if (way == "signal") {
    std::signal(SIGTERM, exit_in_handler);
    std::raise(SIGTERM);
  }
  return kStatus;
}
