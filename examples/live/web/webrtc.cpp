#include "webrtc.h"

#include <gst/app/gstappsrc.h>
#include <gst/sdp/sdp.h>
#include <gst/video/video.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "examples/live/web/main_thread.h"

namespace naclip::live::web {
namespace {

/// VP8: every browser has it, and the encoder comes with GStreamer's good plugins.
constexpr const char *kEncoder =
    "videoconvert ! video/x-raw,format=I420 ! vp8enc deadline=1 cpu-used=8 threads=2 "
    "keyframe-max-dist=300 end-usage=cbr target-bitrate=4000000";
constexpr std::size_t kMostViewers = 64;
constexpr guint64 kMostWaiting = 30;              // frames for one viewer
constexpr gint64 kSilence = 20 * G_USEC_PER_SEC;  // of a viewer, until it is taken to be gone

/// The payload type that an offer gives VP8; -1 where it has none.
int vp8_payload(const GstSDPMessage &sdp) {
  for (guint i = 0; i < gst_sdp_message_medias_len(&sdp); ++i) {
    const GstSDPMedia *media = gst_sdp_message_get_media(&sdp, i);
    if (g_strcmp0(gst_sdp_media_get_media(media), "video") != 0) continue;
    for (guint k = 0; k < gst_sdp_media_attributes_len(media); ++k) {
      const GstSDPAttribute *attribute = gst_sdp_media_get_attribute(media, k);
      const char *space = attribute->value ? std::strchr(attribute->value, ' ') : nullptr;
      if (std::strcmp(attribute->key, "rtpmap") != 0 || !space) continue;
      const int payload = std::atoi(attribute->value);
      if (g_ascii_strncasecmp(space + 1, "VP8/90000", 9) == 0 && payload >= 0 && payload < 128)
        return payload;
    }
  }
  return -1;
}

/// Calls `work` from the main thread with what a promise was answered, null where it was given up.
GstPromise *promise(std::weak_ptr<void> owner, std::function<void(const GstStructure *)> work) {
  struct Then {
    std::weak_ptr<void> owner;
    std::function<void(const GstStructure *)> work;
  };
  return gst_promise_new_with_change_func(
      [](GstPromise *promise, gpointer data) {
        const auto *then = static_cast<Then *>(data);
        const GstStructure *reply = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED
                                        ? gst_promise_get_reply(promise)
                                        : nullptr;
        const std::shared_ptr<GstStructure> copy(reply ? gst_structure_copy(reply) : nullptr,
                                                 [](GstStructure *one) {
                                                   if (one) gst_structure_free(one);
                                                 });
        on_main_thread(then->owner, [work = then->work, copy] { work(copy.get()); });
        gst_promise_unref(promise);
      },
      new Then{std::move(owner), std::move(work)},
      [](gpointer data) { delete static_cast<Then *>(data); });
}

/// Why a step of the negotiation failed; empty where it did not.
std::string error_of(const GstStructure *reply) {
  g_autoptr(GError) error = nullptr;
  if (reply) gst_structure_get(reply, "error", G_TYPE_ERROR, &error, nullptr);
  return error ? error->message : "";
}

GstWebRTCPeerConnectionState connection_state(GstElement *peer) {
  GstWebRTCPeerConnectionState state = GST_WEBRTC_PEER_CONNECTION_STATE_NEW;
  g_object_get(peer, "connection-state", &state, nullptr);
  return state;
}

}  // namespace

/// One peer. What threads other than the main one use is told so.
struct WebRtc::Viewer : std::enable_shared_from_this<Viewer> {
  std::string id;
  GstElement *pipeline = nullptr;
  GstElement *peer = nullptr;                    // webrtcbin
  GstElement *frames = nullptr;                  // appsrc; the encoder's thread too
  std::function<void(const Answer &)> answered;  // empty once it was called
  gint64 begun = g_get_monotonic_time();
  /// When it last said what it received; a streaming thread writes it.
  std::shared_ptr<std::atomic<gint64>> heard = std::make_shared<std::atomic<gint64>>(0);
  std::atomic<bool> connected{false};  // the encoder's thread reads it
  bool needs_keyframe = true;          // the encoder's thread alone

  Viewer() = default;
  Viewer(const Viewer &) = delete;
  Viewer &operator=(const Viewer &) = delete;
  ~Viewer() {
    if (pipeline) gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_clear_object(&peer);
    gst_clear_object(&frames);
    gst_clear_object(&pipeline);
  }

  void reply(guint status, const std::string &text) {
    if (const auto call = std::exchange(answered, nullptr)) call({status, id, text});
  }
};

/// Calls `work` from the main thread after a property has changed, while the viewer is there.
void WebRtc::on_notify(Viewer &viewer, const char *signal, std::function<void()> work) {
  const auto changed = +[](GstElement *, GParamSpec *, gpointer data) {
    const auto *task = static_cast<MainThreadTask *>(data);
    on_main_thread(task->owner, task->work);
  };
  g_signal_connect_data(
      viewer.peer, signal, G_CALLBACK(changed),
      new MainThreadTask{viewer.weak_from_this(), std::move(work)},
      [](gpointer task, GClosure *) { delete static_cast<MainThreadTask *>(task); },
      G_CONNECT_DEFAULT);
}

WebRtc::WebRtc(bool loopback, std::function<void(const std::string &)> failed)
    : loopback_(loopback),
      encoder_(
          kEncoder, [this](GstSample *sample) { encoded(sample); }, std::move(failed)) {}

WebRtc::~WebRtc() {
  if (timer_ != 0) g_source_remove(timer_);
  encoder_.stop();
  for (const auto &[id, viewer] : viewers_) viewer->answered = nullptr;
}

std::size_t WebRtc::count() const {
  const std::lock_guard lock(mutex_);
  return viewers_.size();
}

void WebRtc::push(GstSample *frame) {
  encoder_.push(frame);
}

void WebRtc::encoded(GstSample *sample) {
  GstBuffer *frame = gst_sample_get_buffer(sample);
  const bool is_keyframe = !GST_BUFFER_FLAG_IS_SET(frame, GST_BUFFER_FLAG_DELTA_UNIT);
  bool wants_keyframe = false;
  {
    const std::lock_guard lock(mutex_);
    for (const auto &[id, viewer] : viewers_) {
      if (!viewer->connected) continue;
      guint64 waiting = 0;
      g_object_get(viewer->frames, "current-level-buffers", &waiting, nullptr);
      // What follows a frame that was left out cannot be decoded.
      if (waiting >= kMostWaiting) viewer->needs_keyframe = true;
      if (viewer->needs_keyframe && (waiting > 0 || !is_keyframe)) {
        wants_keyframe = wants_keyframe || waiting == 0;
        continue;
      }
      viewer->needs_keyframe = false;
      gst_app_src_push_sample(GST_APP_SRC(viewer->frames), sample);
    }
  }
  if (wants_keyframe) encoder_.request_keyframe();
}

void WebRtc::offer(const std::string &text, std::function<void(const Answer &)> answered) {
  if (count() >= kMostViewers) return answered({503, "", "too many are watching"});
  GstSDPMessage *sdp = nullptr;
  if (gst_sdp_message_new_from_text(text.c_str(), &sdp) != GST_SDP_OK)
    return answered({400, "", "this is no SDP"});
  // Owns the SDP from here on.
  g_autoptr(GstWebRTCSessionDescription) description =
      gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp);
  const int payload = vp8_payload(*sdp);
  if (payload < 0) return answered({422, "", "the offer has no video of VP8"});
  try {
    encoder_.start();
  } catch (const std::runtime_error &error) {
    return answered({503, "", error.what()});
  }
  // The answer has to name the sender's number: a browser does not show what others send.
  const std::string number = std::to_string(payload), sender = std::to_string(g_random_int());
  const std::string launch =
      "webrtcbin name=peer bundle-policy=max-bundle appsrc name=frames is-live=true format=time "
      "max-bytes=0 ! rtpvp8pay picture-id-mode=15-bit pt=" +
      number + " ssrc=" + sender +
      " ! application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=" + number +
      ",ssrc=(uint)" + sender + " ! peer.";
  g_autoptr(GError) error = nullptr;
  GstElement *pipeline = gst_parse_launch(launch.c_str(), &error);
  if (!pipeline || error) {
    gst_clear_object(&pipeline);
    return answered({503, "", error ? error->message : "no WebRTC"});
  }
  auto viewer = std::make_shared<Viewer>();
  g_autofree char *id = g_uuid_string_random();
  viewer->id = id;
  viewer->pipeline = GST_ELEMENT(gst_object_ref_sink(pipeline));
  viewer->peer = gst_bin_get_by_name(GST_BIN(pipeline), "peer");
  viewer->frames = gst_bin_get_by_name(GST_BIN(pipeline), "frames");
  viewer->answered = std::move(answered);
  {
    const std::lock_guard lock(mutex_);
    viewers_.emplace(viewer->id, viewer);
  }
  if (timer_ == 0) timer_ = g_timeout_add_seconds(5, look_after, this);
  negotiate(*viewer, description);
}

void WebRtc::negotiate(Viewer &viewer, const void *offer) {
  const std::weak_ptr<void> owner = viewer.weak_from_this();
  GstElement *peer = viewer.peer;
  watch(viewer);
  if (loopback_) {
    g_autoptr(GObject) agent = nullptr;
    g_object_get(peer, "ice-agent", &agent, nullptr);
    gboolean added = FALSE;
    if (agent) g_signal_emit_by_name(agent, "add-local-ip-address", "127.0.0.1", &added);
  }
  g_autoptr(GObject) transceiver = nullptr;
  g_signal_emit_by_name(peer, "get-transceiver", 0, &transceiver);
  if (transceiver) {
    g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, "do-nack",
                 TRUE, nullptr);
  }
  // Times of frames are those of the encoder's pipeline.
  g_autoptr(GstClock) clock = gst_system_clock_obtain();
  gst_pipeline_use_clock(GST_PIPELINE(viewer.pipeline), clock);
  gst_element_set_start_time(viewer.pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time(viewer.pipeline, encoder_.base_time());
  gst_element_set_state(viewer.pipeline, GST_STATE_PLAYING);

  const auto answer = [this, &viewer, peer](const GstStructure *reply) {
    GstWebRTCSessionDescription *local = nullptr;
    if (reply)
      gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &local, nullptr);
    if (!local) return refuse(viewer, error_of(reply));
    g_signal_emit_by_name(peer, "set-local-description", local, nullptr);
    gst_webrtc_session_description_free(local);
  };
  const auto remote_set = [this, &viewer, peer, owner, answer](const GstStructure *reply) {
    if (const std::string why = error_of(reply); !why.empty()) return refuse(viewer, why);
    g_signal_emit_by_name(peer, "create-answer", nullptr, promise(owner, answer));
  };
  g_signal_emit_by_name(peer, "set-remote-description", offer, promise(owner, remote_set));
}

void WebRtc::refuse(Viewer &viewer, const std::string &why) {
  viewer.reply(422, "the offer cannot be answered: " + (why.empty() ? "WebRTC failed" : why));
  remove(viewer.id);
}

void WebRtc::watch(Viewer &viewer) {
  on_notify(viewer, "notify::ice-gathering-state", [&viewer] {
    GstWebRTCICEGatheringState state = GST_WEBRTC_ICE_GATHERING_STATE_NEW;
    g_object_get(viewer.peer, "ice-gathering-state", &state, nullptr);
    g_autoptr(GstWebRTCSessionDescription) local = nullptr;
    g_object_get(viewer.peer, "local-description", &local, nullptr);
    if (state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE || !local) return;
    g_autofree char *text = gst_sdp_message_as_text(local->sdp);
    viewer.reply(201, text);
  });
  on_notify(viewer, "notify::connection-state", [this, &viewer] {
    switch (connection_state(viewer.peer)) {
      case GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED:
        *viewer.heard = g_get_monotonic_time();
        viewer.connected = true;
        break;
      case GST_WEBRTC_PEER_CONNECTION_STATE_FAILED:
      case GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED:
        remove(viewer.id);
        break;
      default:
        break;
    }
  });
  // A browser reports what it receives about once a second.
  using Heard = std::shared_ptr<std::atomic<gint64>>;
  g_autoptr(GstElement) session = gst_bin_get_by_name(GST_BIN(viewer.peer), "rtpbin");
  const auto report = +[](GstElement *, guint, guint, gpointer heard) {
    **static_cast<Heard *>(heard) = g_get_monotonic_time();
  };
  g_signal_connect_data(
      session, "on-ssrc-active", G_CALLBACK(report), new Heard(viewer.heard),
      [](gpointer heard, GClosure *) { delete static_cast<Heard *>(heard); }, G_CONNECT_DEFAULT);
  // A browser that cannot decode asks for a keyframe.
  g_autoptr(GstPad) pad = gst_element_get_static_pad(viewer.frames, "src");
  const auto upstream = +[](GstPad *, GstPadProbeInfo *info, gpointer encoder) {
    if (gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)))
      static_cast<Encoder *>(encoder)->request_keyframe();
    return GST_PAD_PROBE_OK;
  };
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, upstream, &encoder_, nullptr);
}

bool WebRtc::remove(const std::string &id) {
  std::shared_ptr<Viewer> viewer;
  bool is_last = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = viewers_.find(id);
    if (found == viewers_.end()) return false;
    viewer = std::move(found->second);
    viewers_.erase(found);
    is_last = viewers_.empty();
  }
  viewer->reply(503, "the viewer is gone");
  if (is_last) encoder_.stop();
  return true;
}

gboolean WebRtc::look_after(gpointer self) {
  auto *webrtc = static_cast<WebRtc *>(self);
  const gint64 now = g_get_monotonic_time();
  std::vector<std::string> gone;
  {
    const std::lock_guard lock(webrtc->mutex_);
    for (const auto &[id, viewer] : webrtc->viewers_) {
      const gint64 last = viewer->connected ? viewer->heard->load() : viewer->begun;
      if (now > last + kSilence) gone.push_back(id);
    }
  }
  for (const std::string &id : gone) webrtc->remove(id);
  return G_SOURCE_CONTINUE;
}

}  // namespace naclip::live::web
