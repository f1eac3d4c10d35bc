// The vocabulary of a running stream: changed at any time, encoded off the streaming thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "../model/file_identity.h"
#include "../model/segmenter.h"
#include "segment_settings.h"

namespace naclip {

/// Keeps the encoded vocabulary up to date with the properties and with the file that they name. Of several changes
/// in a row the last one wins; one that cannot be used is told to `warn`, and the one before stays.
class LiveVocabulary {
 public:
  using CurrentSettings = std::function<std::shared_ptr<const SegmentSettings>()>;
  /// Both are called on the worker's thread alone, never with a lock held.
  using Warn = std::function<void(const Error &)>;

  /// Encodes the first vocabulary before it returns. Throws Error{kVocabulary | kNotFound | kRead | …}.
  LiveVocabulary(std::shared_ptr<Segmenter> segmenter, CurrentSettings current_settings, Log log,
                 Warn warn);
  /// Waits for the sentences in work, not for all that are to be encoded.
  ~LiveVocabulary();
  LiveVocabulary(const LiveVocabulary &) = delete;
  LiveVocabulary &operator=(const LiveVocabulary &) = delete;

  /// Has the settings looked at anew. From any thread; does not wait.
  void settings_changed();

  /// The newest vocabulary that is encoded. From any thread; does not wait.
  std::shared_ptr<const Queries> current() const { return newest_->get(); }
  /// The same as a function, which may outlive this object.
  std::function<std::shared_ptr<const Queries>()> source() const {
    return [newest = newest_] { return newest->get(); };
  }

 private:
  /// Where a vocabulary comes from, and which of its contents.
  struct Source {
    std::string text, file;
    std::optional<FileIdentity> stamp;
    bool operator==(const Source &) const = default;
  };

  /// The newest vocabulary, for whoever asks.
  class Newest {
   public:
    std::shared_ptr<const Queries> get() const {
      const std::lock_guard lock(mutex_);
      return queries_;
    }
    void set(std::shared_ptr<const Queries> queries) {
      const std::lock_guard lock(mutex_);
      queries_.swap(queries);
    }

   private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Queries> queries_;
  };

  static Source source_of(const SegmentSettings &settings);
  void work(const std::stop_token &stop);
  void refresh(const std::stop_token &stop);

  std::shared_ptr<Segmenter> segmenter_;
  CurrentSettings current_settings_;
  Log log_;
  Warn warn_;
  Source taken_, seen_;  // the worker's: the source last tried, and that of the last look
  std::shared_ptr<Newest> newest_ = std::make_shared<Newest>();
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool asked_ = false;   // guarded by mutex_
  std::jthread worker_;  // last: it reads the others
};

}  // namespace naclip
