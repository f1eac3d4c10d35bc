#include "recording_file.h"

#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace naclip::live {
namespace {

constexpr guint64 kMostWaiting = 64 << 20;  // bytes of a track that wait for the disk

std::string launch_text(bool annotations) {
  // By name: an appsrc tells only later what it has.
  const auto track = [](Track one, const char *name, const char *pad) {
    return std::string("appsrc name=") + name + " format=time max-bytes=0 ! " +
           track_name(title_of(one)) + " ! tracks." + pad + " ";
  };
  std::string text = track(Track::kPicture, "picture", "video_0");
  if (annotations)
    text += track(Track::kMasks, "masks", "video_1") +
            track(Track::kMessages, "messages", "subtitle_0");
  return text + "matroskamux name=tracks ! filesink name=file async=false";
}

std::string part_of(const std::string &path) {
  return path + ".part";
}

std::string error_of(GstMessage *message) {
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  return error->message;
}

}  // namespace

RecordingFile::RecordingFile(const std::string &path, bool annotations,
                             std::function<void(const std::string &)> over)
    : path_(path), over_(std::move(over)) {
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstElement) parsed = gst_parse_launch(launch_text(annotations).c_str(), &error);
  if (!parsed || error) throw std::runtime_error(error ? error->message : "no pipeline");
  pipeline_ = static_cast<GstElement *>(gst_object_ref_sink(g_steal_pointer(&parsed)));
  GstBin *bin = GST_BIN(pipeline_);
  for (const auto &[track, name] : {std::pair{Track::kPicture, "picture"},
                                    {Track::kMasks, "masks"},
                                    {Track::kMessages, "messages"}})
    sources_[index_of(track)] = gst_bin_get_by_name(bin, name);
  g_autoptr(GstElement) file = gst_bin_get_by_name(bin, "file");
  g_object_set(file, "location", part_of(path).c_str(), nullptr);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  if (gst_element_set_state(pipeline_, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    const std::string why = message ? error_of(message) : "its file cannot be opened";
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    for (GstElement *&source : sources_) gst_clear_object(&source);
    gst_clear_object(&pipeline_);
    throw std::runtime_error(why);
  }
  watch_ = gst_bus_add_watch(bus, take_message, this);
}

RecordingFile::~RecordingFile() {
  if (watch_ != 0) g_source_remove(watch_);
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  for (GstElement *&source : sources_) gst_clear_object(&source);
  gst_clear_object(&pipeline_);
}

void RecordingFile::push(Track track, GstSample *sample) {
  GstAppSrc *source = GST_APP_SRC(sources_[index_of(track)]);
  if (too_slow_ || gst_app_src_get_current_level_bytes(source) > kMostWaiting) {
    if (!too_slow_.exchange(true))
      gst_element_post_message(
          pipeline_,
          gst_message_new_application(GST_OBJECT(pipeline_), gst_structure_new_empty("too-slow")));
    return;
  }
  begun_ = true;
  gst_app_src_push_sample(source, sample);
}

void RecordingFile::end() {
  for (GstElement *source : sources_)
    if (source) gst_app_src_end_of_stream(GST_APP_SRC(source));
}

void RecordingFile::finish(GstClockTime patience) {
  if (closed_) return;
  end();
  // matroskamux never ends where nothing came to it.
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(
      bus, begun_ ? patience : 0,
      static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION));
  if (message)
    handle(message);
  else
    close(begun_ ? "the disk did not take it in time" : "");
}

gboolean RecordingFile::take_message(GstBus *, GstMessage *message, gpointer self) {
  static_cast<RecordingFile *>(self)->handle(message);
  return G_SOURCE_CONTINUE;
}

void RecordingFile::handle(GstMessage *message) {
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_EOS:
      close("");
      break;
    case GST_MESSAGE_ERROR:
      close(error_of(message));
      break;
    case GST_MESSAGE_APPLICATION:
      close("the disk is slower than the stream");
      break;
    default:
      break;
  }
}

void RecordingFile::close(const std::string &failure) {
  if (std::exchange(closed_, true)) return;
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  const std::string part = part_of(path_);
  GStatBuf status;
  if (g_stat(part.c_str(), &status) == 0 && status.st_size == 0) begun_ = false;
  // Matroska that was given up can be read up to there.
  const bool kept = begun_ && g_rename(part.c_str(), path_.c_str()) == 0;
  const std::string renaming = begun_ && !kept ? g_strerror(errno) : "";
  if (!begun_) g_remove(part.c_str());
  std::string text = kept ? "recorded " + path_ : "nothing was recorded in " + path_;
  if (!failure.empty())
    text =
        "recording " + path_ + " failed: " + failure + (kept ? "; it can be read up to there" : "");
  if (!renaming.empty()) text += "; " + part + " keeps its name: " + renaming;
  over_(text);
}

}  // namespace naclip::live
