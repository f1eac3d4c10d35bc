#include "model/sharing/shared_models.h"

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "model/base/file_identity.h"
#include "model/base/model_files.h"
#include "model/base/published_models.h"

namespace naclip {

namespace {

/// All that a loaded model depends on; the files are those of files_of_model().
using Key = std::pair<ModelChoice, std::vector<std::optional<FileIdentity>>>;

Key key_of(const ModelOptions &options) {
  ModelChoice choice = options;
  const std::string path = resolve_model(options.model);
  std::error_code ignored;
  const std::string canonical = std::filesystem::weakly_canonical(path, ignored).string();
  choice.model = canonical.empty() ? path : canonical;
  std::vector<std::optional<FileIdentity>> identities;
  for (const std::string &file : files_of_model(path)) identities.push_back(identify_file(file));
  return {choice, identities};
}

class SharedModels {
 public:
  static SharedModels &shared() {
    static SharedModels &models = *new SharedModels;  // a process may exit while models load
    return models;
  }

  std::shared_ptr<SharedModel> get(const Key &key,
                                   const std::function<std::shared_ptr<SharedModel>()> &load) {
    std::unique_lock lock(mutex_);
    std::erase_if(models_, [](const auto &entry) {
      return !entry.second.loading && entry.second.model.expired();
    });
    loaded_.wait(lock, [&] { return !models_[key].loading; });
    if (auto model = models_[key].model.lock()) return model;
    models_[key].loading = true;
    lock.unlock();
    std::shared_ptr<SharedModel> model;
    std::exception_ptr failure;
    try {
      model = load();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    models_[key] = {false, model};
    lock.unlock();
    loaded_.notify_all();  // where it failed, each waiter tries again and gets its own error
    if (failure) std::rethrow_exception(failure);
    return model;
  }

 private:
  struct Entry {
    bool loading = false;
    std::weak_ptr<SharedModel> model;
  };

  std::mutex mutex_;  // never held while loading
  std::condition_variable loaded_;
  std::map<Key, Entry> models_;
};

}  // namespace

std::shared_ptr<SharedModel> share_model(const ModelOptions &options, const LoadModel &load) {
  const auto load_now = [&] { return std::make_shared<SharedModel>(load(options)); };
  return SharedModels::shared().get(key_of(options), load_now);
}

}  // namespace naclip
