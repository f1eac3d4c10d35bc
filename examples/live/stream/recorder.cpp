#include "recorder.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

namespace naclip::live {
namespace {

constexpr GstClockTime kPatience =
    5 * GST_SECOND;  ///< for what is in work, or on its way to a disk

GstClockTime nanoseconds(double seconds) {
  return static_cast<GstClockTime>(seconds * GST_SECOND);
}

GstClockTime before(GstClockTime time, double seconds) {
  const GstClockTime span = nanoseconds(seconds);
  return time > span ? time - span : 0;
}

/// A name that no file has yet.
std::string new_file(const std::string &folder, bool clip) {
  g_autoptr(GDateTime) now = g_date_time_new_now_local();
  g_autofree char *time = g_date_time_format(now, "%Y-%m-%d-%H%M%S");
  const std::string name = std::string(clip ? "event-" : "recording-") + time;
  g_autofree char *joined = g_build_filename(folder.c_str(), name.c_str(), nullptr);
  const std::string stem = folder == "." ? name : joined;
  for (int number = 1;; ++number) {
    const std::string path = stem + (number > 1 ? "-" + std::to_string(number) : "") + ".mkv";
    if (!g_file_test(path.c_str(), G_FILE_TEST_EXISTS) &&
        !g_file_test((path + ".part").c_str(), G_FILE_TEST_EXISTS))
      return path;
  }
}

SamplePtr sample_with(GstSample *sample, GstBuffer *buffer) {
  SamplePtr copy(gst_sample_copy(sample));
  gst_sample_set_buffer(copy.get(), buffer);
  return copy;
}

}  // namespace

Recorder::Recorder(GstElement *pipeline, const RecordingChoice &choice, bool live)
    : pipeline_(pipeline), choice_(choice), live_(live) {
  // A clip begins before its event.
  if (!choice_.rules.empty()) start_encoder();
}

Recorder::~Recorder() {
  end();
  if (tidying_ != 0) g_source_remove(tidying_);
}

void Recorder::tell(const std::string &text) const {
  gst_element_post_message(
      pipeline_, gst_message_new_element(GST_OBJECT(pipeline_),
                                         gst_structure_new("naclip-recording", "text",
                                                           G_TYPE_STRING, text.c_str(), nullptr)));
}

void Recorder::start_encoder() {
  auto encoder = std::make_shared<RecordingEncoder>(
      choice_.annotations, live_,
      [this](Track track, GstSample *sample) { take_packet(track, sample); },
      [this](const std::string &why) { encoder_failed(why); });
  const std::lock_guard lock(mutex_);
  encoder_ = std::move(encoder);
}

void Recorder::stop_encoder() {
  std::shared_ptr<RecordingEncoder> encoder;
  {
    const std::lock_guard lock(mutex_);
    encoder = std::move(encoder_);
  }
  if (encoder) encoder->stop();
  const std::lock_guard lock(mutex_);
  ring_ = PacketRing();
}

void Recorder::encoder_failed(const std::string &why) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(broken_, true)) return;
    events_.clear();
  }
  tell("recording failed: " + why);
  tidy_later();  // this is called by the encoder
}

void Recorder::start() {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) throw std::runtime_error("the stream has ended");
    if (take_of(false)) throw std::runtime_error("a recording is under way");
  }
  if (!encoder_) start_encoder();
  std::list<Take> added(1);
  try {
    open(added.front());
  } catch (const std::runtime_error &) {
    tidy();
    throw;
  }
  {
    const std::lock_guard lock(mutex_);
    const auto newest = ring_.newest(Track::kPicture);
    added.front().wanted = newest ? *newest + 1 : 0;
    takes_.splice(takes_.end(), added);
  }
  encoder_->ask_keyframe();
}

RecordingState Recorder::stop() {
  Take *take = nullptr;
  {
    std::unique_lock lock(mutex_);
    take = take_of(false);
    if (!take) return {false, last_.file, last_.seconds};
    const auto wait_until = [&](auto is_so) {
      came_.wait_for(lock, std::chrono::seconds(2), is_so);
    };
    // What was started a moment ago has a frame at least.
    wait_until([&] { return take->base.has_value() || take->over; });
    take->last = ring_.newest(Track::kPicture).value_or(0);
    wait_until([&] { return is_complete(*take) || take->over; });
  }
  take->file->finish(kPatience);
  tidy();
  return {false, last_.file, last_.seconds};
}

RecordingState Recorder::state() const {
  const std::lock_guard lock(mutex_);
  for (const Take &take : takes_)
    if (!take.clip && !take.over) return state_of(take);
  return {false, last_.file, last_.seconds};
}

RecordingState Recorder::state_of(const Take &take) const {
  const auto &last = take.written[index_of(Track::kPicture)];
  const double seconds =
      last ? static_cast<double>(*last - *take.base) / static_cast<double>(GST_SECOND) : 0;
  return {true, take.file ? take.file->path() : "", seconds};
}

Recorder::Take *Recorder::take_of(bool clip) {
  for (Take &take : takes_)
    if (take.clip == clip && !take.over && !is_complete(take)) return &take;
  return nullptr;
}

void Recorder::open(Take &take) {
  auto file =
      std::make_unique<RecordingFile>(new_file(choice_.folder, take.clip), choice_.annotations,
                                      [this, &take](const std::string &text) {
                                        tell(text);
                                        {
                                          const std::lock_guard lock(mutex_);
                                          take.over = true;
                                        }
                                        tidy_later();
                                      });
  tell("recording to " + file->path());
  const std::lock_guard lock(mutex_);
  take.file = std::move(file);
}

void Recorder::push(GstPad *pad, GstBuffer *frame) {
  std::shared_ptr<RecordingEncoder> encoder;
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) encoder = encoder_;
  }
  if (!encoder) return;
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
  g_autoptr(GstSample) sample = gst_sample_new(frame, caps, nullptr, nullptr);
  encoder->push(sample);
}

void Recorder::event(const GstStructure &event) {
  const char *state = gst_structure_get_string(&event, "state");
  const char *id = gst_structure_get_string(&event, "id");
  GstClockTime time = 0;
  if (!state || !id || !gst_structure_get_uint64(&event, "pts", &time)) return;
  const std::lock_guard lock(mutex_);
  if (ended_ || !encoder_) return;
  Take *clip = take_of(true);
  if (g_str_equal(state, "begin")) {
    events_.insert(id);
    if (!clip) {
      clip = &takes_.emplace_back();
      clip->clip = true;
      clip->wanted = before(time, choice_.before);
      schedule_tidying();
    }
    clip->last = GST_CLOCK_TIME_NONE;
  } else if (g_str_equal(state, "end") && events_.erase(id) != 0 && events_.empty() && clip) {
    clip->last = time + nanoseconds(choice_.after);
  }
}

void Recorder::take_packet(Track track, GstSample *sample) {
  const std::lock_guard lock(mutex_);
  ring_.add(track, sample);
  bool complete = false;
  for (Take &take : takes_) {
    serve(take);
    complete |= is_complete(take);
  }
  ring_.forget_before(oldest_needed());
  if (complete) schedule_tidying();
  came_.notify_all();
}

void Recorder::serve(Take &take) {
  if (!take.file || take.over) return;
  if (!take.base)
    take.base =
        take.clip ? ring_.last_keyframe_until(take.wanted) : ring_.first_keyframe_from(take.wanted);
  const auto &picture = ring_.newest(Track::kPicture);
  if (!take.base || !picture) return;
  // No track is ahead of the picture, so that all may end with it at any time.
  const GstClockTime last = std::min(take.last, *picture);
  for (std::size_t index = 0; index < kTracks; ++index) {
    auto &written = take.written[index];
    ring_.each(static_cast<Track>(index), written, last, [&](const Packet &packet) {
      if (packet.time < *take.base) return;
      write(take, static_cast<Track>(index), packet);
      written = packet.time;
    });
  }
}

void Recorder::write(Take &take, Track track, const Packet &packet) const {
  GstBuffer *encoded = gst_sample_get_buffer(packet.sample.get());
  g_autoptr(GstBuffer) buffer = nullptr;
  if (track == Track::kMessages) {
    std::string text = text_of(encoded);
    if (!take.written[index_of(track)] && packet.vocabulary && vocabulary_in(text).empty())
      text = *packet.vocabulary + text;
    text = with_times_from(text, *take.base);
    buffer = gst_buffer_new_memdup(text.data(), text.size());
    gst_buffer_copy_into(buffer, encoded, GST_BUFFER_COPY_TIMESTAMPS, 0, static_cast<gsize>(-1));
  } else {
    buffer = gst_buffer_copy(encoded);
  }
  GST_BUFFER_PTS(buffer) = packet.time - *take.base;
  GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
  const SamplePtr sample = sample_with(packet.sample.get(), buffer);
  take.file->push(track, sample.get());
}

bool Recorder::is_complete(const Take &take) const {
  if (take.last == GST_CLOCK_TIME_NONE) return false;
  const std::size_t tracks = choice_.annotations ? kTracks : 1;
  for (std::size_t track = 0; track < tracks; ++track) {
    const auto newest = ring_.newest(static_cast<Track>(track));
    if (!newest || *newest < take.last) return false;
  }
  return true;
}

GstClockTime Recorder::oldest_needed() const {
  GstClockTime oldest = GST_CLOCK_TIME_NONE;
  const auto need = [&](std::optional<GstClockTime> time) {
    oldest = std::min(oldest, time.value_or(0));
  };
  const auto newest = ring_.newest(Track::kPicture);
  if (!choice_.rules.empty() && newest)
    need(ring_.last_keyframe_until(before(*newest, choice_.before)));
  for (const Take &take : takes_)
    if (!take.over && !take.base)
      need(take.clip ? ring_.last_keyframe_until(take.wanted) : take.wanted);
  return oldest;
}

void Recorder::tidy_later() {
  const std::lock_guard lock(mutex_);
  schedule_tidying();
}

void Recorder::schedule_tidying() {
  if (tidying_ == 0) tidying_ = g_idle_add(tidy_up, this);
}

gboolean Recorder::tidy_up(gpointer self) {
  auto *recorder = static_cast<Recorder *>(self);
  {
    const std::lock_guard lock(recorder->mutex_);
    recorder->tidying_ = 0;
  }
  recorder->tidy();
  return G_SOURCE_REMOVE;
}

void Recorder::tidy() {
  std::vector<Take *> beginning, ending;
  std::list<Take> gone;
  bool broken = false, idle = false;
  {
    const std::lock_guard lock(mutex_);
    for (auto take = takes_.begin(); take != takes_.end();) {
      const auto next = std::next(take);
      if (take->over) {
        if (!take->clip) last_ = state_of(*take);
        gone.splice(gone.end(), takes_, take);
      } else if (!take->file) {
        beginning.push_back(&*take);
      } else if (is_complete(*take) && !std::exchange(take->ending, true)) {
        ending.push_back(&*take);
      }
      take = next;
    }
    broken = std::exchange(broken_, false);
    idle = takes_.empty() && choice_.rules.empty();
  }
  gone.clear();
  for (Take *take : beginning) begin(*take);
  for (Take *take : ending) take->file->end();
  if (broken) finish_all();
  if (broken || idle) stop_encoder();
}

void Recorder::begin(Take &take) {
  std::string why;
  try {
    open(take);
  } catch (const std::runtime_error &error) {
    tell(std::string("nothing can be recorded: ") + error.what());
    why = error.what();
  }
  const std::lock_guard lock(mutex_);
  take.over = !why.empty();
  serve(take);
  if (take.over || is_complete(take)) schedule_tidying();
}

void Recorder::finish_all() {
  std::vector<Take *> all;
  {
    const std::lock_guard lock(mutex_);
    for (Take &take : takes_) all.push_back(&take);
  }
  for (Take *take : all) {
    if (!take->file) begin(*take);
    if (take->file) take->file->finish(kPatience);
  }
  const std::lock_guard lock(mutex_);
  for (const Take &take : takes_)
    if (!take.clip) last_ = state_of(take);
  takes_.clear();
}

void Recorder::end() {
  std::shared_ptr<RecordingEncoder> encoder;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
    encoder = encoder_;
  }
  if (encoder) encoder->drain(kPatience);
  finish_all();
  stop_encoder();
}

}  // namespace naclip::live
