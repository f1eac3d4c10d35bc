#include "live_vocabulary.h"

#include <chrono>
#include <utility>

namespace naclip {

namespace {

// How often the file is looked at. Asking the file system works wherever the file lies, also where no notice of a
// change comes (network file systems).
constexpr std::chrono::milliseconds kLook{250};

}  // namespace

LiveVocabulary::Source LiveVocabulary::source_of(const SegmentSettings &settings) {
  Source source;
  source.text = settings.vocabulary;
  if (!source.text.empty()) return source;
  source.file = settings.vocabulary_file;
  source.stamp = identify_file(source.file);
  return source;
}

LiveVocabulary::LiveVocabulary(std::shared_ptr<Segmenter> segmenter,
                               CurrentSettings current_settings, Log log, Warn warn)
    : segmenter_(std::move(segmenter)),
      current_settings_(std::move(current_settings)),
      log_(std::move(log)),
      warn_(std::move(warn)) {
  const auto settings = current_settings_();
  taken_ = seen_ = source_of(*settings);
  newest_->set(segmenter_->encode(read_vocabulary(*settings), log_, {}, {}));
  worker_ = std::jthread([this](const std::stop_token &stop) { work(stop); });
}

LiveVocabulary::~LiveVocabulary() = default;

void LiveVocabulary::settings_changed() {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
  }
  wake_.notify_one();
}

void LiveVocabulary::work(const std::stop_token &stop) {
  std::unique_lock lock(mutex_);
  const auto asked = [this] { return asked_; };
  while (!stop.stop_requested()) {
    if (taken_.text.empty())
      wake_.wait_for(lock, stop, kLook, asked);
    else
      wake_.wait(lock, stop, asked);
    if (stop.stop_requested()) return;
    asked_ = false;
    lock.unlock();
    refresh(stop);
    lock.lock();
  }
}

void LiveVocabulary::refresh(const std::stop_token &stop) {
  try {
    const auto settings = current_settings_();
    const Source source = source_of(*settings);
    const bool settled = std::exchange(seen_, source) == source;
    if (source == taken_) return;
    // A file that is still being written, or that an editor is about to put back, is not ready to be read. Another
    // property may have changed at that moment; only a file that was just named is read at once.
    const bool named = source.text != taken_.text || source.file != taken_.file;
    if (!named && (!settled || !source.stamp)) return;
    taken_ = source;
    auto queries = segmenter_->encode(read_vocabulary(*settings), log_, {}, stop);
    if (queries != nullptr) newest_->set(std::move(queries));
  } catch (const Error &error) {
    warn_(error);
  } catch (const std::exception &error) {
    warn_(Error(ErrorKind::kInference, "The vocabulary could not be taken over", error.what()));
  }
}

}  // namespace naclip
