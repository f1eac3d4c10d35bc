#include "statistics.h"

#include <array>

#include "examples/live/web/json.h"

namespace naclip::live::web {
namespace {

std::string number(double value) {
  std::array<char, G_ASCII_DTOSTR_BUF_SIZE> text;
  return g_ascii_formatd(text.data(), text.size(), "%.9g", value);
}

/// A label's value, in which Prometheus escapes three characters.
std::string escaped(const std::string &value) {
  std::string text;
  for (const char one : value) {
    if (one == '\\' || one == '"') text += '\\';
    if (one == '\n') {
      text += "\\n";
    } else {
      text += one;
    }
  }
  return text;
}

void add_metric(std::string &text, const char *name, const char *type, const char *help) {
  text += std::string("# HELP naclip_") + name + " " + help + "\n# TYPE naclip_" + name + " " +
          type + "\n";
}

void add_value(std::string &text, const char *name, const std::string &labels, double value) {
  text += std::string("naclip_") + name + labels + " " + number(value) + "\n";
}

void add_single(std::string &text, const char *name, const char *type, const char *help,
                double value) {
  add_metric(text, name, type, help);
  add_value(text, name, "", value);
}

double seconds(double nanoseconds) {
  return nanoseconds / 1e9;
}

}  // namespace

std::string status_json(const Statistics &statistics) {
  const Progress &progress = statistics.progress;
  return json_text([&](JsonBuilder *json) {
    member(json, "schema", "naclip/1");
    member(json, "type", "status");
    member(json, "source", "live");
    member(json, "state", "online");
    member(json, "frames", static_cast<gint64>(progress.frames));
    member(json, "inferred", static_cast<gint64>(progress.inferred));
    member(json, "fps", statistics.fps);
    member(json, "inference", static_cast<gint64>(progress.inference));
    if (progress.age) member(json, "mask_age", static_cast<gint64>(*progress.age));
    if (progress.latency) member(json, "latency", static_cast<gint64>(*progress.latency));
    json_builder_set_member_name(json, "viewers");
    json_builder_begin_object(json);
    member(json, "webrtc", static_cast<gint64>(statistics.webrtc));
    member(json, "mjpeg", static_cast<gint64>(statistics.mjpeg));
    member(json, "messages", static_cast<gint64>(statistics.messages));
    json_builder_end_object(json);
    member(json, "uptime", statistics.uptime);
  });
}

std::string metrics_text(const Statistics &statistics) {
  const Progress &progress = statistics.progress;
  std::string text;
  add_single(text, "frames_total", "counter", "Frames that have come through.",
             static_cast<double>(progress.frames));
  add_single(text, "inferred_total", "counter", "Frames with a mask of their own.",
             static_cast<double>(progress.inferred));
  add_single(text, "frames_per_second", "gauge", "Over the last second.", statistics.fps);
  add_single(text, "inference_seconds", "gauge", "Time of the last inference.",
             seconds(static_cast<double>(progress.inference)));
  if (progress.age) {
    add_single(text, "mask_age_seconds", "gauge", "Age of the last frame's mask.",
               seconds(static_cast<double>(*progress.age)));
  }
  if (progress.latency) {
    add_single(text, "latency_seconds", "gauge", "From the camera to after drawing.",
               seconds(static_cast<double>(*progress.latency)));
  }
  add_metric(text, "class_share", "gauge", "Share of the picture that a class covers, 0 to 1.");
  for (const auto &[label, share] : progress.shares)
    add_value(text, "class_share", "{label=\"" + escaped(label) + "\"}", share);
  add_metric(text, "viewers", "gauge", "Who watches the picture, and listens to messages.");
  add_value(text, "viewers", "{by=\"webrtc\"}", static_cast<double>(statistics.webrtc));
  add_value(text, "viewers", "{by=\"mjpeg\"}", static_cast<double>(statistics.mjpeg));
  add_value(text, "viewers", "{by=\"messages\"}", static_cast<double>(statistics.messages));
  add_single(text, "uptime_seconds", "gauge", "Since the page was there.",
             seconds(static_cast<double>(statistics.uptime)));
  return text;
}

}  // namespace naclip::live::web
