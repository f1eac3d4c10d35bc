#include "model/tools/naclip-model/download.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "model/error.h"
#include "model/process/interrupted.h"
#include "model/tools/common/progress.h"
#include "model/tools/naclip-model/descriptor.h"
#include "model/tools/naclip-model/file_lock.h"

namespace naclip {
namespace {

constexpr int kLongestDelayMs = 30000;

bool stopped(const TransferOptions &options) {
  return options.give_up && options.give_up();
}

void say(const TransferOptions &options, const std::string &line) {
  if (options.say) options.say(line);
}

bool is_there(const std::string &path) {
  return g_file_test(path.c_str(), G_FILE_TEST_EXISTS);
}

std::uint64_t size_of(const std::string &path) {
  GStatBuf held;
  return g_stat(path.c_str(), &held) == 0 ? static_cast<std::uint64_t>(held.st_size) : 0;
}

void remove(const std::string &path) {
  if (g_unlink(path.c_str()) != 0 && errno != ENOENT)
    throw Error(ErrorKind::kWrite, "The file " + path + " is damaged and cannot be deleted (" +
                                       g_strerror(errno) + "). Delete it by hand");
}

void make_folder_of(const std::string &path) {
  g_autofree gchar *folder = g_path_get_dirname(path.c_str());
  if (g_mkdir_with_parents(folder, 0755) != 0)
    throw Error(ErrorKind::kWrite, std::string("The folder ") + folder + " cannot be created (" +
                                       g_strerror(errno) +
                                       "). Set XDG_CACHE_HOME to a folder of your own");
}

/// The file gets its name once the disk has its bytes: a power failure leaves no half of it there.
void put_in_place(const std::string &part, const std::string &path) {
  const Descriptor file(open(part.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || fsync(file.get()) != 0 || g_rename(part.c_str(), path.c_str()) != 0)
    throw Error(ErrorKind::kWrite, "The file " + part + " is complete but cannot be renamed to " +
                                       path + " (" + g_strerror(errno) + "). Rename it by hand");
}

std::string host_of(const std::string &url) {
  g_autofree gchar *host = nullptr;
  gint port = -1;
  if (!g_uri_split_network(url.c_str(), G_URI_FLAGS_NONE, nullptr, &host, &port, nullptr) ||
      host == nullptr)
    return url;
  return port > 0 ? std::string(host) + ":" + std::to_string(port) : host;
}

/// A signal ends the wait early.
void pause(int milliseconds, const TransferOptions &options) {
  if (stopped(options)) throw Interrupted();
  if (milliseconds > 0) g_poll(nullptr, 0, milliseconds);
  if (stopped(options)) throw Interrupted();
}

/// One try at getting the file whole: as many requests as it takes.
class Attempts {
 public:
  Attempts(const Download &what, const DownloadOptions &options, std::string part)
      : what_(what), options_(options), part_(std::move(part)) {}

  /// Until a server has sent all that it has.
  void run() {
    int delay = options_.first_delay_ms;
    for (int attempt = 1;; ++attempt) {
      const Transfer got = transfer(url(), part_, options_);
      if (got.end == Transfer::End::kWhole) return;
      if (got.end == Transfer::End::kMissing && url_ + 1 < what_.urls.size()) {
        ++url_;
        continue;
      }
      if (got.end == Transfer::End::kUnsatisfied && is_whole()) return;
      if (!worth_another(got) || attempt >= options_.attempts) fail(got);
      if (got.end == Transfer::End::kUnsatisfied) continue;  // is_whole() made room
      say(options_, host_of(url()) + ": " + got.cause + ". Trying again" +
                        (delay >= 1000 ? " in " + time_text(delay / 1000.0) : ""));
      pause(delay, options_);
      delay = std::min(2 * delay, kLongestDelayMs);
    }
  }

 private:
  const std::string &url() const { return what_.urls.at(url_); }

  /// A server has nothing after what is here: either that is all of the file, or it is none of it
  /// and goes.
  bool is_whole() {
    if (sha256_of(part_, options_.give_up) == what_.sha256) return true;
    say(options_, part_ + " is not the beginning of the published file: starting over");
    remove(part_);
    return false;
  }

  /// A host that could not be reached at first will not be a second later; one that was heard of
  /// before may well be.
  bool worth_another(const Transfer &got) {
    if (got.end == Transfer::End::kUnreachable) return heard_;
    heard_ = true;
    return got.end == Transfer::End::kBroken || got.end == Transfer::End::kUnsatisfied;
  }

  [[noreturn]] void fail(const Transfer &got) const {
    std::string message;
    switch (got.end) {
      case Transfer::End::kUnreachable:
        message = host_of(url()) + " cannot be reached: " + got.cause;
        break;
      case Transfer::End::kMissing:
        message = "There is no such file (" + got.cause + ") at";
        for (const std::string &tried : what_.urls) message += " " + tried;
        break;
      case Transfer::End::kRefused:
        message = "The server refuses " + url() + ": " + got.cause;
        break;
      default:
        message = "Downloading from " + host_of(url()) + " failed in " +
                  std::to_string(options_.attempts) + " attempts, the last time with: " + got.cause;
        if (const std::uint64_t held = size_of(part_); held > 0)
          message +=
              ". The same command resumes after the " + size_text(held) + " that were downloaded";
    }
    throw Error(ErrorKind::kNetwork, message, url());
  }

  const Download &what_;
  const DownloadOptions &options_;
  const std::string part_;
  std::size_t url_ = 0;
  bool heard_ = false;
};

/// Deletes a file at the end where it is empty: it would say nothing but that somebody tried.
class EmptyFileGoes {
 public:
  explicit EmptyFileGoes(std::string path) : path_(std::move(path)) {}
  ~EmptyFileGoes() {
    if (size_of(path_) == 0) g_unlink(path_.c_str());
  }
  EmptyFileGoes(const EmptyFileGoes &) = delete;
  EmptyFileGoes &operator=(const EmptyFileGoes &) = delete;

 private:
  std::string path_;
};

void get_right(const Download &what, const DownloadOptions &options, const std::string &part) {
  const EmptyFileGoes tidy(part);
  while (true) {
    const bool fresh = size_of(part) == 0;
    Attempts(what, options, part).run();
    const std::string sum = sha256_of(part, options.give_up);
    if (sum == what.sha256) return;
    remove(part);
    if (fresh)
      throw Error(ErrorKind::kFormat,
                  "The file from " + host_of(what.urls.front()) +
                      " is not the published file: its SHA-256 is " + sum + ", not " + what.sha256 +
                      ". It was deleted. Look for a proxy or mirror that alters files, then run "
                      "the same command again");
    // What was here before may be of another file, or damaged.
    say(options, part + " did not belong to the published file and was deleted: starting over");
  }
}

}  // namespace

std::string sha256_of(const std::string &path, const std::function<bool()> &give_up) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  std::vector<guchar> buffer(std::size_t{1} << 20);
  ssize_t size = file ? 1 : -1;
  while (size > 0) {
    if (give_up && give_up()) throw Interrupted();
    do {
      size = read(file.get(), buffer.data(), buffer.size());
    } while (size < 0 && errno == EINTR);
    if (size > 0) g_checksum_update(checksum, buffer.data(), size);
  }
  if (size < 0)
    throw Error(ErrorKind::kRead, "The file " + path + " cannot be read (" + g_strerror(errno) +
                                      "). Correct its permissions, or delete it");
  return g_checksum_get_string(checksum);
}

Downloaded download(const Download &what, const DownloadOptions &options) {
  make_folder_of(what.path);
  const FileLock lock(
      what.path + ".lock",
      [&](const std::string &holder) {
        say(options, "waiting for " + (holder.empty() ? "another process" : "process " + holder) +
                         ", which is fetching " + what.path);
      },
      [&] { return stopped(options); });
  if (is_there(what.path)) {
    if (sha256_of(what.path, options.give_up) == what.sha256) return Downloaded::kWasHere;
    say(options, what.path + " is not the published file: fetching that to replace it");
  }
  const std::string part = what.path + ".part";
  get_right(what, options, part);
  put_in_place(part, what.path);
  return Downloaded::kFetched;
}

}  // namespace naclip
