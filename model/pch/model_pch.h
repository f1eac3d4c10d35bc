// libtorch's headers cost 10 s to read: once, for the engine's files.
#pragma once
#include <ATen/ATen.h>
