// Encoded frames of the last seconds, from which a recording begins earlier than it was asked for.
#pragma once

#include <gst/gst.h>

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "tracks.h"

namespace naclip::live {

struct SampleDeleter {
  void operator()(GstSample *sample) const { gst_sample_unref(sample); }
};
using SamplePtr = std::unique_ptr<GstSample, SampleDeleter>;

/// One encoded frame of a track.
struct Packet {
  SamplePtr sample;
  GstClockTime time;  ///< running time, the same in each track
  bool keyframe;
  /// Of messages: the vocabulary's message in force before it; null: none was yet.
  std::shared_ptr<const std::string> vocabulary;
};

/// The tracks' packets by time. Not thread-safe.
class PacketRing {
 public:
  void add(Track track, GstSample *sample);

  /// The track's packets later than `after` (none: all), up to `last`.
  template <class Take>
  void each(Track track, std::optional<GstClockTime> after, GstClockTime last, Take take) const {
    for (const Packet &packet : packets_[index_of(track)])
      if ((!after || packet.time > *after) && packet.time <= last) take(packet);
  }

  /// Of the pictures that are keyframes: the first one at `time` or later.
  std::optional<GstClockTime> first_keyframe_from(GstClockTime time) const;
  /// The last one at `time` or earlier; where there is none, the first of all.
  std::optional<GstClockTime> last_keyframe_until(GstClockTime time) const;

  /// Time of the newest packet that has come of a track.
  std::optional<GstClockTime> newest(Track track) const { return newest_[index_of(track)]; }

  /// Forgets packets of earlier times, but for those of times that have no picture yet.
  void forget_before(GstClockTime time);

 private:
  std::array<std::deque<Packet>, kTracks> packets_;
  std::array<std::optional<GstClockTime>, kTracks> newest_;
  std::shared_ptr<const std::string> vocabulary_;
};

/// The text of a message buffer.
std::string text_of(GstBuffer *buffer);

/// The line of type vocabulary in a message buffer's text, with its end; empty where it has none.
std::string vocabulary_in(const std::string &text);

/// Messages as they are in a file that begins at `base`: their field pts counts from there, and is 0
/// where it was earlier.
std::string with_times_from(const std::string &text, GstClockTime base);

}  // namespace naclip::live
