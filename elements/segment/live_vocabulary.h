// The vocabulary of a running stream: changed at any time, encoded off the streaming thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "elements/segment/reports.h"
#include "elements/segment/settings.h"
#include "model/base/file_identity.h"
#include "model/segmenter.h"

namespace naclip {

/// Keeps the encoded vocabulary up to date with the properties and with the file that they name. Of
/// several changes in a row the last one wins, and ends the encoding of those before; one that
/// cannot be used is warned of, and the one before stays. One thread, the worker, calls begin() and
/// then follow().
class LiveVocabulary {
 public:
  using CurrentSettings = std::function<std::shared_ptr<const SegmentSettings>()>;

  /// `current_settings` is called from any thread, `reports` from the worker's, never with a lock
  /// held.
  LiveVocabulary(CurrentSettings current_settings, SegmentReports reports,
                 SegmentProgress &progress);
  LiveVocabulary(const LiveVocabulary &) = delete;
  LiveVocabulary &operator=(const LiveVocabulary &) = delete;

  /// Encodes the first vocabulary. Returns without one where `stop` is asked for. Throws
  /// Error{kVocabulary | kNotFound | kRead | …}.
  void begin(Segmenter &segmenter, const std::stop_token &stop);
  /// Encodes what comes after it, until `stop` is asked for.
  void follow(Segmenter &segmenter, const std::stop_token &stop);

  /// The vocabulary's properties were set: they are looked at anew, and what could not be encoded
  /// is tried again. From any thread; does not wait.
  void settings_changed();

  /// The newest vocabulary that is encoded, null before the first one is. From any thread; does not
  /// wait.
  std::shared_ptr<const EncodedVocabulary> current() const { return newest_->get(); }
  /// The same as a function, which may outlive this object.
  std::function<std::shared_ptr<const EncodedVocabulary>()> source() const {
    return [newest = newest_] { return newest->get(); };
  }

 private:
  /// Where a vocabulary comes from, and which of its contents.
  struct Source {
    std::string text, file;
    std::optional<FileIdentity> stamp;
    bool operator==(const Source &) const = default;
    bool same_name(const SegmentSettings &settings) const;
  };
  /// What became of a source.
  enum class Outcome { kEncoded, kFailed, kCanceled };

  /// The newest vocabulary, for whoever asks.
  class Newest {
   public:
    std::shared_ptr<const EncodedVocabulary> get() const {
      const std::lock_guard lock(mutex_);
      return vocabulary_;
    }
    void set(std::shared_ptr<const EncodedVocabulary> vocabulary) {
      const std::lock_guard lock(mutex_);
      vocabulary_.swap(vocabulary);
    }

   private:
    mutable std::mutex mutex_;
    std::shared_ptr<const EncodedVocabulary> vocabulary_;
  };

  static Source source_of(const SegmentSettings &settings);
  void refresh(Segmenter &segmenter, bool asked, const std::stop_token &stop);
  void take_over(Segmenter &segmenter, const SegmentSettings &settings, const Source &source,
                 const std::stop_token &stop);
  bool encode(Segmenter &segmenter, const Vocabulary &vocabulary, const std::stop_token &stop);

  CurrentSettings current_settings_;
  SegmentReports reports_;
  SegmentProgress &progress_;
  Source seen_;                           // the worker's: that of the last look
  Outcome outcome_ = Outcome::kCanceled;  // likewise: of taken_
  std::shared_ptr<Newest> newest_ = std::make_shared<Newest>();
  std::mutex mutex_;  // guards the next three
  bool asked_ = false;
  Source taken_;               // the source last tried; the worker alone changes it
  std::stop_source encoding_;  // ends its encoding
  std::condition_variable_any wake_;
};

}  // namespace naclip
