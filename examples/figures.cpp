// Tells what a run of gst-launch-1.0 with naclipsegment did.
//
//   gst-launch-1.0 -e -m ... | naclip-figures RECORDING.mkv PICTURE.png [FRAME]
//
// Reads the messages that naclipsegment posts (post-messages=true) as gst-launch-1.0 -m prints
// them, then counts the frames of the Matroska recording, writes one as a PNG, number FRAME from 0
// or else the middle one, and prints the figures.
#include <gst/video/video.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "progress_line.h"
#include "video_reader.h"

namespace {

using naclip::examples::ProgressLine;
using naclip::examples::VideoReader;
using Clock = std::chrono::steady_clock;

struct ClassTotal {
  std::string label;
  double share = 0.0;  ///< sum over frames
};

/// What the messages of a run said.
struct Run {
  std::uint64_t inferred = 0;
  Clock::time_point first, last;  ///< arrival of the first and the last message
  std::vector<ClassTotal> classes;

  /// Frames a second between the first message and the last.
  double rate() const {
    const std::chrono::duration<double> time = last - first;
    return time.count() > 0 ? static_cast<double>(inferred - 1) / time.count() : 0.0;
  }
};

void add_region(Run &run, guint index, const GValue *value) {
  if (!GST_VALUE_HOLDS_STRUCTURE(value)) return;
  const GstStructure *region = gst_value_get_structure(value);
  const char *label = gst_structure_get_string(region, "label");
  double share = 0.0;
  gst_structure_get_double(region, "share", &share);
  if (run.classes.size() <= index) run.classes.resize(index + 1);
  if (label) run.classes[index].label = label;
  run.classes[index].share += share;
}

/// The structure of that name in a line that gst-launch-1.0 -m printed; null where it has none. The
/// caller owns it. What the line has before it depends on the user's language.
GstStructure *structure_in(const std::string &line, const char *name) {
  const auto begin = line.find(std::string(": ") + name);
  return begin == std::string::npos ? nullptr
                                    : gst_structure_from_string(line.c_str() + begin + 2, nullptr);
}

/// Takes one printed line; lines that are not naclipsegment's are passed over.
void add_line(Run &run, const std::string &line) {
  g_autoptr(GstStructure) message = structure_in(line, "naclip-segmentation");
  const GValue *regions = message ? gst_structure_get_value(message, "regions") : nullptr;
  if (!regions) return;
  if (GST_VALUE_HOLDS_ARRAY(regions)) {
    for (guint i = 0; i < gst_value_array_get_size(regions); ++i) {
      add_region(run, i, gst_value_array_get_value(regions, i));
    }
  } else if (GST_VALUE_HOLDS_LIST(regions)) {
    for (guint i = 0; i < gst_value_list_get_size(regions); ++i) {
      add_region(run, i, gst_value_list_get_value(regions, i));
    }
  }
  run.last = Clock::now();
  if (run.inferred++ == 0) run.first = run.last;
}

/// A line on standard error: on a terminal in place of the one before.
void show(bool terminal, const std::string &line) {
  std::fprintf(stderr, terminal ? "\r%s\033[K" : "%s\n", line.c_str());
}

/// Shows how far naclipsegment is before the first mask, where the line tells of it.
void show_progress(ProgressLine &progress, bool terminal, const std::string &line) {
  g_autoptr(GstStructure) message = structure_in(line, "GstMessageProgress");
  const char *code = message ? gst_structure_get_string(message, "code") : nullptr;
  const char *text = message ? gst_structure_get_string(message, "text") : nullptr;
  if (!code || !text) return;
  const double seconds = std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
  if (const auto shown = progress.line(code, text, seconds)) show(terminal, *shown);
}

Run read_messages(std::istream &input) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  ProgressLine progress(terminal);
  Run run;
  for (std::string line; std::getline(input, line);) {
    const auto before = run.inferred;
    add_line(run, line);
    show_progress(progress, terminal, line);
    if (terminal && run.inferred != before) {
      g_autofree char *rate = g_strdup_printf("%.1f", run.rate());
      show(terminal, std::to_string(run.inferred) + " frames, " + rate + " a second");
    }
  }
  if (terminal && run.inferred > 0) std::fputc('\n', stderr);
  return run;
}

/// What a finished recording holds.
struct Recording {
  std::uint64_t frames = 0;
  GstClockTime end = 0;  ///< the last frame's time
};

Recording inspect(const std::string &path) {
  VideoReader reader(path, "matroskademux ! video/x-vp8");
  Recording recording;
  while (g_autoptr(GstSample) sample = reader.next()) {
    ++recording.frames;
    recording.end = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
  }
  return recording;
}

void write_picture(const std::string &recording, std::uint64_t index, const std::string &path) {
  // Programs show a PNG's pixels as squares.
  VideoReader reader(recording, "decodebin ! videoscale ! video/x-raw,pixel-aspect-ratio=1/1");
  for (std::uint64_t i = 0; i < index; ++i) {
    g_autoptr(GstSample) skipped = reader.next();
  }
  g_autoptr(GstSample) frame = reader.next();
  if (!frame) throw std::runtime_error("the recording cannot be decoded");
  g_autoptr(GstCaps) png = gst_caps_new_empty_simple("image/png");
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstSample) picture = gst_video_convert_sample(frame, png, GST_CLOCK_TIME_NONE, &error);
  if (!picture) throw std::runtime_error(error->message);
  GstMapInfo map;
  if (!gst_buffer_map(gst_sample_get_buffer(picture), &map, GST_MAP_READ)) {
    throw std::runtime_error("the picture cannot be read");
  }
  const bool written = g_file_set_contents(path.c_str(), reinterpret_cast<const char *>(map.data),
                                           static_cast<gssize>(map.size), &error);
  gst_buffer_unmap(gst_sample_get_buffer(picture), &map);
  if (!written) throw std::runtime_error(error->message);
}

void print_figures(const Run &run, const Recording &recording) {
  std::printf("frames             %llu in the recording, %.1f s of video\n",
              static_cast<unsigned long long>(recording.frames),
              static_cast<double>(recording.end) / GST_SECOND);
  std::printf("frames per second  %.1f, %llu inferred\n", run.rate(),
              static_cast<unsigned long long>(run.inferred));
  std::printf("class shares       mean over the frames inferred\n");
  for (const ClassTotal &one : run.classes) {
    std::printf("  %5.1f %%          %s\n", 100 * one.share / static_cast<double>(run.inferred),
                one.label.c_str());
  }
}

}  // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  guint64 wanted = G_MAXUINT64;
  if (argc < 3 || argc > 4 ||
      (argc == 4 && !g_ascii_string_to_unsigned(argv[3], 10, 0, G_MAXUINT64, &wanted, nullptr))) {
    std::cerr << "usage: gst-launch-1.0 -e -m ... | naclip-figures RECORDING.mkv PICTURE.png "
                 "[FRAME]\n";
    return 2;
  }
  // Ctrl-C is for gst-launch-1.0, which then finishes the recording that is read here.
  std::signal(SIGINT, SIG_IGN);
  try {
    const Run run = read_messages(std::cin);
    if (run.inferred == 0) throw std::runtime_error("no frame was segmented");
    const Recording recording = inspect(argv[1]);
    if (recording.frames == 0) throw std::runtime_error("the recording holds no frame");
    // A run that was broken off may not have come that far.
    write_picture(argv[1], wanted < recording.frames ? wanted : recording.frames / 2, argv[2]);
    print_figures(run, recording);
  } catch (const std::exception &error) {
    std::cerr << "naclip-figures: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
