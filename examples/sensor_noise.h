// What a camera's sensor adds to a clean picture.
#pragma once

#include <gst/gst.h>

#include <cstdint>

namespace naclip::examples {

/// Gaussian noise on every sample, independent from pixel to pixel, channel to channel and frame to
/// frame, cut off at 0 and 255. The same seed and number of the frame make the same noise.
struct SensorNoise {
  double sigma = 0.0;  ///< standard deviation, in levels of 255
  std::uint32_t seed = 1;
};

/// Adds noise to every buffer that passes `pad` from now on. Its caps have to be RGB.
void add_noise(GstPad *pad, const SensorNoise &noise);

}  // namespace naclip::examples
