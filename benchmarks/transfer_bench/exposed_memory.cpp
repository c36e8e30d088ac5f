// SPDX-License-Identifier: BSD-3-Clause

#include "exposed_memory.hpp"

#include "hex.hpp"
#include "memory.hpp"
#include "types.hpp"

namespace transfer_bench {

exposed_memory::exposed_memory(ucp_context_h context) : context_(context) {
  ucp_mem_map_params_t params{};
  params.field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS
                      | UCP_MEM_MAP_PARAM_FIELD_LENGTH;
  params.address = memory().data();
  params.length = memory().size();
  if (ucp_mem_map(context_, &params, &memory_) != UCS_OK)
    die("raw control: ucp_mem_map failed");
}

exposed_memory::~exposed_memory() {
  ucp_mem_unmap(context_, memory_);
}

std::string exposed_memory::key() const {
  void* data = nullptr;
  size_t size = 0;
  if (ucp_rkey_pack(context_, memory_, &data, &size) != UCS_OK)
    die("raw control: ucp_rkey_pack failed");
  auto result = to_hex({static_cast<unsigned char*>(data), size});
  ucp_rkey_buffer_release(data);
  return result;
}

} // namespace transfer_bench
