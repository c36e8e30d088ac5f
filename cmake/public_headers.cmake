# SPDX-License-Identifier: BSD-3-Clause
#
# The front door: what a program includes, and nothing else is promised. They
# reach neither UCX nor CUDA, nor a class that only we need.

set(RDMA_PUBLIC_HEADERS
  # to run
  actors/init.hpp
  actors/runtime.hpp
  messages/version.hpp
  options/runtime_options.hpp
  options/transport_options.hpp
  # to ask for transfers
  messages/connector.hpp
  messages/operation.hpp
  messages/operation_options.hpp
  # to say which memory
  messages/descriptor.hpp
  messages/device.hpp
  messages/device_sync.hpp
  messages/dlpack.hpp
  messages/grant.hpp
  messages/priority.hpp
  messages/selection.hpp
  # to carry to the peer
  messages/metadata.hpp
  messages/worker_info.hpp
  # to hear what came of it
  messages/claim_report.hpp
  messages/error.hpp
  messages/link_event.hpp
  messages/status.hpp
  messages/type_ids.hpp
  # to place actors of one's own on the loop
  transport/loop/hosted_actor.hpp
  transport/loop/progress_loop.hpp)

# What they reach of ours besides each other: the parts of templates.
set(RDMA_REACHED_HEADERS
  messages/detail/inspect_bytes.hpp
  messages/detail/inspect_enum.hpp
  transport/loop/loop_inbox.hpp
  transport/loop/poller.hpp)
