#include "mjpeg.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "examples/live/web/main_thread.h"

namespace naclip::live::web {
namespace {

constexpr const char *kEncoder =
    "videorate drop-only=true max-rate=15 ! videoconvert ! jpegenc quality=80";
constexpr const char *kSeparator = "\r\n--frame\r\n";
constexpr std::size_t kMostViewers = 64;

}  // namespace

Mjpeg::Mjpeg(std::function<void(const std::string &)> failed)
    : encoder_(
          kEncoder,
          [this](GstSample *sample) {
            GstBuffer *buffer = gst_sample_get_buffer(sample);
            gpointer data = nullptr;
            gsize size = 0;
            gst_buffer_extract_dup(buffer, 0, gst_buffer_get_size(buffer), &data, &size);
            const std::shared_ptr<GBytes> jpeg(g_bytes_new_take(data, size), g_bytes_unref);
            on_main_thread(alive_, [this, jpeg] { show(jpeg.get()); });
          },
          std::move(failed)) {}

Mjpeg::~Mjpeg() {
  encoder_.stop();
  for (const Viewer &viewer : viewers_) forget(viewer);
}

void Mjpeg::forget(const Viewer &viewer) {
  g_signal_handler_disconnect(viewer.message.get(), viewer.written);
  g_signal_handler_disconnect(viewer.message.get(), viewer.finished);
}

void Mjpeg::add(SoupServerMessage *message) {
  if (viewers_.size() >= kMostViewers) throw std::runtime_error("too many are watching");
  encoder_.start();
  SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
  soup_message_headers_replace(headers, "Content-Type",
                               "multipart/x-mixed-replace; boundary=frame");
  soup_message_headers_set_encoding(headers, SOUP_ENCODING_EOF);
  SoupMessageBody *body = soup_server_message_get_response_body(message);
  soup_message_body_set_accumulate(body, FALSE);
  soup_message_body_append(body, SOUP_MEMORY_STATIC, kSeparator, std::strlen(kSeparator));
  soup_server_message_set_status(message, SOUP_STATUS_OK, nullptr);
  Viewer viewer{{SOUP_SERVER_MESSAGE(g_object_ref(message)), g_object_unref}, true};
  viewer.written = g_signal_connect(message, "wrote-chunk", G_CALLBACK(on_written), this);
  viewer.finished = g_signal_connect(message, "finished", G_CALLBACK(on_finished), this);
  viewers_.push_back(viewer);
}

void Mjpeg::show(GBytes *jpeg) {
  gsize size = 0;
  const gconstpointer data = g_bytes_get_data(jpeg, &size);
  std::string part =
      "Content-Type: image/jpeg\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  part.append(static_cast<const char *>(data), size);
  // A browser shows a part when it has seen what follows it.
  part += kSeparator;
  std::vector<std::shared_ptr<SoupServerMessage>> free;
  for (Viewer &viewer : viewers_) {
    if (!std::exchange(viewer.busy, true)) free.push_back(viewer.message);
  }
  // One who turns out to be gone leaves the list meanwhile.
  for (const auto &message : free) {
    soup_message_body_append(soup_server_message_get_response_body(message.get()), SOUP_MEMORY_COPY,
                             part.data(), part.size());
    soup_server_message_unpause(message.get());
  }
}

void Mjpeg::on_written(SoupServerMessage *message, gpointer self) {
  for (Viewer &viewer : static_cast<Mjpeg *>(self)->viewers_) {
    if (viewer.message.get() == message) viewer.busy = false;
  }
}

void Mjpeg::on_finished(SoupServerMessage *message, gpointer self) {
  auto *mjpeg = static_cast<Mjpeg *>(self);
  auto &viewers = mjpeg->viewers_;
  const auto gone = std::find_if(viewers.begin(), viewers.end(),
                                 [&](const Viewer &one) { return one.message.get() == message; });
  if (gone == viewers.end()) return;
  forget(*gone);
  viewers.erase(gone);
  if (viewers.empty()) mjpeg->encoder_.stop();
}

}  // namespace naclip::live::web
