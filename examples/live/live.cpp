#include "live.h"

#include <glib-unix.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <thread>
#include <utility>

#include "examples/live/stream/properties.h"
#include "examples/live/stream/words.h"
#include "status.h"

namespace naclip::live {
namespace {

constexpr guint kLongestPause = 30;         // between two tries to reach a source, seconds
constexpr int kInterrupted = 128 + SIGINT;  // the exit status
constexpr guint kPatience = 5;  // after a failure, for what was recorded to be finished, seconds

constexpr const char *kHelp =
    "type a vocabulary, such as  person; car, truck; background: road  or one of these:\n"
    "  :set NAME=VALUE      a property of naclipsegment, such as :set threshold=0.4\n"
    "  :overlay NAME=VALUE  a property of naclipoverlay, such as :overlay opacity=0.3\n"
    "  :record              record into a file of its own, until :stop\n"
    "  :stop                end that recording\n"
    "  :stats               all figures\n"
    "  :help                this\n"
    "  :quit                end, as Ctrl-C does; files are finished";

double status_seconds(const Options &options, const Console &console) {
  if (options.status_seconds > 0) return options.status_seconds;
  return console.on_terminal() ? 1.0 : 10.0;
}

/// Nothing is waited for or freed: threads may be at work.
[[noreturn]] void end_at_once(int status) {
  std::fflush(nullptr);
  _exit(status);
}

}  // namespace

Live::Live(Options options)
    : options_(std::move(options)),
      loop_(g_main_loop_new(nullptr, FALSE)),
      clock_(gst_system_clock_obtain()),
      console_([this](const std::string &line) { typed(line); }),
      output_(options_, [this](GstMessage *one) { message(one); }),
      source_(options_.source,
              {[this](GstSample *frame, GstClockTime time) {
                 frame_seen_ = true;
                 output_.push(frame, time);
               },
               [this](const std::string &why) { source_broken(why); }, [this] { source_ended(); }}),
      progress_(console_.on_terminal()) {
  if (!options_.web) return;
  page_ = std::make_unique<web::Page>(*options_.web, output_);
  output_.set_page([this](GstSample *frame) { page_->push(frame); },
                   [this](GstSample *messages) { page_->publish(messages); });
}

Live::~Live() {
  // A source that waits for room in the output is let go by its end.
  output_.end();
  source_.stop();
  output_.stop();
  if (retry_ != 0) g_source_remove(retry_);
  gst_object_unref(clock_);
  g_main_loop_unref(loop_);
}

int Live::run() {
  const guint interrupt = g_unix_signal_add(SIGINT, on_interrupt, this);
  const guint terminate = g_unix_signal_add(SIGTERM, on_interrupt, this);
  const guint tick =
      g_timeout_add(static_cast<guint>(1000 * status_seconds(options_, console_)), on_tick, this);
  if (page_) show_page();
  console_.say("loading the model");
  // On a thread of its own, so that the loop shows how far it is and takes Ctrl-C. Where it fails,
  // the reason is on the bus, which the loop reads.
  loading_ = true;
  std::thread loader([this] {
    if (output_.start(clock_)) g_idle_add(on_loaded, this);
  });
  g_main_loop_run(loop_);
  // Loading cannot be interrupted, and has nothing yet that could be finished.
  if (loading_) end_at_once(status_);
  loader.join();
  for (const guint one : {interrupt, terminate, tick}) g_source_remove(one);
  output_.end_recordings();
  sum_up();
  return status_;
}

gboolean Live::on_loaded(gpointer self) {
  auto *live = static_cast<Live *>(self);
  live->loading_ = false;
  if (live->finishing_) return G_SOURCE_REMOVE;
  live->console_.say("watching " + live->options_.source.name() +
                     "; :help tells what can be typed");
  if (const auto &serve = live->options_.serve) {
    const std::string watchers = serve->open           ? ", to everybody in the network"
                                 : serve->user.empty() ? ""
                                                       : ", to " + serve->user;
    live->console_.say("served at " + live->output_.address() + watchers);
  }
  live->started_ = g_get_monotonic_time();
  live->rate_.restart();
  if (live->page_) live->page_->set_ready();
  live->source_.start(live->clock_, live->output_.base_time());
  return G_SOURCE_REMOVE;
}

void Live::show_page() {
  const WebChoice &web = *options_.web;
  console_.say(
      "page at " + page_->address() +
      (web.open ? ", to everybody in the network: anybody can watch and change the words" : ""));
  if (!web.is_loopback() && web.certificate.certificate_file.empty()) {
    console_.say("the page is not encrypted: others in the network can read along" +
                 std::string(web.token.empty() ? "" : ", the token too") +
                 "; --tls-cert and --tls-key encrypt it");
  }
}

void Live::finish(int status) {
  status_ = std::max(status_, status);
  if (std::exchange(finishing_, true)) return;
  ever_seen_ |= frame_seen_;
  output_.end();
  source_.stop();
  // Without a frame there is nothing that could end.
  if (!ever_seen_) {
    g_main_loop_quit(loop_);
  } else if (status != 0) {
    g_timeout_add_seconds(kPatience, on_patience_lost, this);
  }
}

gboolean Live::on_patience_lost(gpointer self) {
  g_main_loop_quit(static_cast<Live *>(self)->loop_);
  return G_SOURCE_REMOVE;
}

gboolean Live::on_interrupt(gpointer self) {
  auto *live = static_cast<Live *>(self);
  if (live->finishing_ || live->loading_) {
    live->console_.say(live->loading_ ? "ended while the model was loading"
                                      : "ended at once; a file may lack its index");
    end_at_once(kInterrupted);
  }
  live->console_.say("finishing; once more ends at once");
  live->finish(0);
  return G_SOURCE_CONTINUE;
}

void Live::source_broken(const std::string &why) {
  ever_seen_ |= frame_seen_;
  if (frame_seen_.exchange(false)) pause_ = 1;
  const bool again =
      options_.source.kind == SourceKind::kRtsp && (ever_seen_ || options_.wait) && !finishing_;
  if (!again) {
    console_.say(why);
    finish(1);
    return;
  }
  source_.stop();
  console_.say(why + "; trying again in " + std::to_string(pause_) + " s");
  retry_ = g_timeout_add_seconds(pause_, on_retry, this);
  pause_ = std::min(2 * pause_, kLongestPause);
}

gboolean Live::on_retry(gpointer self) {
  auto *live = static_cast<Live *>(self);
  live->retry_ = 0;
  if (!live->finishing_) live->source_.start(live->clock_, live->output_.base_time());
  return G_SOURCE_REMOVE;
}

void Live::source_ended() {
  if (!frame_seen_) {
    console_.say(options_.source.name() + " holds no picture");
    finish(1);
    return;
  }
  console_.say("the end of " + options_.source.name());
  finish(0);
}

void Live::message(GstMessage *message) {
  if (page_) page_->message(message);
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
      error_message(message);
      break;
    case GST_MESSAGE_PROGRESS:
      progress_message(message);
      break;
    case GST_MESSAGE_WARNING:
      console_.say(message_text(message));
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit(loop_);
      break;
    case GST_MESSAGE_ELEMENT:
      element_message(*gst_message_get_structure(message));
      break;
    default:
      break;
  }
}

void Live::error_message(GstMessage *message) {
  if (output_.is_window_closed(message)) {
    if (!finishing_) console_.say("the window was closed; finishing");
    finish(0);
    return;
  }
  // One fault brings others after it; the first tells the cause.
  if (status_ == 0) console_.say(message_text(message));
  finish(1);
}

void Live::progress_message(GstMessage *message) {
  GstProgressType type = GST_PROGRESS_TYPE_ERROR;
  g_autofree char *code = nullptr;
  g_autofree char *text = nullptr;
  gst_message_parse_progress(message, &type, &code, &text);
  const bool goes_on = type == GST_PROGRESS_TYPE_START || type == GST_PROGRESS_TYPE_CONTINUE;
  const double seconds = static_cast<double>(g_get_monotonic_time()) / G_USEC_PER_SEC;
  const auto line = progress_.line(code ? code : "", text ? text : "", seconds);
  if (!goes_on) {
    busy_with_.clear();
  } else if (line) {
    busy_with_ = *line;
    // While frames come, the status line has it.
    if (started_ == 0) console_.status(*line);
  }
}

void Live::element_message(const GstStructure &structure) {
  if (const char *text = gst_structure_has_name(&structure, "naclip-recording")
                             ? gst_structure_get_string(&structure, "text")
                             : nullptr)
    console_.say(text);
  if (!gst_structure_has_name(&structure, "naclip-vocabulary")) return;
  std::string words;
  const GValue *labels = gst_structure_get_value(&structure, "labels");
  const guint count = labels && GST_VALUE_HOLDS_LIST(labels) ? gst_value_list_get_size(labels) : 0;
  // The first is that of nothing.
  for (guint i = 1; i < count; ++i) {
    const char *label = g_value_get_string(gst_value_list_get_value(labels, i));
    words += (i == 1 ? "" : "; ") + std::string(label ? label : "");
  }
  console_.say("now looking for " + words);
}

void Live::typed(const std::string &line) {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string::npos || finishing_) return;
  const std::string text = line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
  try {
    if (text.front() == ':') {
      command(text);
    } else {
      set_from_text(G_OBJECT(output_.segment()), "vocabulary", text);
    }
  } catch (const UsageError &error) {
    console_.say(error.what());
  }
}

void Live::command(const std::string &line) {
  const auto space = line.find(' ');
  const std::string name = line.substr(0, space);
  const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
  if (name == ":quit" || name == ":q") {
    finish(0);
  } else if (name == ":stats") {
    show_stats();
  } else if (name == ":set" || name == ":overlay") {
    const auto [property, value] = parse_assignment(rest);
    GstElement *element = name == ":set" ? output_.segment() : output_.overlay();
    set_from_text(G_OBJECT(element), property, value);
  } else if (name == ":record") {
    record();
  } else if (name == ":stop") {
    if (!output_.recording().recording) console_.say("nothing is being recorded; :record begins");
    output_.stop_recording();
  } else if (name == ":help") {
    console_.say(kHelp);
  } else {
    console_.say("there is no " + name + ":\n" + kHelp);
  }
}

void Live::record() {
  try {
    output_.start_recording();
  } catch (const std::runtime_error &error) {
    console_.say(std::string("nothing can be recorded: ") + error.what());
  }
}

void Live::show_stats() {
  g_autoptr(GstStructure) stats = nullptr;
  g_object_get(output_.segment(), "stats", &stats, nullptr);
  console_.say(stats ? stats_text(*stats) : "no figures yet");
}

gboolean Live::on_tick(gpointer self) {
  auto *live = static_cast<Live *>(self);
  if (live->started_ == 0 || live->finishing_) return G_SOURCE_CONTINUE;
  const Progress progress = live->output_.progress();
  std::string line = status_line(progress, live->rate_.update(progress.frames));
  if (const RecordingState recording = live->output_.recording(); recording.recording)
    line += " | recording " + std::to_string(static_cast<int>(recording.seconds)) + " s";
  if (!live->busy_with_.empty()) line += " | " + live->busy_with_;
  live->console_.status(line);
  return G_SOURCE_CONTINUE;
}

void Live::sum_up() {
  if (started_ == 0) return;
  const guint64 frames = output_.progress().frames;
  const double seconds = static_cast<double>(g_get_monotonic_time() - started_) / G_USEC_PER_SEC;
  g_autofree char *text = g_strdup_printf(
      "%" G_GUINT64_FORMAT " frames in %.1f s%s%s", frames, seconds,
      options_.output.empty() ? "" : (frames > 0 ? ", recorded in " : ", none for "),
      options_.output.c_str());
  console_.say(text);
}

}  // namespace naclip::live
