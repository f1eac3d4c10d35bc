#include "rtsp_output.h"

#include <gst/rtsp-server/rtsp-server.h>

#include <stdexcept>

#include "certificate.h"
#include "retime.h"

namespace naclip::live {
namespace {

/// VP8: every viewer has it, and the encoder comes with GStreamer's good plugins.
constexpr const char *kMedia =
    "( appsrc name=frames is-live=true do-timestamp=true format=time leaky-type=downstream "
    "max-buffers=1 max-bytes=0 ! videoconvert ! video/x-raw,format=I420 "
    "! vp8enc deadline=1 cpu-used=8 threads=2 keyframe-max-dist=30 target-bitrate=4000000 "
    "! rtpvp8pay name=pay0 pt=96 )";

/// Connects a function whose last argument is a std::shared_ptr of `Shared`, kept as long as the
/// connection.
template <class Shared>
void connect_shared(gpointer object, const char *signal, GCallback function,
                    const std::shared_ptr<Shared> &shared) {
  using Kept = std::shared_ptr<Shared>;
  g_signal_connect_data(
      object, signal, function, new Kept(shared),
      [](gpointer kept, GClosure *) { delete static_cast<Kept *>(kept); }, G_CONNECT_DEFAULT);
}

GstRTSPServer *as_server(void *server) {
  return static_cast<GstRTSPServer *>(server);
}

constexpr const char *kViewer = "viewer";  ///< the role of all who may watch

/// Who may watch, and by which encryption; null where everybody may and there is none.
GstRTSPAuth *auth_of(const ServeChoice &choice) {
  const bool encrypted = !choice.certificate.certificate_file.empty();
  if (choice.user.empty() && !encrypted) return nullptr;
  g_autoptr(GTlsCertificate) certificate =
      encrypted ? load_certificate(choice.certificate) : nullptr;
  GstRTSPAuth *auth = gst_rtsp_auth_new();
  if (certificate) gst_rtsp_auth_set_tls_certificate(auth, certificate);
  GstRTSPToken *token =
      gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, kViewer, nullptr);
  if (choice.user.empty()) {
    gst_rtsp_auth_set_default_token(auth, token);
  } else {
    // A password never crosses the network.
    gst_rtsp_auth_set_supported_methods(auth, GST_RTSP_AUTH_DIGEST);
    gst_rtsp_auth_add_digest(auth, choice.user.c_str(), choice.password.c_str(), token);
  }
  gst_rtsp_token_unref(token);
  return auth;
}

}  // namespace

RtspOutput::RtspOutput(const ServeChoice &choice)
    : scheme_(choice.certificate.certificate_file.empty() ? "rtsp" : "rtsps"),
      host_(choice.url_host()),
      path_(choice.path) {
  g_autoptr(GstRTSPAuth) auth = auth_of(choice);
  GstRTSPServer *server = gst_rtsp_server_new();
  server_ = server;
  gst_rtsp_server_set_auth(server, auth);
  gst_rtsp_server_set_address(server, choice.address.c_str());
  gst_rtsp_server_set_service(server, choice.port.c_str());
  GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
  gst_rtsp_media_factory_set_launch(factory, kMedia);
  gst_rtsp_media_factory_set_shared(factory, TRUE);
  gst_rtsp_media_factory_add_role(factory, kViewer, GST_RTSP_PERM_MEDIA_FACTORY_ACCESS,
                                  G_TYPE_BOOLEAN, TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT,
                                  G_TYPE_BOOLEAN, TRUE, nullptr);
  connect_shared(factory, "media-configure", G_CALLBACK(configure), viewed_);
  g_autoptr(GstRTSPMountPoints) mounts = gst_rtsp_server_get_mount_points(server);
  gst_rtsp_mount_points_add_factory(mounts, path_.c_str(), factory);
  attached_ = gst_rtsp_server_attach(server, nullptr);
  if (attached_ == 0) {
    g_clear_object(&server);
    throw std::runtime_error("nothing can be served at " + choice.address + ", port " +
                             choice.port +
                             ": is another program using it, or is the address not "
                             "one of this machine?");
  }
}

RtspOutput::~RtspOutput() {
  g_source_remove(attached_);
  GstRTSPServer *server = as_server(server_);
  const auto remove = [](GstRTSPServer *, GstRTSPClient *, gpointer) {
    return GST_RTSP_FILTER_REMOVE;
  };
  g_list_free_full(gst_rtsp_server_client_filter(server, remove, nullptr), g_object_unref);
  g_autoptr(GstRTSPMountPoints) mounts = gst_rtsp_server_get_mount_points(server);
  gst_rtsp_mount_points_remove_factory(mounts, path_.c_str());
  g_clear_object(&server);
  const std::lock_guard lock(viewed_->mutex);
  gst_clear_object(&viewed_->frames);
}

std::string RtspOutput::address() const {
  return scheme_ + "://" + host_ + ":" +
         std::to_string(gst_rtsp_server_get_bound_port(as_server(server_))) + path_;
}

void RtspOutput::push(GstSample *frame) {
  g_autoptr(GstElement) frames = nullptr;
  {
    const std::lock_guard lock(viewed_->mutex);
    if (!viewed_->frames) return;
    frames = static_cast<GstElement *>(gst_object_ref(viewed_->frames));
  }
  push_at(frames, frame, GST_CLOCK_TIME_NONE);  // when it arrives there
}

void RtspOutput::configure(gpointer, gpointer media, gpointer kept) {
  const auto &viewed = *static_cast<std::shared_ptr<Viewed> *>(kept);
  g_autoptr(GstElement) bin = gst_rtsp_media_get_element(static_cast<GstRTSPMedia *>(media));
  GstElement *frames = gst_bin_get_by_name_recurse_up(GST_BIN(bin), "frames");
  connect_shared(media, "unprepared", G_CALLBACK(unprepared), viewed);
  const std::lock_guard lock(viewed->mutex);
  gst_clear_object(&viewed->frames);
  viewed->frames = frames;
}

void RtspOutput::unprepared(gpointer media, gpointer kept) {
  const auto &viewed = *static_cast<std::shared_ptr<Viewed> *>(kept);
  g_autoptr(GstElement) bin = gst_rtsp_media_get_element(static_cast<GstRTSPMedia *>(media));
  g_autoptr(GstElement) frames = gst_bin_get_by_name_recurse_up(GST_BIN(bin), "frames");
  const std::lock_guard lock(viewed->mutex);
  // Another viewer may have begun meanwhile.
  if (viewed->frames == frames) gst_clear_object(&viewed->frames);
}

}  // namespace naclip::live
