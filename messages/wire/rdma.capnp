# SPDX-License-Identifier: BSD-3-Clause
#
# Everything that caf-rdma says to another process.
#
# Two kinds of bytes leave a worker:
#
#  - Sealed structs (Metadata, Hello): the canonical Cap'n Proto encoding of the
#    struct (one segment, no segment table) followed by its SHA-256, 32 bytes.
#    The digest is checked before anything else looks at the bytes, because the
#    worker address inside goes to UCX's parser, which has no length and crashes
#    on damage.
#  - Frames: flat Cap'n Proto messages (segment table, one segment). One or more
#    of them, one behind the other, are the header of a UCX active message; its
#    data are the bytes of their offers, in the same order. An offer in place has
#    no bytes. A rendezvous carries a single offer.
#
# A writer may add fields; a reader ignores those that it does not know. A change
# that an older reader would misunderstand increments the version of metadata, or
# that of frames.
@0xd3a5f1c86e0b7294;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("rdma::wire");

using Json = import "/capnp/compat/json.capnp";

enum DeviceType {
  cpu @0;
  cuda @1;
}

# How the memory behind a passive operation may be used.
enum Kind {
  writable @0;  # a peer's write operation may fill it
  readable @1;  # a peer's read operation may copy it
}

# Where a worker can be reached. A restarted worker has a new incarnation.
struct Worker {
  id @0 :Text;
  incarnation @1 :UInt64;
  address @2 :Data $Json.base64;  # UCX worker address, opaque
}

# One block of memory as the other side may know it: no pointer, no rkey.
struct Descriptor {
  size @0 :UInt64;  # bytes
  deviceType @1 :DeviceType;
  deviceId @2 :UInt32;
}

# Secret name of a granted block list: 128 random bits. Who shows it may use it.
struct Token {
  high @0 :UInt64;
  low @1 :UInt64;
}

# What a passive operation hands to the application, which carries it to the
# active side.
struct Metadata {
  version @0 :UInt16;
  worker @1 :Worker;
  token @2 :Token;
  kind @3 :Kind;
  descriptors @4 :List(Descriptor);
  grant @5 :Grant;  # none: one claim, for all of the memory
}

# What the owner of the memory allows.
struct Grant {
  claims @0 :UInt64;         # 0: any number
  blocks @1 :Bool;           # a claim may name parts of the memory
  notifications @2 :Bool;    # a claim may carry a notification
  verify @3 :Bool;           # every chunk carries its CRC32C
  workers @4 :List(Text);    # their IDs; all if empty
  lease @5 :UInt64;          # milliseconds from when this was written; 0: no end
}

# The JSON form of metadata. The digest covers the canonical encoding, so spaces
# and the order of keys do not matter.
struct MetadataJson {
  metadata @0 :Metadata;
  sha256 @1 :Data $Json.hex;
}

# Opens a link. `linkId` is chosen by the sender and must stand in every frame
# that is sent to it. `endpointCount` says how often the sender has called
# ucp_ep_create for this receiver, this time included: UCX 1.13 pairs endpoints
# by that count. All fields below keep their place and meaning in every format
# version, so that a worker of another version can be told that it is one.
struct Hello {
  version @0 :UInt16;
  worker @1 :Worker;
  linkId @2 :UInt64;
  endpointCount @3 :UInt32;
  targetIncarnation @4 :UInt64;  # whom the sender means to reach
  host @5 :UInt64;  # names the sender's machine; 0: offer me nothing in place
}

struct Frame {
  linkId @0 :UInt64;    # the receiver's link; 0 in a hello
  transferId @1 :UInt64;  # chosen by the active side; 0 in link frames
  union {
    # -- link ------------------------------------------------------------------
    hello @2 :Data;         # sealed Hello
    helloAck @3 :Data;      # sealed Hello of the accepting side
    helloRefused @4 :Refusal;
    pairing @14 :Void;      # has UCX paired your endpoint with mine?
    heartbeat @5 :Void;
    goodbye @10 :Goodbye;   # the sender has closed the link
    localProbe @11 :LocalProbe;      # may I read your memory?
    localNonce @12 :LocalNonce;      # try it here
    localVerdict @13 :LocalVerdict;  # whether it worked; also about a transfer
    localRing @15 :LocalRing;        # put what you have for me in here
    localSwitch @16 :Void;  # all that follows comes by your ring; then: by UCX
    # -- transfer --------------------------------------------------------------
    offer @6 :Offer;        # source to destination; the chunk's bytes follow
    claim @7 :Claim;        # active side to passive side, before offers
    claimBlocks @17 :ClaimBlocks;  # more of the claim before
    fetched @18 :Fetched;   # destination to source: the chunk may go
    cancel @8 :Cancel;      # source to destination: please end this transfer
    ended @9 :Ended;        # either side: this transfer is over
  }
}

# Why a hello was not accepted. link_reset: the endpoint counts differ, make up
# for the difference and try again.
struct Refusal {
  code @0 :UInt16;           # rdma::errc
  endpointCount @1 :UInt32;  # of the refusing side
}

# Why a link was closed. It may not arrive; then silence must do.
struct Goodbye {
  code @0 :UInt16;  # rdma::errc
  reason @1 :Text;
}

# Two workers of one host find out whether each can read the other's memory
# (process_vm_readv), and use the local lane if both can. The reader sends a
# random number, the other side puts it somewhere and says where, the reader
# looks. So a process ID of another namespace, or of somebody else, fails.
struct LocalProbe {
  pid @0 :UInt32;     # of the reader, which may have to be let in
  nonce @1 :UInt64;
}

struct LocalNonce {
  pid @0 :UInt32;
  address @1 :UInt64;  # of the nonce, in that process
}

#
# The right to read may be taken away later. Who finds out says so in another
# verdict, and both go on as on a link whose lane is not local; who has used a
# ring leaves it. For each transfer that it could not read to the end it sends a
# verdict with the transfer's ID: it has let go, and wants all of it anew.
struct LocalVerdict {
  usable @0 :Bool;
  reason @1 :Text;  # why it is not
}

# Where the lane is local, frames and small chunks may go through shared memory:
# a ring that the receiver has made (lanes/local/ring.hpp). Its messages are those that
# UCX would carry.
struct LocalRing {
  fd @0 :UInt32;     # of a memfd in the sender's process, see /proc/PID/fd
  nonce @1 :UInt64;  # stands in the ring
}

# One chunk of a transfer. A transfer is the concatenation of its descriptors;
# it is cut into chunks of chunkSize bytes, the last one shorter.
struct Offer {
  token @0 :Token;
  offset @1 :UInt64;     # a multiple of chunkSize
  length @2 :UInt32;     # min(chunkSize, total - offset)
  chunkSize @3 :UInt32;  # the same in every offer of a transfer
  total @4 :UInt64;      # bytes of the whole transfer
  # On the local lane no data follow: they are to be read where the cell says.
  cell @5 :UInt64;       # address of the transfer's source cell; 0: data follow
  seal @6 :UInt64;       # what the cell holds for as long as the offer stands
  block @7 :UInt64;      # address of the transfer's only block; 0: see the cell
  checksum @8 :UInt64;   # 2^32 + CRC32C of the chunk; 0: none
  priority @9 :UInt8 = 1;  # rdma::priority: what to fetch first
  # The cell is this chunk's only, and `block` is where the chunk is: the source
  # wants the room back, and waits for `fetched`.
  passing @10 :Bool;
  # All of the transfer is offered again, and not in place: see LocalVerdict.
  # Offers without this have crossed the verdict and mean nothing any more.
  anew @11 :Bool;
}

# The destination has read a chunk that was offered in passing. It says nothing
# of the transfer.
struct Fetched {
  offset @0 :UInt64;  # of the chunk
}

# Says what the active side wants of a passive operation's memory. A reader must
# say so, and gets the bytes offered under its own token. A writer need not if it
# fills all of the memory and has no more to say: then its offers do.
struct Claim {
  token @0 :Token;        # of the passive operation
  replyToken @1 :Token;   # of the reader's destination; none: a write
  total @2 :UInt64;       # bytes to move
  blocks @3 :List(BlockRun);  # parts of the memory, in order; none: all of it
  moreBlocks @4 :UInt32;  # runs that follow in ClaimBlocks
  notification @5 :Data;  # for the owner, once the bytes are there
  notify @6 :Bool;        # there is a notification, if only an empty one
  verify @7 :Bool;        # offer every chunk with its checksum
  priority @8 :UInt8 = 1;  # rdma::priority of the offers that are asked for
}

struct ClaimBlocks {
  blocks @0 :List(BlockRun);
}

# `count` blocks of `length` bytes, one every `stride` bytes.
struct BlockRun {
  offset @0 :UInt64;      # of the first block in its descriptor
  length @1 :UInt64;
  stride @2 :UInt64;      # 0 if there is one block
  descriptor @3 :UInt32;
  count @4 :UInt32;
}

struct Cancel {
  code @0 :UInt16;  # rdma::errc: cancelled or deadline_exceeded
  reason @1 :Text;
}

struct Ended {
  status @0 :UInt8;  # rdma::status, a final one
  code @1 :UInt16;   # rdma::errc, 0 when complete
  reason @2 :Text;
  bytes @3 :UInt64;  # landed at the destination
}
