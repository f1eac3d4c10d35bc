// Recordings that begin and end while the stream runs: on demand, and around events.
#pragma once

#include <gst/gst.h>

#include <array>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "choices.h"
#include "packet_ring.h"
#include "recording_encoder.h"
#include "recording_file.h"

namespace naclip::live {

/// What is being recorded on demand.
struct RecordingState {
  bool recording = false;
  std::string file;    ///< its name, or that of the last one
  double seconds = 0;  ///< in it
};

/// Encodes frames while a recording needs them, or always where clips of events begin before the
/// event, and writes each recording as a file of its own. What goes wrong with a file or an encoder
/// ends that recording alone. All that there is to tell the user is posted on the pipeline's bus as
/// an element message `naclip-recording` with the field `text`. Belongs to the main thread, but for
/// push() and event().
class Recorder {
 public:
  /// `pipeline`: whose frames they are. `live`: no frame waits.
  Recorder(GstElement *pipeline, const RecordingChoice &choice, bool live);
  ~Recorder();
  Recorder(const Recorder &) = delete;
  Recorder &operator=(const Recorder &) = delete;

  /// Begins at the next keyframe, which is asked for. Throws std::runtime_error with why not.
  void start();
  /// The file is finished when this returns; its state.
  RecordingState stop();
  RecordingState state() const;

  /// A frame that might be recorded. From the stream's thread.
  void push(GstPad *pad, GstBuffer *frame);
  /// An event of naclipzones, before its frame. From the stream's thread.
  void event(const GstStructure &event);

  /// No frame comes after this: finishes all recordings.
  void end();

 private:
  /// One recording.
  struct Take {
    bool clip = false;                        ///< of events
    GstClockTime wanted = 0;                  ///< when it is to begin
    std::optional<GstClockTime> base;         ///< when it does, at a keyframe
    GstClockTime last = GST_CLOCK_TIME_NONE;  ///< no frame later than this belongs to it
    bool ending = false;                      ///< its file takes no more
    bool over = false;                        ///< its file was closed
    std::array<std::optional<GstClockTime>, kTracks> written;  ///< the last frames in it
    std::unique_ptr<RecordingFile> file;  ///< set by the main thread, under the lock
  };

  static gboolean tidy_up(gpointer self);
  void tidy();
  void tidy_later();
  void finish_all();
  void tell(const std::string &text) const;

  void open(Take &take);
  void begin(Take &take);
  void start_encoder();
  void stop_encoder();
  void encoder_failed(const std::string &why);

  void take_packet(Track track, GstSample *sample);
  // With the lock held:
  void schedule_tidying();
  void serve(Take &take);
  void write(Take &take, Track track, const Packet &packet) const;
  bool is_complete(const Take &take) const;
  GstClockTime oldest_needed() const;
  Take *take_of(bool clip);
  RecordingState state_of(const Take &take) const;

  GstElement *pipeline_;
  const RecordingChoice choice_;
  const bool live_;
  RecordingState last_;  ///< of the recording on demand before

  mutable std::mutex mutex_;  // guards the rest, never held while anything waits
  std::condition_variable came_;
  std::shared_ptr<RecordingEncoder> encoder_;
  PacketRing ring_;
  std::list<Take> takes_;         ///< the main thread alone removes some
  std::set<std::string> events_;  ///< that have begun and not ended, by id
  guint tidying_ = 0;             ///< id of the source
  bool broken_ = false;           ///< the encoder failed
  bool ended_ = false;
};

}  // namespace naclip::live
