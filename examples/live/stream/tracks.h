// The tracks of a recording: the picture, and what was seen on it.
#pragma once

#include <gst/gst.h>

#include <cstddef>
#include <string>

namespace naclip::live {

/// In their order in a file; those after the picture only where annotations are asked for.
enum class Track : std::size_t { kPicture, kMasks, kMessages };
inline constexpr std::size_t kTracks = 3;
constexpr std::size_t index_of(Track track) {
  return static_cast<std::size_t>(track);
}

/// What a file calls it.
constexpr const char *title_of(Track track) {
  constexpr const char *kTitles[kTracks] = {"picture", "naclip masks", "naclip/1"};
  return kTitles[index_of(track)];
}

/// Encoders as launch text, each from raw frames with masks to one track. The elements are named for
/// prepare_tracks() and keep_size().
std::string picture_encoder();   ///< VP8
std::string masks_encoder();     ///< region ids without loss: FFV1, every frame a keyframe
std::string messages_encoder();  ///< lines of naclip/1, for each frame

/// Launch text that gives what passes this title.
std::string track_name(const std::string &title);

/// Call once the bin with these encoders is made: vocabularies that GRAY8 has no room for get
/// GRAY16_LE.
void prepare_tracks(GstBin *bin);

/// The size that pictures and masks have from now on, that of frames of these caps: a source that
/// comes back with another size must not end a recording.
void keep_size(GstBin *bin, GstCaps *caps);

}  // namespace naclip::live
