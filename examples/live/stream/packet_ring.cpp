#include "packet_ring.h"

#include <algorithm>
#include <charconv>

namespace naclip::live {
namespace {

constexpr std::string_view kPts = "\"pts\":";

}  // namespace

std::string text_of(GstBuffer *buffer) {
  std::string text(gst_buffer_get_size(buffer), '\0');
  gst_buffer_extract(buffer, 0, text.data(), text.size());
  return text;
}

std::string vocabulary_in(const std::string &text) {
  // A quote within a JSON string has a backslash before it, so this is a key and its value.
  const std::size_t found = text.find("\"type\":\"vocabulary\"");
  if (found == std::string::npos) return "";
  const std::size_t begin = text.rfind('\n', found) + 1;  // npos + 1 is 0
  return text.substr(begin, text.find('\n', found) + 1 - begin);
}

std::string with_times_from(const std::string &text, GstClockTime base) {
  std::string changed;
  std::size_t done = 0;
  for (std::size_t at = 0; (at = text.find(kPts, at)) != std::string::npos;) {
    const bool is_key = at == 0 || text[at - 1] != '\\';
    at += kPts.size();
    GstClockTime time = 0;
    const char *end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + at, end, time);
    if (!is_key || error != std::errc()) continue;
    changed.append(text, done, at - done);
    changed += std::to_string(time > base ? time - base : 0);
    done = at = static_cast<std::size_t>(rest - text.data());
  }
  return changed.append(text, done);
}

void PacketRing::add(Track track, GstSample *sample) {
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  // Encoders may shift both, the segment and the times in it.
  const GstClockTime time = gst_segment_to_running_time(gst_sample_get_segment(sample),
                                                        GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  if (!GST_CLOCK_TIME_IS_VALID(time)) return;
  Packet packet{SamplePtr(gst_sample_ref(sample)), time,
                !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT), vocabulary_};
  if (track == Track::kMessages) {
    const std::string words = vocabulary_in(text_of(buffer));
    if (!words.empty()) vocabulary_ = std::make_shared<const std::string>(words);
  }
  packets_[index_of(track)].push_back(std::move(packet));
  newest_[index_of(track)] = time;
}

std::optional<GstClockTime> PacketRing::first_keyframe_from(GstClockTime time) const {
  for (const Packet &packet : packets_[index_of(Track::kPicture)])
    if (packet.keyframe && packet.time >= time) return packet.time;
  return std::nullopt;
}

std::optional<GstClockTime> PacketRing::last_keyframe_until(GstClockTime time) const {
  std::optional<GstClockTime> found;
  for (const Packet &packet : packets_[index_of(Track::kPicture)]) {
    if (!packet.keyframe) continue;
    if (found && packet.time > time) break;
    found = packet.time;
  }
  return found;
}

void PacketRing::forget_before(GstClockTime time) {
  // The other encoders may be ahead of the picture's.
  const auto &picture = newest(Track::kPicture);
  const GstClockTime limit = std::min(time, picture ? *picture + 1 : 0);
  for (auto &packets : packets_)
    while (!packets.empty() && packets.front().time < limit) packets.pop_front();
}

}  // namespace naclip::live
