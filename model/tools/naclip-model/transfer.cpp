#include "model/tools/naclip-model/transfer.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <array>
#include <cerrno>
#include <exception>
#include <memory>
#include <new>
#include <optional>

#include "model/error.h"
#include "model/process/interrupted.h"
#include "model/tools/common/progress.h"
#include "model/tools/naclip-model/descriptor.h"

namespace naclip {
namespace {

constexpr int kConnectSeconds = 30;
constexpr int kMaxRedirections = 10;

struct CurlCleanup {
  void operator()(CURL *curl) const { curl_easy_cleanup(curl); }
};
using Curl = std::unique_ptr<CURL, CurlCleanup>;

std::string folder_of(const std::string &path) {
  g_autofree gchar *folder = g_path_get_dirname(path.c_str());
  return folder;
}

std::uint64_t free_bytes(const std::string &folder) {
  struct statvfs room = {};
  if (statvfs(folder.c_str(), &room) != 0) return UINT64_MAX;
  return static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
}

[[noreturn]] void fail_full(const std::string &part, std::uint64_t missing) {
  const std::string folder = folder_of(part);
  std::string message = "There is no room in " + folder + ": ";
  if (missing > 0) message += size_text(missing) + " more are needed, ";
  throw Error(ErrorKind::kWrite,
              message + size_text(free_bytes(folder)) +
                  " are free. Free some space, or set XDG_CACHE_HOME to a folder on another disk; "
                  "what was downloaded so far is kept");
}

[[noreturn]] void fail_write(const std::string &part, int cause, std::uint64_t missing) {
  if (cause == ENOSPC || cause == EDQUOT) fail_full(part, missing);
  throw Error(ErrorKind::kWrite,
              "The file " + part + " cannot be written: " + g_strerror(cause) +
                  (cause == EFBIG ? ". Raise the limit (ulimit -f)"
                                  : ". Correct the permissions of its folder, or set "
                                    "XDG_CACHE_HOME to a folder of your own"));
}

/// One request. curl calls back into it; what goes wrong there is kept until curl has returned,
/// since an exception must not pass through C.
class Request {
 public:
  Request(const std::string &url, const std::string &part, const TransferOptions &options);
  Transfer run();

 private:
  static std::size_t on_body(char *data, std::size_t size, std::size_t count, void *self);
  static int on_progress(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  void configure(const std::string &url);
  void begin();
  void write(const char *data, std::size_t size);
  void report() const;
  Transfer outcome(CURLcode code) const;

  long status() const;
  std::optional<std::uint64_t> range_start() const;

  const std::string &part_;
  const TransferOptions &options_;
  Curl curl_;
  Descriptor file_;
  std::uint64_t done_ = 0;   // bytes in the file
  std::uint64_t total_ = 0;  // of the whole file; 0: not known
  bool begun_ = false;       // the body is the file's, and is being written
  bool declined_ = false;    // the body is something else, which nobody wants
  std::exception_ptr failure_;
  std::array<char, CURL_ERROR_SIZE> words_{};
};

Request::Request(const std::string &url, const std::string &part, const TransferOptions &options)
    : part_(part), options_(options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready == CURLE_OK) curl_.reset(curl_easy_init());
  if (!curl_) throw std::bad_alloc();
  file_ = Descriptor(open(part.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  struct stat held = {};
  if (!file_ || fstat(file_.get(), &held) != 0) fail_write(part, errno, 0);
  done_ = static_cast<std::uint64_t>(held.st_size);
  configure(url);
}

void Request::configure(const std::string &url) {
  CURL *curl = curl_.get();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, static_cast<long>(kMaxRedirections));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(kConnectSeconds));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_seconds));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "naclip-model/" NACLIP_VERSION);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words_.data());
  // Not CURLOPT_RESUME_FROM: with that, curl fails where a server sends the whole file instead.
  if (done_ > 0) curl_easy_setopt(curl, CURLOPT_RANGE, (std::to_string(done_) + "-").c_str());
  for (const char *variable : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"})
    if (const char *bundle = g_getenv(variable); bundle != nullptr && *bundle != '\0')
      curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
}

long Request::status() const {
  long status = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

/// Where the answer's bytes belong, out of "bytes 100-199/200".
std::optional<std::uint64_t> Request::range_start() const {
  curl_header *header = nullptr;
  if (curl_easy_header(curl_.get(), "Content-Range", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
    return std::nullopt;
  const std::string text = header->value;
  if (g_ascii_strncasecmp(text.c_str(), "bytes ", 6) != 0) return std::nullopt;
  const std::string start = text.substr(6, text.find('-') - 6);
  guint64 value = 0;
  if (!g_ascii_string_to_unsigned(start.c_str(), 10, 0, G_MAXUINT64, &value, nullptr))
    return std::nullopt;
  return value;
}

/// The answer's header is here: decides what its body is.
void Request::begin() {
  const long answer = status();
  const bool resumed = answer == 206 && done_ > 0 && range_start() == done_;
  if (answer != 200 && answer != 206) {
    declined_ = true;
    return;
  }
  if (done_ > 0 && !resumed) {
    if (ftruncate(file_.get(), 0) != 0) fail_write(part_, errno, 0);
    done_ = 0;
  }
  // A part of the file that nobody asked for: the next try begins anew.
  declined_ = answer == 206 && !resumed;
  if (declined_) return;
  begun_ = true;
  curl_off_t length = -1;
  curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length < 0) return;
  total_ = done_ + static_cast<std::uint64_t>(length);
  if (static_cast<std::uint64_t>(length) > free_bytes(folder_of(part_)))
    fail_full(part_, static_cast<std::uint64_t>(length));
}

void Request::write(const char *data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(file_.get(), data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_write(part_, errno, total_ > done_ ? total_ - done_ : 0);
    data += written;
    size -= static_cast<std::size_t>(written);
    done_ += static_cast<std::uint64_t>(written);
  }
}

std::size_t Request::on_body(char *data, std::size_t size, std::size_t count, void *self) {
  auto &request = *static_cast<Request *>(self);
  try {
    if (!request.begun_ && !request.declined_) request.begin();
    if (request.declined_) return 0;
    request.write(data, size * count);
    return size * count;
  } catch (...) {
    request.failure_ = std::current_exception();
    return 0;
  }
}

int Request::on_progress(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto &request = *static_cast<Request *>(self);
  try {
    if (request.options_.give_up && request.options_.give_up()) throw Interrupted();
    request.report();
    return 0;
  } catch (...) {
    request.failure_ = std::current_exception();
    return 1;
  }
}

void Request::report() const {
  if (begun_ && options_.progress) options_.progress(done_, total_);
}

Transfer Request::run() {
  const CURLcode code = curl_easy_perform(curl_.get());
  if (failure_) std::rethrow_exception(failure_);
  // A file of no bytes has no body to begin with.
  if (code == CURLE_OK && !begun_) begin();
  report();
  return outcome(code);
}

Transfer Request::outcome(CURLcode code) const {
  using End = Transfer::End;
  const long answer = status();
  const std::string http = "HTTP " + std::to_string(answer);
  if (begun_ && code == CURLE_OK) return {End::kWhole, {}};
  // A refusal is one by its status, whatever curl says of the page that came with it or broke off.
  if (code == CURLE_OK || declined_ || (!begun_ && answer >= 400)) {
    if (answer == 416) return {End::kUnsatisfied, http};
    if (answer == 404 || answer == 410) return {End::kMissing, http};
    if (answer == 206) return {End::kBroken, "it sent a part of the file that was not requested"};
    if (answer == 408 || answer == 429 || answer >= 500) return {End::kBroken, http};
    return {End::kRefused, http};
  }
  const std::string words = words_[0] != '\0' ? words_.data() : curl_easy_strerror(code);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return {End::kUnreachable, words};
    case CURLE_OPERATION_TIMEDOUT:
      return {answer == 0 && !begun_ ? End::kUnreachable : End::kBroken, words};
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return {End::kBroken, words};
    default:
      return {End::kRefused, words};
  }
}

}  // namespace

Transfer transfer(const std::string &url, const std::string &part, const TransferOptions &options) {
  return Request(url, part, options).run();
}

}  // namespace naclip
