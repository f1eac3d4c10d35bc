#include "elements/segment/model_loader.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "elements/segment/engine_loader.h"
#include "model/process/process_exit.h"

namespace naclip {

namespace {

constexpr std::chrono::milliseconds kPatience{400};

std::shared_ptr<SharedModel> load(const SegmentSettings &settings, const Log &log) {
  ModelOptions options = model_options(settings);
  options.log = log;
  return share_model(options, load_model);
}

}  // namespace

struct SegmentLoader::Shared {
  Shared(LiveVocabulary::CurrentSettings settings, const SegmentReports &all_reports)
      : current_settings(std::move(settings)),
        reports(all_reports),
        progress(reports),
        vocabulary(current_settings, reports, progress) {}

  void set(bool Shared::*what, bool value = true) {
    {
      const std::lock_guard lock(mutex);
      this->*what = value;
    }
    changed.notify_all();
  }
  State state() const {
    if (vocabulary.current() != nullptr) return State::kReady;
    return failed ? State::kFailed : State::kLoading;
  }

  const LiveVocabulary::CurrentSettings current_settings;
  const SegmentReports reports;
  SegmentProgress progress;
  LiveVocabulary vocabulary;
  std::mutex mutex;  // guards the rest
  std::condition_variable changed;
  std::shared_ptr<SharedModel> model;  // set before there is a vocabulary
  bool has_words = false, failed = false, interrupted = false, ended = false;
};

SegmentLoader::SegmentLoader(LiveVocabulary::CurrentSettings current_settings,
                             SegmentReports reports)
    : shared_(std::make_shared<Shared>(std::move(current_settings), reports)),
      thread_([shared = shared_](const std::stop_token &stop) {
        work(*shared, stop);
        shared->set(&Shared::ended);
      }) {}

SegmentLoader::~SegmentLoader() {
  thread_.request_stop();
  std::unique_lock lock(shared_->mutex);
  const bool ended = shared_->changed.wait_for(lock, kPatience, [this] { return shared_->ended; });
  lock.unlock();
  if (!ended) thread_.detach();
  shared_->progress.close();
}

void SegmentLoader::work(Shared &shared, const std::stop_token &stop) {
  try {
    const auto settings = shared.current_settings();
    shared.progress.begin("load", "loading the model " + settings->model);
    const std::shared_ptr<SharedModel> model = load(*settings, shared.reports.log);
    if (stop.stop_requested()) return;
    {
      const std::lock_guard lock(shared.mutex);
      shared.model = model;
    }
    shared.progress.end(GST_PROGRESS_TYPE_COMPLETE, "loaded the model " + settings->model);
    shared.vocabulary.begin(*model->segmenter, stop);
    shared.set(&Shared::has_words);
    shared.vocabulary.follow(*model->segmenter, stop);
  } catch (const Interrupted &) {
    shared.set(&Shared::interrupted);  // the process exits
  } catch (...) {
    if (stop.stop_requested()) return;
    shared.progress.end(GST_PROGRESS_TYPE_ERROR, "could not load the model");
    shared.reports.fail();
    shared.set(&Shared::failed);
  }
}

SegmentLoader::State SegmentLoader::state() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->state();
}

SegmentLoader::State SegmentLoader::wait() const {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(
      lock, [this] { return shared_->interrupted || shared_->state() != State::kLoading; });
  return shared_->interrupted ? State::kInterrupted : shared_->state();
}

void SegmentLoader::interrupt() {
  shared_->set(&Shared::interrupted);
}

void SegmentLoader::resume() {
  shared_->set(&Shared::interrupted, false);
}

std::shared_ptr<SharedModel> SegmentLoader::model() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->model;
}

LiveVocabulary &SegmentLoader::vocabulary() {
  return shared_->vocabulary;
}

}  // namespace naclip
