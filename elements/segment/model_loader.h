// The thread that a session has for itself: loads the model, encodes the words, and keeps them up
// to date.
#pragma once

#include <memory>
#include <thread>

#include "elements/segment/live_vocabulary.h"
#include "model/sharing/shared_models.h"

namespace naclip {

/// Begins loading when it is made. Its methods may be called from any thread; but for wait() none
/// of them waits.
class SegmentLoader {
 public:
  SegmentLoader(LiveVocabulary::CurrentSettings current_settings, SegmentReports reports);
  /// Has the thread stop and waits 0.4 s for it at most. Reading a model cannot be interrupted:
  /// then the thread goes on by itself with all that it touches, and what it has read is dropped.
  ~SegmentLoader();
  SegmentLoader(const SegmentLoader &) = delete;
  SegmentLoader &operator=(const SegmentLoader &) = delete;

  enum class State {
    kLoading,
    kReady,        ///< there is a model, and a vocabulary
    kFailed,       ///< there will be none; the error was reported
    kInterrupted,  ///< told to wait() alone
  };
  State state() const;
  /// Waits while that is kLoading, until interrupt().
  State wait() const;
  /// Has wait() return, now and until resume().
  void interrupt();
  void resume();

  /// The model; null before the state is kReady.
  std::shared_ptr<SharedModel> model() const;
  LiveVocabulary &vocabulary();

 private:
  struct Shared;  // what the thread touches
  static void work(Shared &shared, const std::stop_token &stop);

  std::shared_ptr<Shared> shared_;
  std::jthread thread_;
};

}  // namespace naclip
