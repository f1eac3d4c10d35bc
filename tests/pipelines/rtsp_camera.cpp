// An RTSP camera as a program of its own, so that a test can kill it.
//
//   test-rtsp-camera PORT PATTERN
//
// PORT 0 is any that is free. Prints the address once it listens.
#include <gst/rtsp-server/rtsp-server.h>

#include <cstdio>
#include <string>

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc != 3) return 2;
  GstRTSPServer *server = gst_rtsp_server_new();
  gst_rtsp_server_set_address(server, "127.0.0.1");
  gst_rtsp_server_set_service(server, argv[1]);
  GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
  const std::string launch = std::string("( videotestsrc is-live=true pattern=") + argv[2] +
                             " ! video/x-raw,width=160,height=120,framerate=20/1 ! vp8enc "
                             "deadline=1 cpu-used=8 keyframe-max-dist=5 ! rtpvp8pay name=pay0 )";
  gst_rtsp_media_factory_set_launch(factory, launch.c_str());
  GstRTSPMountPoints *mounts = gst_rtsp_server_get_mount_points(server);
  gst_rtsp_mount_points_add_factory(mounts, "/camera", factory);
  g_object_unref(mounts);
  if (gst_rtsp_server_attach(server, nullptr) == 0) return 1;
  std::printf("rtsp://127.0.0.1:%d/camera\n", gst_rtsp_server_get_bound_port(server));
  std::fflush(stdout);
  g_main_loop_run(g_main_loop_new(nullptr, FALSE));
}
