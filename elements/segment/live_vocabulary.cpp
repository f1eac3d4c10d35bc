#include "elements/segment/live_vocabulary.h"

#include <chrono>
#include <utility>

#include "model/process/process_exit.h"

namespace naclip {

namespace {

// How often the file is looked at. Asking the file system works wherever the file lies, also where
// no notice of a change comes (network file systems).
constexpr std::chrono::milliseconds kLook{250};

}  // namespace

bool LiveVocabulary::Source::same_name(const SegmentSettings &settings) const {
  return text == settings.vocabulary && (!text.empty() || file == settings.vocabulary_file);
}

LiveVocabulary::Source LiveVocabulary::source_of(const SegmentSettings &settings) {
  Source source;
  source.text = settings.vocabulary;
  if (!source.text.empty()) return source;
  source.file = settings.vocabulary_file;
  source.stamp = identify_file(source.file);
  return source;
}

LiveVocabulary::LiveVocabulary(CurrentSettings current_settings, SegmentReports reports,
                               SegmentProgress &progress)
    : current_settings_(std::move(current_settings)),
      reports_(std::move(reports)),
      progress_(progress) {}

void LiveVocabulary::settings_changed() {
  const auto settings = current_settings_();
  std::stop_source outdated(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
    if (!taken_.same_name(*settings)) outdated = encoding_;
  }
  wake_.notify_one();
  outdated.request_stop();
}

void LiveVocabulary::begin(Segmenter &segmenter, const std::stop_token &stop) {
  while (current() == nullptr && !stop.stop_requested()) {
    {
      const std::lock_guard lock(mutex_);
      asked_ = false;
    }
    const auto settings = current_settings_();
    seen_ = source_of(*settings);
    take_over(segmenter, *settings, seen_, stop);
  }
}

void LiveVocabulary::follow(Segmenter &segmenter, const std::stop_token &stop) {
  std::unique_lock lock(mutex_);
  const auto asked = [this] { return asked_; };
  while (!stop.stop_requested()) {
    if (taken_.text.empty())
      wake_.wait_for(lock, stop, kLook, asked);
    else
      wake_.wait(lock, stop, asked);
    if (stop.stop_requested()) return;
    const bool was_asked = std::exchange(asked_, false);
    lock.unlock();
    refresh(segmenter, was_asked, stop);
    lock.lock();
  }
}

void LiveVocabulary::refresh(Segmenter &segmenter, bool asked, const std::stop_token &stop) {
  try {
    const auto settings = current_settings_();
    const Source source = source_of(*settings);
    const bool settled = std::exchange(seen_, source) == source;
    if (source == taken_ && outcome_ != Outcome::kCanceled &&
        (outcome_ == Outcome::kEncoded || !asked))
      return;
    // A file that is still being written, or that an editor is about to put back, is not ready to
    // be read; only a file that was just named is read at once.
    if (taken_.same_name(*settings) && !asked && (!settled || !source.stamp)) return;
    take_over(segmenter, *settings, source, stop);
  } catch (const Interrupted &) {
    throw;
  } catch (const Error &error) {
    reports_.warn(error);
  } catch (const std::exception &error) {
    reports_.warn(
        Error(ErrorKind::kInference, "The vocabulary could not be taken over", error.what()));
  }
}

void LiveVocabulary::take_over(Segmenter &segmenter, const SegmentSettings &settings,
                               const Source &source, const std::stop_token &stop) {
  std::stop_source encoding;
  {
    const std::lock_guard lock(mutex_);
    taken_ = source;
    outcome_ = Outcome::kCanceled;
    if (asked_) return;  // there may be a newer one already
    encoding_ = encoding;
  }
  const std::stop_callback ends_with(stop, [&] { encoding.request_stop(); });
  outcome_ = Outcome::kFailed;
  if (encode(segmenter, read_vocabulary(settings), encoding.get_token()))
    outcome_ = Outcome::kEncoded;
  else
    outcome_ = Outcome::kCanceled;
}

/// False where `stop` was asked for first.
bool LiveVocabulary::encode(Segmenter &segmenter, const Vocabulary &vocabulary,
                            const std::stop_token &stop) {
  const auto count = [](std::size_t known, std::size_t words) {
    return std::to_string(known) + " of " + std::to_string(words);
  };
  std::string known;  // empty until it has begun
  try {
    auto encoded = segmenter.encode(
        vocabulary, reports_.log,
        [&](std::size_t done, std::size_t words) {
          const bool begins = known.empty();
          known = count(done, words);
          if (begins)
            progress_.begin("encode", "encoding words: " + known);
          else
            progress_.go_on("encoding words: " + known);
        },
        stop);
    if (encoded == nullptr) {
      progress_.end(GST_PROGRESS_TYPE_CANCELED, "stopped encoding words: " + known);
      return false;
    }
    newest_->set(std::move(encoded));
    progress_.end(GST_PROGRESS_TYPE_COMPLETE, "encoded words: " + known);
    return true;
  } catch (const Interrupted &) {
    progress_.end(GST_PROGRESS_TYPE_CANCELED, "stopped encoding words: " + known);
    throw;
  } catch (...) {
    progress_.end(GST_PROGRESS_TYPE_ERROR, "could not encode the words");
    throw;
  }
}

}  // namespace naclip
