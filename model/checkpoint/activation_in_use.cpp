#include "model/checkpoint/activation_in_use.h"

#include "model/checkpoint/stated_activation.h"

namespace naclip {
namespace {

StatedActivation own_activation(const CheckpointFile &file) {
  const bool script = file.format == TensorFormat::kTorchScript;
  const char *source = script ? "the archive's layers" : "the file's metadata";
  StatedActivation stated;
  for (const std::string &name : file.activations) {
    const StatedActivation one = activation_named(name, source);
    if (stated.activation != Activation::kAuto && stated.activation != one.activation)
      throw Error(ErrorKind::kModel,
                  "it has both GELU and QuickGELU, but only one for all layers works");
    stated = one;
  }
  return stated;
}

/// Nobody else publishes a CLIP as TorchScript, and OpenAI's have QuickGELU alone.
bool is_openais(const CheckpointFile &file) {
  return file.format == TensorFormat::kTorchScript && file.naming == Naming::kOpenAi;
}

}  // namespace

ActivationInUse activation_in_use(const CheckpointFile &checkpoint, const std::string &path,
                                  Activation asked) {
  if (asked != Activation::kAuto) return {asked, "as set", ""};
  std::string problem;
  StatedActivation stated;
  try {
    stated = own_activation(checkpoint);
    if (stated.activation == Activation::kAuto)
      stated = configured_activation(path, checkpoint.naming, checkpoint.sizes, problem);
  } catch (const Error &error) {
    throw unusable_model(path, error);
  }
  if (stated.activation != Activation::kAuto) return {stated.activation, stated.source, ""};
  if (is_openais(checkpoint)) return {Activation::kQuickGelu, "OpenAI's layout", ""};
  return {
      Activation::kQuickGelu, "assumed",
      "Nothing says which activation " + path +
          " was trained with, and QuickGELU is assumed, as in OpenAI's models. Most of LAION's "
          "and DataComp's have GELU: put the model's config.json or open_clip_config.json beside "
          "it, or set the property activation to gelu or quick-gelu" +
          (problem.empty() ? "" : " (" + problem + ")")};
}

}  // namespace naclip
