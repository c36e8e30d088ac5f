// SPDX-License-Identifier: BSD-3-Clause

#include <dlfcn.h>

#include <cstdio>

int main(int argc, char* argv[]) {
  if (argc != 2)
    return 2;
  auto* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  auto* run
    = reinterpret_cast<const char* (*) ()>(dlsym(plugin, "try_runtime"));
  auto* version = run != nullptr ? run() : nullptr;
  if (version == nullptr)
    return 1;
  std::printf("a runtime of version %s has run in a plugin\n", version);
}
